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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmarks/crew.h"
#include "launcher/exit_code.h"
#include "launcher/stderr_log.h"
#include "numa/prefault.h"
#include "vmm/clock.h"
#include "vmm/log.h"
#include "vmm/mem.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct part {
	uint8_t *addr;
	uint64_t size;
};

static int part_populate(void *arg)
{
	const struct part *p = arg;

	return madvise(p->addr, p->size, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
}

static int host_fill(const struct prefault_range *r, const struct cpulist *cpus)
{
	struct part *part = calloc(cpus->nr, sizeof(*part));
	uint64_t share = align_down(r->size / cpus->nr, r->page_size);
	int err;

	if (!part)
		return -ENOMEM;
	for (uint32_t i = 0; i < cpus->nr; i++)
		part[i] = (struct part){ .addr = r->addr + i * share,
			.size = i + 1 == cpus->nr ? r->size - i * share : share };
	err = crew_run(cpus, part_populate, part, sizeof(*part));
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

		start = clock_now_ns();
		err = strcmp(who, "thole") == 0 ? thole_fill(&r, cpus) : host_fill(&r, cpus);
		if (!err)
			printf("%llu\n", (unsigned long long)(bytes * 1000 / (clock_now_ns() - start)));
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
	err = crew_cpus(&cpus, (uint32_t)max(atoi(argv[2]), 1));
	if (!err && (err = measure(argv[1], &cpus, page_size_of(argv[3]), MiB(strtoul(argv[4], NULL, 10)))) != 0)
		log_errno(err, "fill: %m");
	cpulist_fini(&cpus);
	return err ? EXIT_CODE_FAILED : 0;
}
