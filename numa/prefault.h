/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefault.h - have the kernel give guest memory before the guest asks: in parallel, by threads on
 * the node that it comes from, so that clearing it is local.
 *
 * Ranges are cut into chunks, and a node's threads take its chunks one after the other. Nothing is
 * touched by a load or a store: MADV_POPULATE_WRITE (Linux 5.14; fallocate() before) says in an errno
 * what else would be a SIGBUS in the middle of a run.
 *
 * Threads: prefault_run() makes its own and waits for them; the progress function is called on the
 * caller's. Ownership: all is borrowed for the call. Errors: negative errno, not reported.
 */
#ifndef NUMA_PREFAULT_H
#define NUMA_PREFAULT_H

#include "numa/host.h"
#include "vmm/cpulist.h"
#include "vmm/types.h"
#include "vmm/util.h"

/* A mapping of pages of one size from one node, whose memory policy is set. */
struct prefault_range {
	uint8_t *addr;
	uint64_t size;      /* a multiple of page_size */
	uint64_t page_size; /* THP: KiB(4) */
	hnode_t node;
	int fd; /* what is mapped, from where; -1: private memory, that nobody uses yet */
	uint64_t fd_offset;
};

/* On which CPUs threads fill the memory of a node, one each. */
struct prefault_workers {
	hnode_t node;
	struct cpulist cpus;
};

struct prefault_job {
	const struct prefault_range *range;
	uint32_t nr_ranges;
	const struct prefault_workers *workers; /* one for each node that a range is on */
	uint32_t nr_workers;
	/* Some five times a second; or NULL. False: give up. */
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct prefault_result {
	uint64_t bytes;
	uint64_t ns;
	uint32_t threads;
	uint32_t failed;  /* after an error: the range, and what of its node's was there by then */
	uint64_t have;
};

/*
 * -EINTR: progress() gave up. -ENOSPC: a node has no more such pages; result->failed tells which range. What was filled before
 * stays, and goes with the mapping.
 */
int prefault_run(const struct prefault_job *job, struct prefault_result *result) must_check;

/* The rest is pure. */

#define PREFAULT_CHUNK       MiB(32)
#define PREFAULT_THREADS_MAX 32 /* a node's; fewer saturate the memory of most */

struct prefault_chunk {
	uint32_t range;
	uint64_t offset;
	uint64_t size;
};

/* Chunk number index of those on a node, in the order of the ranges; false: there are fewer. */
bool prefault_chunk(const struct prefault_range *range, uint32_t nr, hnode_t node, uint64_t index,
	struct prefault_chunk *chunk);

/*
 * CPUs to fill a node's memory from: one of each core that this process may use (and that is in only,
 * if that isn't empty), at most PREFAULT_THREADS_MAX; of the nearest node that has some. -ENOMEM,
 * -ENOENT (no such node).
 */
int prefault_cpus(const struct host *h, const struct cpulist *only, hnode_t node,
	struct cpulist *cpus) must_check;

#endif
