/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing.c - see backing.h.
 *
 * System calls are made directly: libnuma reads /sys at every start of a program that is linked with
 * it, which a program that starts in milliseconds notices.
 */
#include "numa/backing.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "numa/nodemask.h"
#include "vmm/log.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static bool is_small(const struct plan *p)
{
	return p->page != PAGE_1G && p->page != PAGE_2M;
}

void backing_page_sizes(const struct plan *plan, uint64_t *page_size)
{
	for (uint32_t i = 0; i < TOPO_NODES_MAX; i++)
		page_size[i] = KiB(4);
	for (uint32_t i = 0; i < plan->nr_memory && !is_small(plan); i++)
		page_size[plan->memory[i].guest_node] = plan->memory[i].page_size;
}

/* mbind(2): for a shared mapping of a file the policy is the file's. */
static int bind_to(const struct mem_region *r, hnode_t node)
{
	struct nodemask mask = { 0 };

	if (!nodemask_holds(node))
		return log_errno(-EINVAL, "node %d: no such node", node.os);
	nodemask_add(&mask, node);
	if (syscall(SYS_mbind, r->hva, r->gpa.size, MPOL_BIND, mask.word, NODEMASK_MAXNODE, 0) == 0)
		return 0;
	if (errno == ENOSYS && node.os == 0)
		return 0; /* a kernel without NUMA has but one node */
	return log_errno(-errno, "cannot bind %" PRIu64 " MiB of guest memory to node %d: %m; is it in the cpuset "
		"(cpuset.mems)?", r->gpa.size >> 20, node.os);
}

/* Transparent huge pages where they were planned, and nowhere else. */
static void advise_pages(const struct mem_region *r, enum page_policy page)
{
	int advice = page == PAGE_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	if ((page == PAGE_THP || page == PAGE_NONE) && madvise(r->hva, r->gpa.size, advice) < 0)
		log_debug("madvise(%s): %m", page == PAGE_THP ? "MADV_HUGEPAGE" : "MADV_NOHUGEPAGE");
}

static bool swap_exists(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 && info.totalswap;
}

/* Pages are locked as they come; this makes none. 0 or -errno. */
static int lock_all(const struct mem *m)
{
	for (uint32_t i = 0; i < m->nr_regions; i++)
		if (syscall(SYS_mlock2, m->region[i].hva, m->region[i].gpa.size, MLOCK_ONFAULT) != 0)
			return -errno;
	return 0;
}

static const char *size_name(uint64_t page_size)
{
	return page_size == GiB(1) ? "1G" : page_size == MiB(2) ? "2M" : "4K";
}

static int prefault_failed(int err, const struct prefault_range *r, const struct prefault_result *result)
{
	uint64_t kb = r->page_size / KiB(1);

	if (err == -EINTR)
		return err; /* whoever gave up knows why */
	if (err != -ENOSPC)
		return log_errno(err, "node %d: cannot fill guest memory in advance: %m", r->node.os);
	if (r->page_size == KiB(4))
		return log_errno(err, "node %d: out of memory after %" PRIu64 " MiB of the guest's: free some, or ask for "
			"less", r->node.os, result->have >> 20);
	return log_errno(err, "node %d: out of free pages of %s after about %" PRIu64 " for the guest: somebody else took "
		"them meanwhile, or a cgroup limits them (hugetlb.*.max); see /sys/devices/system/node/node%d/hugepages/"
		"hugepages-%" PRIu64 "kB/free_hugepages", r->node.os, size_name(r->page_size),
		result->have / r->page_size, r->node.os, kb);
}

static int fill(const struct mem *m, const struct backing_config *cfg, struct prefault_result *result)
{
	struct prefault_range range[LAYOUT_RAM_MAX];
	struct prefault_job job = { range, m->nr_regions, cfg->workers, cfg->nr_workers, cfg->progress, cfg->ctx };
	int err;

	for (uint32_t i = 0; i < m->nr_regions; i++) {
		const struct mem_region *r = &m->region[i];
		const struct mem_node *n = &m->node[r->node];

		range[i] = (struct prefault_range){ r->hva, r->gpa.size, n->page_size,
			cfg->plan->node_host[r->node], n->fd, r->fd_offset };
	}
	err = prefault_run(&job, result);
	return err ? prefault_failed(err, &range[result->failed], result) : 0;
}

int backing_apply(const struct mem *m, const struct backing_config *cfg, struct backing_result *result)
{
	const struct plan *p = cfg->plan;
	int err;

	*result = (struct backing_result){ .locked = true };
	for (uint32_t i = 0; i < m->nr_regions; i++) {
		if ((err = bind_to(&m->region[i], p->node_host[m->region[i].node])) != 0)
			return err;
		advise_pages(&m->region[i], p->page);
	}
	if (is_small(p) && (err = lock_all(m)) != 0) {
		result->locked = false;
		result->swappable = swap_exists() ? err : 0;
	}
	return cfg->prefault ? fill(m, cfg, &result->prefault) : 0;
}

int backing_check(const struct plan *plan, const struct host *h, char *why, size_t size)
{
	for (uint32_t i = 0; i < h->nr_nodes && is_small(plan); i++) {
		const struct host_node *n = &h->node[i];
		uint64_t bytes = 0;

		for (uint32_t j = 0; j < plan->nr_memory; j++)
			bytes += plan->memory[j].node.os == n->id.os ? plan->memory[j].bytes : 0;
		if (bytes <= n->free)
			continue;
		snprintf(why, size, "node %d: %" PRIu64 " MiB are to be filled in advance, %" PRIu64 " MiB are free: free "
			"memory there, ask for less, or for prefault=no", n->id.os, bytes >> 20, n->free >> 20);
		return -ENOSPC;
	}
	return 0;
}
