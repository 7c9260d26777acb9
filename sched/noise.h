/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise.h - how quiet CPUs of this host are: detours on each, and who made them.
 *
 * One thread a CPU runs the detector (thole/detour.h) there, at ordinary priority, all at the same time.
 *
 * Threads: the calling one makes them and waits. Owns logs, events and culprits until noise_fini(). Errors: negative
 * errno, reported: -EINVAL for a CPU that this process may not use.
 */
#ifndef SCHED_NOISE_H
#define SCHED_NOISE_H

#include "sched/culprit.h"
#include "sched/detour.h"
#include "sched/noise_trace.h"

struct noise_cpu {
	hcpu_t cpu;
	struct detour_log log;
};

struct noise {
	uint64_t tsc_hz;
	double seconds; /* that it took */
	uint32_t nr;
	struct noise_cpu *at;     /* [nr] */
	struct culprits culprits; /* for the same CPUs, in the same order */
	struct noise_traced traced; /* the same, as the kernel's tracer has it */
};

/*
 * events: how many detours of each CPU to keep one by one, for a picture. tracer: where the kernel's tracer may be
 * asked, too; NULL: it isn't.
 */
int noise_measure(struct noise *n, const struct cpulist *cpus, uint64_t ms, uint32_t events,
	const struct noise_tracer *tracer) must_check;

void noise_fini(struct noise *n);

#endif
