/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detour.c - how much of its time does a CPU lose to others, and how long at once?
 *
 * The selfish detour of Hoefler, Schneider and Lumsdaine (SC10), by thole/detour.h, on every vCPU at the same time.
 * `lost` is the part of the time that was lost, in parts per billion; `detours` a second, in thousandths;
 * `longest` in ns; one value for each vCPU. Series `detours`: when and how long, in ns, one after the other, of vCPU 0. The
 * ideal is nothing lost; the measure is what is lost natively. Self-check: the watch took as long as asked for.
 *
 *   ms=1000
 */
#include "benchmarks/kernels/kit.h"

#include <thole/detour.h>

#define CPUS_MAX   256
#define EVENTS_MAX 4096

static struct detour_log log[CPUS_MAX];
static struct detour_event event[EVENTS_MAX];

static void report(const struct payload_params *params)
{
	uint64_t lost[CPUS_MAX], detours[CPUS_MAX], longest[CPUS_MAX];

	for (uint32_t i = 0; i < params->nr_cpus; i++) {
		lost[i] = kit_scale(log[i].lost, 1000000000, log[i].watched);
		detours[i] = kit_scale(log[i].nr * 1000000, params->tsc_khz, log[i].watched);
		longest[i] = kit_ns(params, log[i].longest);
	}
	kit_samples("lost", lost, params->nr_cpus);
	kit_samples("detours", detours, params->nr_cpus);
	kit_samples("longest", longest, params->nr_cpus);
	kit_print("series.detours:");
	for (uint64_t i = 0; i < log[0].nr && i < EVENTS_MAX; i++) {
		const uint64_t pair[] = { kit_ns(params, event[i].at), kit_ns(params, event[i].ticks) };

		kit_values(pair, 2);
	}
	kit_print("\n");
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t ticks = kit_arg(params, "ms", 1000) * params->tsc_khz;
	struct detour_log *mine = &log[vcpu];

	if (params->nr_cpus > CPUS_MAX || !ticks)
		kit_wrong("too many vCPUs, or the counter's rate is not known");
	if (vcpu == 0) {
		mine->event = event;
		mine->capacity = EVENTS_MAX;
		memset(event, 0, sizeof(event)); /* page faults are none of the detours meant */
	}
	detour_calibrate(mine, params->tsc_khz * 5);
	kit_barrier(params);
	detour_watch(mine, ticks);
	kit_barrier(params);
	if (vcpu != 0)
		payload_done();
	for (uint32_t i = 0; i < params->nr_cpus; i++)
		if (log[i].watched < ticks || log[i].lost > log[i].watched)
			kit_wrong("the clock does not fit the watch");
	report(params);
	kit_done();
}
