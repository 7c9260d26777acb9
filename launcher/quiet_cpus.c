/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quiet_cpus.c - see quiet_cpus.h. */
#include "launcher/quiet_cpus.h"

#include <errno.h>
#include <stdlib.h>

static bool core_used(const struct plan *plan, uint32_t core)
{
	for (uint32_t v = 0; v < plan->nr_vcpus; v++)
		if (plan->vcpu[v].core == core)
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	const hcpu_t *x = a, *y = b;

	return x->os < y->os ? -1 : x->os > y->os;
}

int quiet_cpus(const struct plan *plan, const struct host *host, struct cpulist *cpus)
{
	*cpus = (struct cpulist){ .cpu = calloc(host->nr_pus, sizeof(*cpus->cpu)) };
	if (!cpus->cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < host->nr_pus; i++) {
		const struct host_pu *pu = &host->pu[i];

		if (core_used(plan, pu->core) && !cpulist_has(&plan->housekeeping, pu->id))
			cpus->cpu[cpus->nr++] = pu->id;
	}
	qsort(cpus->cpu, cpus->nr, sizeof(*cpus->cpu), by_number);
	return 0;
}

int plan_cpus(const struct plan *plan, struct cpulist *cpus)
{
	uint32_t kept = 0;

	*cpus = (struct cpulist){ plan->nr_vcpus, calloc(plan->nr_vcpus, sizeof(*cpus->cpu)) };
	if (!cpus->cpu)
		return -ENOMEM;
	for (uint32_t v = 0; v < plan->nr_vcpus; v++)
		cpus->cpu[v] = plan->vcpu[v].cpu;
	qsort(cpus->cpu, cpus->nr, sizeof(*cpus->cpu), by_number);
	for (uint32_t i = 0; i < cpus->nr; i++)
		if (!i || cpus->cpu[i].os != cpus->cpu[kept - 1].os)
			cpus->cpu[kept++] = cpus->cpu[i];
	cpus->nr = kept;
	return 0;
}
