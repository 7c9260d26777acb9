/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopper.h - being asked to stop: SIGTERM, SIGINT or SIGHUP presses the power button; the second
 * one, or a guest that has not followed in time, is stopped hard.
 *
 *   1st signal -> power button, timer starts
 *   2nd signal, or the timer -> END_STOPPED
 *
 * Threads: the event loop's. start before any other thread exists: it blocks the signals that a
 * descriptor then delivers. Signals that the parent had ignored (nohup) stay ignored.
 */
#ifndef LAUNCHER_STOPPER_H
#define LAUNCHER_STOPPER_H

#include <signal.h>

#include "vmm/loop.h"
#include "vmm/power.h"
#include "vmm/vm.h"

struct stopper {
	struct vm *vm;
	struct power *power; /* NULL: the guest has no button, so the first signal stops it */
	uint32_t timeout_ms;
	struct loop_source signals;
	struct loop_source timer;
	sigset_t mask, old_mask;
	bool pressed;
};

int stopper_start(struct stopper *s, struct vm *vm, struct power *power, uint32_t timeout_ms) must_check;
void stopper_stop(struct stopper *s);

#endif
