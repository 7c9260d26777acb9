/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the machine that guests are planned for, as a value.
 *
 * The planner reads this and nothing else, so a plan for a recorded machine is made by the same
 * code as one for the machine that it runs on. What hwloc knows beyond this (I/O, groups,
 * instruction caches, memory attributes) plays no part in placement and is left out.
 *
 *   host_load()          this machine, from /sys, in well under a millisecond on small machines
 *   host_load_described() hwloc's XML or synthetic description, of any machine
 *   host_from_hwloc()    (host_hwloc.h) what both fall back on and build on
 *
 * Order and names. PUs (logical CPUs) stand in the order package, node, complex, core, kernel's
 * number, so that a run of the array is a compact part of the machine and siblings are neighbours.
 * A core, complex or package is numbered by where it first appears in that order. A complex is the
 * PUs of one package that share the outermost cache; without one, the package is the complex.
 *
 * Threads: a value; load it once, read it from anywhere. Ownership: the arrays belong to the host;
 * host_fini() frees them. Errors: 0 or negative errno.
 */
#ifndef NUMA_HOST_H
#define NUMA_HOST_H

#include "vmm/cpulist.h"
#include "vmm/topology.h"
#include "vmm/types.h"
#include "vmm/util.h"

enum host_page { HOST_PAGE_2M, HOST_PAGE_1G, HOST_PAGES };

static inline uint64_t host_page_bytes(enum host_page size)
{
	return size == HOST_PAGE_1G ? GiB(1) : MiB(2);
}

/* Bytes or pages that nobody counted: as many as are asked for. */
#define HOST_PLENTY UINT64_MAX

#define HOST_DISTANCE_LOCAL 10 /* ACPI 6.4, 5.2.17 */

/* Huge pages of one size on one node. */
struct host_pool {
	uint64_t total; /* what nr_hugepages says; HOST_PLENTY: not known */
	uint64_t free;  /* free and not reserved; HOST_PLENTY: as many as are asked for */
};

struct host_node {
	hnode_t id;
	char kind[16];  /* "" is ordinary memory; else what hwloc calls it: "HBM", "MCDRAM", … */
	bool allowed;   /* may this process take memory from it? (cpuset.mems) */
	bool has_cpus;  /* is it the node of any PU? */
	uint64_t total; /* bytes; HOST_PLENTY: not known */
	uint64_t free;  /* bytes that the kernel could give at once, page cache included */
	struct host_pool pool[HOST_PAGES];
};

struct host_pu {
	hcpu_t id;
	uint32_t core;
	uint32_t complex;
	uint32_t package;
	uint32_t node; /* index into host.node[] */
	bool allowed;  /* may this process run on it? (affinity, which cpusets and Slurm set) */
};

struct host {
	char name[64]; /* for people: where this came from */
	bool live;     /* the machine that we run on */
	bool no_thp;   /* no transparent huge pages for private memory */
	bool no_thp_shared; /* none for shared memory (shmem_enabled), which has a switch of its own */
	bool distances_known; /* false: distance[] is a guess from packages */
	uint32_t nr_pus; /* at least 1; offline ones are not in it */
	struct host_pu *pu;
	uint32_t nr_cores;
	uint32_t nr_complexes;
	uint32_t nr_packages;
	uint32_t nr_nodes; /* at least 1, by the kernel's number, ascending */
	struct host_node *node;
	uint8_t *distance; /* [nr_nodes * nr_nodes], row from, 10 is local */
	uint32_t nr_caches; /* of one allowed PU; the machine is taken to be uniform */
	struct topo_cache cache[TOPO_CACHES_MAX];
};

/*
 * This machine, with what this process may use marked as allowed. Reads /sys and /proc only; falls
 * back on hwloc where the kernel doesn't tell enough. Reports errors.
 */
int host_load(struct host *h) must_check;

/*
 * Another machine: the name of an hwloc XML file, or else hwloc's synthetic description, such as
 * "package:2 [numa(memory=64GB)] l3:1 core:8 pu:2". Its huge pages count as plenty. Reports errors.
 */
int host_load_described(struct host *h, const char *what) must_check;

/*
 * Huge pages that the described machine has: "NODE:SIZE=COUNT,SIZE=COUNT;NODE:…", SIZE 1G or 2M.
 * A size that is not named on a named node has none; nodes that are not named stay as they are.
 * -EINVAL with the reason in why.
 */
int host_set_pages(struct host *h, const char *text, char *why, size_t size) must_check;

/*
 * For loaders: pu[].core, .complex and .package hold any value that tells groups apart (the
 * lowest kernel number in the group makes two loaders agree), nodes are in any order. Sorts,
 * numbers, fills has_cpus and, without distances (distance NULL), guesses them. 0, -ENOMEM or
 * -EINVAL (no PU).
 */
int host_seal(struct host *h) must_check;

/* NULL if there is no such node or PU. */
const struct host_node *host_find_node(const struct host *h, hnode_t id);
const struct host_pu *host_find_pu(const struct host *h, hcpu_t id);

/* SLIT units; from and to are indexes into host.node[]. */
static inline uint32_t host_distance(const struct host *h, uint32_t from, uint32_t to)
{
	return h->distance[(size_t)from * h->nr_nodes + to];
}

void host_fini(struct host *h);

#endif
