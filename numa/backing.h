/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing.h - guest memory as the plan has it: bound to its node, in pages of its size, and there.
 *
 *   mem_map() -> backing_apply() -> mem_register()
 *
 * Bound (MPOL_BIND; on a memfd for everybody who maps it): another node is never used, rather
 * the guest is not started. What is bound is also left alone by the kernel's automatic balancing.
 * Small pages are locked against swap where RLIMIT_MEMLOCK allows it; huge pages are never swapped.
 * mem_map() keeps it from being merged by KSM and out of core dumps.
 *
 * Memory is private to this process unless the plan says that it is shared: struct mem tells which.
 *
 * Threads: one, before the guest's. Ownership: borrows all. Errors: negative errno, reported.
 */
#ifndef NUMA_BACKING_H
#define NUMA_BACKING_H

#include "numa/plan.h"
#include "numa/prefault.h"
#include "vmm/mem.h"

struct backing_config {
	const struct plan *plan;
	bool prefault;
	const struct prefault_workers *workers; /* with prefault: for each host node of the plan */
	uint32_t nr_workers;
	bool (*progress)(void *ctx, uint64_t done, uint64_t total); /* false: give up, -EINTR; or NULL */
	void *ctx;
};

struct backing_result {
	bool locked;   /* all that could be swapped is locked */
	int swappable; /* -errno: there is swap, and why memory could not be locked against it; 0: it never goes there */
	struct prefault_result prefault;
};

/* page_size[TOPO_NODES_MAX] for mem_map(). */
void backing_page_sizes(const struct plan *plan, uint64_t *page_size);

int backing_apply(const struct mem *m, const struct backing_config *cfg,
	struct backing_result *result) must_check;

/*
 * Is there enough free memory to fill the plan's small pages in advance? Being short would end in the
 * kernel's out-of-memory killer, not in an error. 0 or -ENOSPC with the reason in why; pure.
 */
int backing_check(const struct plan *plan, const struct host *h, char *why, size_t size) must_check;

#endif
