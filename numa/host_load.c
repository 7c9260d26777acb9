/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_load.c - this machine: from /sys, or else from hwloc.
 *
 * hwloc knows cpusets but not the affinity that Slurm, taskset or an MPI launcher set, and doesn't
 * count free huge pages, so those are added to its view.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "numa/host.h"
#include "numa/host_hwloc.h"
#include "numa/host_sysfs.h"
#include "vmm/log.h"

static uint64_t file_number(const char *path)
{
	unsigned long long n = 0;
	FILE *f = fopen(path, "re");

	if (f) {
		if (fscanf(f, "%llu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* A kernel without NUMA counts pages in one place only. */
static uint64_t pool_number(const struct host *h, const struct host_node *n, enum host_page size,
	const char *name)
{
	unsigned long kb = (unsigned long)(host_page_bytes(size) / KiB(1));
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/hugepages/hugepages-%lukB/%s",
		n->id.os, kb, name);
	if (h->nr_nodes == 1)
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%lukB/%s", kb,
			name);
	return file_number(path);
}

static void pools_load(struct host *h)
{
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		for (enum host_page p = 0; p < HOST_PAGES; p++)
			h->node[i].pool[p] = (struct host_pool){
				pool_number(h, &h->node[i], p, "nr_hugepages"),
				pool_number(h, &h->node[i], p, "free_hugepages") };
}

static bool thp_missing(const char *path)
{
	FILE *f = fopen(path, "re");
	char text[128];
	bool missing = !f || !fgets(text, sizeof(text), f) || !host_thp_allowed(text);

	if (f)
		fclose(f);
	return missing;
}

static void thp_load(struct host *h)
{
	h->no_thp = thp_missing("/" HOST_THP_PRIVATE);
	h->no_thp_shared = thp_missing("/" HOST_THP_SHARED);
}

static int affinity_apply(struct host *h)
{
	cpu_set_t *set = CPU_ALLOC(CPULIST_MAX);
	size_t size = CPU_ALLOC_SIZE(CPULIST_MAX);
	int err = 0;

	if (!set)
		return -ENOMEM;
	if (sched_getaffinity(0, size, set) != 0)
		err = -errno;
	for (uint32_t i = 0; i < h->nr_pus && !err; i++)
		h->pu[i].allowed &= CPU_ISSET_S((size_t)h->pu[i].id.os, size, set) != 0;
	CPU_FREE(set);
	return err;
}

int host_load(struct host *h)
{
	int err = host_load_sysfs(h, "");

	if (err == -ENOMEM)
		return log_errno(err, "this machine's topology: %m");
	if (err == 0)
		return 0;
	log_debug("/sys alone doesn't tell this machine's topology: asking hwloc");
	if ((err = host_load_hwloc(h)) != 0)
		return err;
	pools_load(h);
	thp_load(h);
	if ((err = affinity_apply(h)) != 0) {
		host_fini(h);
		return log_errno(err, "this process's CPU affinity: %m");
	}
	return 0;
}
