/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * speed.h - how fast this machine's memory is, as its firmware says and the kernel passes on, and
 * the same for a guest's HMAT.
 *
 * The kernel publishes, for each node of memory, the figures for those nodes that reach it best
 * (/sys/devices/system/node/nodeN/accessC/initiators/, Documentation/admin-guide/mm/numaperf.rst):
 * class 1 is about processors, class 0, which older kernels have alone, about whatever is nearest.
 * For other pairs nothing is known, and nothing is told.
 *
 * Threads: values. Ownership: each has its own arrays. Errors: negative errno, not reported.
 */
#ifndef NUMA_SPEED_H
#define NUMA_SPEED_H

#include "numa/plan.h"
#include "vmm/acpi/acpi.h"

/* What processors of its best nodes get from a node's memory; 0: not known. */
struct speed_node {
	hnode_t node;
	uint32_t read_latency_ns;
	uint32_t write_latency_ns;
	uint32_t read_bandwidth_mbs;
	uint32_t write_bandwidth_mbs;
	struct cpulist initiators; /* those nodes' numbers, in the notation of CPUs */
};

struct speed {
	uint32_t nr; /* 0: this machine says nothing */
	struct speed_node *at;
};

/* From below root ("" for this machine), for the host nodes of the plan. -ENOMEM. */
int speed_load(struct speed *s, const char *root, const struct plan *plan) must_check;

void speed_fini(struct speed *s);

/*
 * The guest's figures, by what its nodes are on. False: nothing is known, *hmat is empty. hmat's
 * matrices are one allocation, which hmat_fini() frees.
 */
bool speed_hmat(const struct speed *s, const struct plan *plan, struct acpi_hmat *hmat);

void hmat_fini(struct acpi_hmat *hmat);

#endif
