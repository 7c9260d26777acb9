/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - what a user asks of the planner, as a value, and the text forms of its parts.
 *
 * Pure; any thread. Ownership: the arrays belong to the request; request_fini() frees them. A
 * zeroed request with nr_vcpus and memory set is a complete one: every zero is the default.
 * Errors: negative errno with a reason in words in why[size], for the caller who knows where the
 * text came from.
 */
#ifndef NUMA_REQUEST_H
#define NUMA_REQUEST_H

#include "vmm/cpulist.h"
#include "vmm/types.h"
#include "vmm/util.h"

#define REQUEST_VCPUS_MAX CPULIST_MAX
#define REQUEST_NODES_MAX 64 /* TOPO_NODES_MAX */

enum place_policy {
	PLACE_LIKE_HOST, /* as few nodes as are needed, near each other, filled one by one */
	PLACE_ONE_NODE, /* one node or nothing */
	PLACE_SPREAD,	/* evenly over all nodes, and over the caches within a node */
};

enum smt_policy {
	SMT_AVOID, /* one vCPU a core when cores suffice, else siblings too */
	SMT_USE,   /* fill whole cores: siblings in the guest are siblings on the host */
	SMT_NEVER, /* one vCPU a core or nothing */
};

enum page_policy {
	PAGE_AUTO, /* the largest size of which there is enough: 1G, 2M, then THP */
	PAGE_1G,
	PAGE_2M,
	PAGE_THP,  /* transparent huge pages: 4 KiB that the kernel may join */
	PAGE_NONE, /* 4 KiB */
};

/* A vCPU that must be on that CPU. */
struct request_pin {
	uint32_t vcpu;
	hcpu_t cpu;
};

struct request_pins {
	uint32_t nr;
	struct request_pin *at; /* [nr], by vCPU, each at most once */
};

#define REQUEST_ANY_HOST (-1)

/* A guest node as asked for. What is left out, nodes share: vCPUs that no node names go evenly, in
 * order, to the nodes without a list; memory in proportion to vCPUs to the nodes without a size. */
struct request_node {
	uint32_t index;
	bool has_bytes;
	uint64_t bytes;
	bool has_vcpus; /* with nr_vcpus 0: a node of memory only, which must name its host node */
	uint32_t nr_vcpus;
	uint32_t *vcpu;    /* ascending */
	hnode_t host;      /* REQUEST_ANY_HOST: the planner's choice */
};

struct request_nodes {
	uint32_t nr;
	struct request_node *at; /* [nr], by index, each at most once */
};

struct request {
	uint32_t nr_vcpus;
	uint64_t memory;      /* bytes, a multiple of 4 KiB; 0: the sum of the nodes' */
	uint32_t guest_nodes; /* exactly so many, of equal size; 0: what the policy finds */
	enum place_policy policy;
	enum smt_policy smt;
	enum page_policy page;
	bool overcommit;      /* two vCPUs on one CPU, rather than refuse */
	bool shared;          /* another process is to map guest memory (vhost-user): it is a file's */
	struct cpulist host_cpus; /* nothing but these; empty: all that are allowed */
	struct request_pins pin;
	struct request_nodes node;
	uint32_t nr_devices;
	hnode_t *device;      /* the node that each passed-through device is at; -1: none */
};

/*
 * Add "0=4,1=5": vCPU 0 on CPU 4, vCPU 1 on CPU 5. -EINVAL (not such a list, a vCPU pinned twice, a
 * number that is too large), -ENOMEM. On failure the pins are as they were.
 */
int request_pins_add(
	struct request_pins *pins, const char *text, char *why, size_t size) must_check;

/*
 * Add guest nodes: "0:mem=8G,cpus=0-3", several of them joined by ';'. Keys, each at most once:
 * mem=SIZE, cpus=vCPU list (empty: none, and then host= is needed), host=host node. Errors as
 * above.
 */
int request_nodes_add(struct request_nodes *nodes, const char *text, char *why, size_t size)
	must_check;

/* 0 or -ENOMEM; to needs no init. */
int request_pins_copy(struct request_pins *to, const struct request_pins *from) must_check;
int request_nodes_copy(struct request_nodes *to, const struct request_nodes *from) must_check;

void request_pins_fini(struct request_pins *pins);
void request_nodes_fini(struct request_nodes *nodes);

/* -ENOMEM. node -1 (a device whose node nobody knows) is kept and without effect. */
int request_add_device(struct request *r, hnode_t node) must_check;

/* "like-host", "auto", "1G", …; NULL for no such value. */
const char *place_policy_name(enum place_policy policy);
const char *smt_policy_name(enum smt_policy smt);
const char *page_policy_name(enum page_policy page);

void request_fini(struct request *r);

#endif
