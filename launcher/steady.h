/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steady.h - exits of each vCPU in the steady state, by reason: what thole saw, and what KVM handled itself; and how
 * often its thread had to make room for another one.
 *
 *   steady_prepare -> steady_vcpu (each vCPU's thread) -> steady_start (vCPUs run)
 *   -> [a timer on the event loop, ever less often] -> steady_json (vCPUs stopped) -> steady_stop
 *
 * A reading costs the event loop's CPU a few system calls, and vCPUs nothing. But KVM gives out the descriptor of
 * a vCPU's statistics under that vCPU's lock, which is held while it runs, be it for ever: hence by its thread,
 * before it does.
 *
 * Threads: the event loop's, but for steady_vcpu(). Owns a timer and KVM's statistics descriptors. Errors: negative errno,
 * reported.
 */
#ifndef LAUNCHER_STEADY_H
#define LAUNCHER_STEADY_H

#include <jansson.h>

#include "sched/series.h"
#include "vmm/loop.h"
#include "vmm/stats.h"
#include "vmm/vcpu.h"

struct steady {
	bool on;
	struct vcpus *vcpus;
	struct loop *loop;
	struct loop_source timer;
	uint64_t begin_ns;
	uint32_t nr_vcpus;
	struct stats *stats; /* [nr_vcpus]; some are not open where KVM tells nothing, and then none is used */
	bool has_stats;      /* all are open, and have the same counters */
	struct series series;
};

int steady_prepare(struct steady *s, uint32_t nr_vcpus) must_check;

/* That vCPU is there, and doesn't run yet. */
void steady_vcpu(struct steady *s, uint32_t vcpu, int vcpu_fd);

int steady_start(struct steady *s, struct loop *loop, struct vcpus *vcpus) must_check;

/* Whatever of it has begun. */
void steady_stop(struct steady *s);

/*
 * {"seconds": …, "exits": {"io": 3.5}, "kvm": {"exits": 7.1}, "voluntary_switches": 0.2, "involuntary_switches": 0.0,
 * "waited_ns": 0.0}, all per second; null: it was too short.
 */
json_t *steady_json(const struct steady *s, uint32_t vcpu);

#endif
