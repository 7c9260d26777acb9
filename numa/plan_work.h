/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_work.h - what the parts of the planner hand to each other. For plan*.c only.
 *
 *   plan.c         check the request, seat pins, try readings of SMT in turn, put the plan together
 *   plan_nodes.c   which nodes, how many vCPUs and bytes on each: by policy
 *   plan_given.c   the same for guest nodes that the user describes
 *   plan_memory.c  what a node can give, and splits of memory over nodes
 *   plan_cores.c   which CPUs of a node, and those for housekeeping
 *   plan_mirror.c  the guest's topology as the image of the CPUs and nodes chosen
 *   plan_refuse.c  refusals and warnings in words
 *
 * Nodes, PUs, cores and complexes are indexes into the host's arrays here, never kernel's numbers.
 */
#ifndef NUMA_PLAN_WORK_H
#define NUMA_PLAN_WORK_H

#include "numa/plan.h"

#define NO_PU   UINT32_MAX
#define NO_NODE UINT32_MAX

/* How much of a core vCPUs may take; tried in this order, as far as the request allows. */
enum fill {
	FILL_CORES,    /* one vCPU a core */
	FILL_SIBLINGS, /* one vCPU a PU */
	FILL_DOUBLE,   /* several vCPUs a PU */
};

/* A guest node in the making. */
struct share {
	uint32_t node; /* host node */
	uint32_t nr_vcpus;
	uint64_t bytes;
};

struct work {
	const struct host *host;
	const struct request *req;
	struct plan *plan;
	bool *usable;         /* [nr_pus] allowed, and among the request's host CPUs */
	uint32_t *load;       /* [nr_pus] vCPUs on it so far */
	uint32_t *core_load;  /* [nr_cores] the same */
	uint32_t *core_size;  /* [nr_cores] PUs, usable or not */
	uint32_t *core_usable; /* [nr_cores] usable PUs */
	uint32_t *pinned;     /* [nr_nodes] pinned vCPUs */
	uint32_t *room; /* [nr_nodes] vCPUs that it can take beside the pinned ones, by fill */
	uint32_t *device;     /* [nr_nodes] sum of the distances to the devices */
	uint32_t *pu;         /* [nr_vcpus] the PU of each vCPU or NO_PU */
	uint32_t *guest_node; /* [nr_vcpus] */
	uint32_t *order;      /* [nr_nodes] scratch */
	uint32_t free_vcpus;  /* not pinned */
	uint64_t bytes;       /* memory of the guest */
	enum fill fill;
	enum page_policy page;
	bool uneven;          /* memory is not in proportion to vCPUs */
	uint32_t nr_shares;
	struct share share[TOPO_NODES_MAX]; /* by guest node */
};

/* plan_nodes.c: fill in share[] and page. False: not with this fill; plan_nodes_refuse() says
 * why. */
bool plan_nodes(struct work *w);
int plan_nodes_refuse(struct work *w);
/* Seats vCPUs on the guest nodes of share[]: guest_node[]. */
void plan_nodes_seat(struct work *w);

/* plan_given.c: the same for the request's nodes. 0, -ENOMEM, -EINVAL (refused), -ENOSPC: not with
 * this fill; refused if explain. */
int plan_given(struct work *w, bool explain);

/* plan_memory.c */

/* No transparent huge pages for such memory as the request's. */
bool thp_missing(const struct work *w);
/* The page sizes to try, best first; returns how many. */
uint32_t page_choices(const struct work *w, enum page_policy choice[3]);
bool page_is_huge(enum page_policy page);
uint64_t page_bytes(enum page_policy page);
/* Sizes of nodes are multiples of this. */
uint64_t page_grain(enum page_policy page, uint64_t total);
/* Bytes of such pages that a node can give; HOST_PLENTY for no limit. */
uint64_t node_bytes(const struct work *w, uint32_t node, enum page_policy page);
/*
 * Split total over shares in proportion to their vCPUs, in grains, into share[].bytes. limit[nr]:
 * what each can have. uneven: shares may give what they have no room for to others. False: it can't
 * be, or auto should rather take smaller pages than be so far from proportion.
 */
bool memory_split(const struct work *w, struct share *share, uint32_t nr, uint64_t total,
	enum page_policy page, const uint64_t *limit, bool uneven);

/* plan_cores.c */

/* room[] for fill. */
void cores_count(struct work *w);
/* Choose n CPUs of a node and load them: out[n], in the order that vCPUs get them. There is room.
 * -ENOMEM. */
int cores_choose(struct work *w, uint32_t node, uint32_t n, uint32_t *out) must_check;
/* -ENOMEM. */
int cores_housekeeping(struct work *w) must_check;

/* plan_mirror.c: plan->guest. -ENOMEM. */
int mirror_make(struct work *w) must_check;

/* plan_refuse.c */

int plan_refuse(struct work *w, int err, const char *fmt, ...) printf_like(3, 4);
int refuse_cpus(struct work *w, uint32_t node, uint32_t wanted, uint32_t have);
/* wanted: bytes of the work's page size that the node can't give. */
int refuse_memory(struct work *w, uint32_t node, uint64_t wanted, uint64_t have);
/* The guest's memory is more than all nodes that vCPUs can be on have; have_nodes: all nodes. */
int refuse_memory_all(struct work *w, uint64_t have, uint64_t have_nodes, uint32_t nodes);
/* What was chosen though it costs: siblings, remote memory, … -ENOMEM */
int plan_warnings(struct work *w) must_check;
/* "8G", "1536M", "4097": the largest unit that divides it. Returns buf. */
char *size_text(uint64_t bytes, char buf[static 24]);

#endif
