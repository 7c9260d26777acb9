/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proof.h - where guest memory really is: node and size of every page, asked of the kernel.
 *
 * Nodes come from move_pages(2), which only tells when it isn't told to move, page by page and not a
 * sample; sizes from /proc/self/smaps (KernelPageSize, and what of a mapping of small pages is mapped
 * by 2 MiB at a time). What the kernel doesn't tell is marked as not known, never assumed.
 *
 * Threads: one; the guest may run. Ownership: proof_fini() frees. Errors: negative errno, not
 * reported.
 */
#ifndef NUMA_PROOF_H
#define NUMA_PROOF_H

#include "numa/plan.h"
#include "vmm/mem.h"

#define PROOF_NODES 1024 /* one past the largest number of a node, in any kernel */

struct proof_region {
	struct range gpa;
	uint32_t guest_node;

	/* Planned. */
	hnode_t node;
	uint64_t page_size; /* THP: KiB(4) */

	/* Found. */
	bool nodes_known;
	uint64_t pages;     /* of page_size, asked about */
	uint64_t absent;    /* of them not there: not touched yet, or swapped out */
	uint64_t failed;    /* the kernel didn't say */
	uint64_t *on_node;  /* [PROOF_NODES], pages by host node */
	uint64_t kernel_page; /* bytes, the smallest in the region; 0: not known */
	uint64_t joined;    /* bytes of small pages that are mapped by 2 MiB at a time */
};

struct proof {
	uint32_t nr; /* 0: not taken */
	struct proof_region *region;
};

/* -ENOMEM. */
int proof_take(struct proof *p, const struct mem *m, const struct plan *plan) must_check;

void proof_fini(struct proof *p);

/* What is told about what is not as planned, and about what is not known; a line each. */
struct proof_listener {
	void (*deviation)(void *ctx, const char *text);
	void (*unknown)(void *ctx, const char *text);
	void *ctx;
};

/* filled: pages that are absent deviate. Pure. */
void proof_judge(const struct proof *p, bool filled, const struct proof_listener *to);

/* Pure parts. */

/* Add statuses of move_pages(2) to the region's counts. */
void proof_count(struct proof_region *r, const int *status, size_t nr);

/* A mapping of our address space that smaps is searched for. */
struct smaps_range {
	uintptr_t base;
	uint64_t size;
	uint64_t kernel_page; /* 0: not found */
	uint64_t joined;
};

struct smaps {
	struct smaps_range *range;
	uint32_t nr;
	struct smaps_range *at; /* that the lines are about; NULL: none of ours. Zero at the start */
};

/* The next line of smaps (man 5 proc). */
void smaps_line(struct smaps *s, const char *line);

#endif
