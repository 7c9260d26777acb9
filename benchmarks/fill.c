/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fill.c - how fast is guest memory filled before the start, and how fast could it be?
 *
 *   fill thole|host THREADS 4K|2M|1G MIB
 *
 * thole: as thole does it (numa/prefault.h). host: what the kernel gives anybody, which is a thread a CPU
 * that populates its part of the same kind of file by one call. Both on the first THREADS of the CPUs that
 * this process may use. Prints MB/s.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "launcher/exit_code.h"
#include "launcher/stderr_log.h"
#include "numa/prefault.h"
#include "sched/affinity.h"
#include "vmm/log.h"
#include "vmm/mem.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct part {
	uint8_t *addr;
	uint64_t size;
	pthread_t thread;
	int err;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *part_populate(void *arg)
{
	struct part *p = arg;

	p->err = madvise(p->addr, p->size, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
	return NULL;
}

static int host_fill(const struct prefault_range *r, const struct cpulist *cpus)
{
	struct part *part = calloc(cpus->nr, sizeof(*part));
	uint64_t share = align_down(r->size / cpus->nr, r->page_size);
	uint32_t made = 0;
	int err = part ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < cpus->nr && !err; i++) {
		pthread_attr_t attr;

		part[i] = (struct part){ .addr = r->addr + i * share,
			.size = i + 1 == cpus->nr ? r->size - i * share : share };
		pthread_attr_init(&attr);
		err = affinity_attr(&attr, cpus->cpu[i]);
		if (!err)
			err = -pthread_create(&part[i].thread, &attr, part_populate, &part[i]);
		made += !err;
		pthread_attr_destroy(&attr);
	}
	for (uint32_t i = 0; i < made; i++) {
		pthread_join(part[i].thread, NULL);
		err = err ? err : part[i].err;
	}
	free(part);
	return err;
}

static int thole_fill(const struct prefault_range *r, const struct cpulist *cpus)
{
	const struct prefault_workers workers = { r->node, *cpus };
	const struct prefault_job job = { r, 1, &workers, 1, NULL, NULL };
	struct prefault_result result;

	return prefault_run(&job, &result);
}

/* The first of those that this process may use. */
static int cpus_take(struct cpulist *cpus, uint32_t nr)
{
	struct affinity a;
	int err = affinity_get(&a);

	*cpus = (struct cpulist){ .cpu = calloc(nr, sizeof(*cpus->cpu)) };
	if (err || !cpus->cpu)
		return err ? err : -ENOMEM;
	for (int i = 0; i < CPULIST_MAX && cpus->nr < nr; i++)
		if (CPU_ISSET_S((size_t)i, sizeof(a.set), a.set))
			cpus->cpu[cpus->nr++].os = i;
	return cpus->nr == nr ? 0 : -ERANGE;
}

static uint64_t page_size_of(const char *name)
{
	return strcmp(name, "1G") == 0 ? GiB(1) : strcmp(name, "2M") == 0 ? MiB(2) : KiB(4);
}

static int measure(const char *who, const struct cpulist *cpus, uint64_t page_size, uint64_t bytes)
{
	struct ram_layout layout;
	struct mem m;
	uint64_t start;
	int err = ram_layout_make(&layout, &bytes, 1, KiB(64), 46);

	if (err || (err = mem_map(&m, &layout, &page_size, false)) != 0)
		return err;
	if (m.nr_regions == 1) {
		const struct prefault_range r = { m.region[0].hva, bytes, page_size, { 0 }, m.node[0].fd, 0 };

		start = now_ns();
		err = strcmp(who, "thole") == 0 ? thole_fill(&r, cpus) : host_fill(&r, cpus);
		if (!err)
			printf("%llu\n", (unsigned long long)(bytes * 1000 / (now_ns() - start)));
	} else {
		err = -E2BIG;
	}
	mem_fini(&m);
	return err;
}

int main(int argc, char **argv)
{
	struct cpulist cpus;
	int err;

	stderr_log_install();
	if (argc != 5) {
		fputs("usage: fill thole|host THREADS 4K|2M|1G MIB (below 3072)\n", stderr);
		return EXIT_CODE_FAILED;
	}
	err = cpus_take(&cpus, (uint32_t)max(atoi(argv[2]), 1));
	if (!err)
		err = measure(argv[1], &cpus, page_size_of(argv[3]), MiB(strtoul(argv[4], NULL, 10)));
	cpulist_fini(&cpus);
	if (err)
		log_errno(err, "fill: %m");
	return err ? EXIT_CODE_FAILED : 0;
}
