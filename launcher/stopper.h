/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopper.h - being asked to stop: SIGTERM, SIGINT or SIGHUP presses the power button; the second
 * one, or a guest that has not followed in time, is stopped hard.
 *
 *   1st signal -> power button, timer starts
 *   2nd signal, or the timer -> END_STOPPED
 *
 * The signals are held back from before a machine is made until it is undone: in between they are
 * looked for, or come by a descriptor, and never end the process with things half done.
 *
 * Threads: the event loop's. Hold before any other thread exists, which inherits that. Signals that
 * the parent had ignored (nohup) stay ignored.
 */
#ifndef LAUNCHER_STOPPER_H
#define LAUNCHER_STOPPER_H

#include <signal.h>

#include "vmm/loop.h"
#include "vmm/power.h"
#include "vmm/vm.h"

struct stop_signals {
	sigset_t set, before;
};

/* From here on they wait. */
void stop_signals_hold(struct stop_signals *s);

/* The number of one that waits; 0: none does. */
int stop_signals_waiting(const struct stop_signals *s);

/* As it was before. What still waits was meant for a machine that is no more, and is dropped. */
void stop_signals_release(const struct stop_signals *s);

struct stopper {
	struct vm *vm;
	void (*also)(void *ctx); /* what else tells the guest to end; NULL: nothing */
	void *also_ctx;
	struct power *power; /* NULL: the guest has no button, so the first signal stops it */
	uint32_t timeout_ms;
	struct loop_source signals;
	struct loop_source timer;
	bool pressed;
};

/* signals: held. */
int stopper_start(struct stopper *s, struct vm *vm, struct power *power, uint32_t timeout_ms,
	const struct stop_signals *signals) must_check;
void stopper_stop(struct stopper *s);

/* As a first signal does: press the button, and wait until the timeout. */
void stopper_press(struct stopper *s, const char *why);
/* As the second one. */
void stopper_hard(struct stopper *s, const char *why);

#endif
