/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_noise.h - for the report: how quiet the vCPUs' CPUs are before the guest runs, and who was there while it did.
 *
 *   run_noise_before (isolated; no vCPU yet) -> run_noise_begin (the guest is about to run) -> run_noise_json -> run_noise_fini
 *
 * Before, a detector has each CPU for a moment, and with isolation the kernel's osnoise tracer, where there is one,
 * tells who takes it away. While the guest runs there is no room for a detector, and a tracer would cost it something: then
 * interrupts, softirqs and threads are counted; how long a vCPU waited for its CPU is in sched/usage.h.
 *
 * Threads: the machine's own. Owns what it has measured. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_RUN_NOISE_H
#define LAUNCHER_RUN_NOISE_H

#include <jansson.h>

#include "numa/plan.h"
#include "sched/isolation.h"
#include "sched/noise.h"

struct run_noise {
	bool on;
	struct cpulist cpus; /* the vCPUs' */
	struct noise before;
	struct culprits start;
	uint64_t start_ns;
};

int run_noise_before(struct run_noise *r, const struct plan *plan, struct isolation *iso) must_check;
int run_noise_begin(struct run_noise *r) must_check;

/* {"before": {"seconds", "cpus": [...]}, "during": {"seconds", "cpus": [{"cpu", "culprits_per_second"}]}} */
json_t *run_noise_json(const struct run_noise *r);

void run_noise_fini(struct run_noise *r);

#endif
