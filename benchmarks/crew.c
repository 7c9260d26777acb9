/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crew.c - see crew.h. */
#include "benchmarks/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "sched/affinity.h"
#include "vmm/log.h"

struct member {
	pthread_t thread;
	int (*work)(void *share);
	void *share;
	int err;
};

static void *member_work(void *arg)
{
	struct member *m = arg;

	m->err = m->work(m->share);
	return NULL;
}

static int member_start(struct member *m, hcpu_t cpu)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	err = affinity_attr(&attr, cpu);
	if (!err)
		err = -pthread_create(&m->thread, &attr, member_work, m);
	pthread_attr_destroy(&attr);
	return err;
}

int crew_run(const struct cpulist *cpus, int (*work)(void *share), void *share, size_t bytes)
{
	struct member *member = calloc(cpus->nr, sizeof(*member));
	uint32_t made = 0;
	int err = member ? 0 : -ENOMEM;

	while (!err && made < cpus->nr) {
		member[made] = (struct member){ .work = work, .share = (char *)share + made * bytes };
		err = member_start(&member[made], cpus->cpu[made]);
		made += !err;
	}
	for (uint32_t i = 0; i < made; i++) {
		pthread_join(member[i].thread, NULL);
		err = err ? err : member[i].err;
	}
	free(member);
	return err;
}

int crew_cpus(struct cpulist *cpus, uint32_t nr)
{
	struct affinity a;
	int err = affinity_get(&a);

	*cpus = (struct cpulist){ .cpu = calloc(nr, sizeof(*cpus->cpu)) };
	if (!cpus->cpu && !err)
		err = -ENOMEM;
	if (err)
		return log_errno(err, "cannot look for CPUs: %m");
	for (int i = 0; i < CPULIST_MAX && cpus->nr < nr; i++)
		if (CPU_ISSET_S((size_t)i, sizeof(a.set), a.set))
			cpus->cpu[cpus->nr++].os = i;
	return cpus->nr == nr ? 0 : log_errno(-ERANGE, "%u CPUs are wanted, and %u may be used", nr, cpus->nr);
}
