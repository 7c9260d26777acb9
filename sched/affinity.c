/* SPDX-License-Identifier: GPL-2.0-or-later */
/* affinity.c - see affinity.h; sched_setaffinity(2) with sets larger than libc's. */
#include "sched/affinity.h"

#include <errno.h>
#include <string.h>

#include "vmm/log.h"

void affinity_add(struct affinity *a, hcpu_t cpu)
{
	CPU_SET_S((size_t)cpu.os, sizeof(a->set), a->set);
}

int affinity_get(struct affinity *a)
{
	memset(a, 0, sizeof(*a));
	return sched_getaffinity(0, sizeof(a->set), a->set) < 0 ? -errno : 0;
}

int affinity_restore(const struct affinity *a)
{
	return sched_setaffinity(0, sizeof(a->set), a->set) < 0 ? -errno : 0;
}

int affinity_set(const struct cpulist *cpus)
{
	struct affinity a = { 0 };

	for (uint32_t i = 0; i < cpus->nr; i++)
		affinity_add(&a, cpus->cpu[i]);
	return cpus->nr ? affinity_restore(&a) : 0;
}

int affinity_attr(pthread_attr_t *attr, hcpu_t cpu)
{
	struct affinity a = { 0 };

	affinity_add(&a, cpu);
	return -pthread_attr_setaffinity_np(attr, sizeof(a.set), a.set);
}

int affinity_attr_elsewhere(pthread_attr_t *attr)
{
	struct affinity a;
	int err = affinity_get(&a);
	int at = sched_getcpu();

	if (err)
		return err;
	if (at >= 0)
		CPU_CLR_S((size_t)at, sizeof(a.set), a.set);
	if (!CPU_COUNT_S(sizeof(a.set), a.set))
		return -ENOENT;
	return -pthread_attr_setaffinity_np(attr, sizeof(a.set), a.set);
}

int affinity_verify(const char *who, hcpu_t cpu)
{
	struct affinity a;
	int err = affinity_get(&a);
	int at = sched_getcpu();

	if (err)
		return log_errno(err, "%s: cannot read its CPU affinity: %m", who);
	if (at == cpu.os && CPU_COUNT_S(sizeof(a.set), a.set) == 1
		&& CPU_ISSET_S((size_t)cpu.os, sizeof(a.set), a.set))
		return 0;
	return log_errno(-EXDEV, "%s was bound to CPU %d but is on CPU %d; did the cpuset change?", who, cpu.os, at);
}
