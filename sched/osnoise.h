/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * osnoise.h - what the kernel's osnoise tracer says: who had a CPU, and how long.
 *
 * Its events are lines of tracefs, such as
 *
 *   thole/noise-961     [008] d.h1.  5789.857532: irq_noise: local_timer:236 start 5789.857529929 duration 1845 ns
 *
 * where each time is without those that came in between: of a thread that was interrupted, the interrupt's is not
 * counted twice.
 *
 * Pure; any thread; owns nothing. A thread's name is its owner's choice, and may look like anything.
 * Errors: -ENOMEM.
 */
#ifndef SCHED_OSNOISE_H
#define SCHED_OSNOISE_H

#include "sched/culprit.h"

/* Threads whose names begin so are who the CPU is taken away from. */
#define OSNOISE_VICTIM "thole/noise"

struct osnoise_event {
	int cpu;
	enum culprit_kind kind;
	uint32_t id;               /* threads: the kernel's number */
	char name[CULPRIT_NAME];   /* "local_timer:236", "TIMER:1", "NMI"; a thread's own */
	uint64_t ns;
};

/* A line without its end. false: it is none of these events. */
bool osnoise_event(const char *line, size_t len, struct osnoise_event *e);

/* Events that the kernel had no room for, says this line: "CPU:3 [LOST 17 EVENTS]"; 0: it says no such thing. */
uint64_t osnoise_lost(const char *line, size_t len);

/*
 * Count what whole lines say of the CPUs in c; idle CPUs' time and the victims' own are left out. *lost grows. *used:
 * how much of the text that was; what is left begins a line that isn't there yet.
 */
int osnoise_lines(struct culprits *c, const char *text, size_t size, size_t *used, uint64_t *lost) must_check;

#endif
