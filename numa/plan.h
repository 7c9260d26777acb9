/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - where everything goes: a CPU for each vCPU, a node and page size for each piece of guest
 * memory, CPUs for thole's own threads, and the topology that the guest is told.
 *
 *   host_load() -> request -> plan_make() -> plan_print(), plan_json(), plan_draw() -> plan_fini()
 *
 * plan_make() is pure: it reads no file, keeps no state, and equal input makes an equal plan. A
 * plan that can't be made is refused in words that name the resource that is short, where, and
 * the command that provides it; the refusal is a value too, and the caller reports it.
 *
 * Guarantees of a plan: each vCPU is on an allowed CPU; no CPU has two vCPUs unless overcommit
 * was asked for; no core has two vCPUs unless siblings are used (smt) or pins say so; sizes sum
 * up to the memory asked for, each a multiple of its page size and within what its node has; no
 * housekeeping CPU is a vCPU's, unless housekeeping_shared.
 *
 * Threads: a value. Ownership: the arrays belong to the plan; plan_fini() frees them, also after a
 * refusal.
 */
#ifndef NUMA_PLAN_H
#define NUMA_PLAN_H

#include <stdio.h>

#include "numa/host.h"
#include "numa/request.h"
#include "vmm/topology.h"
#include "vmm/types.h"
#include "vmm/util.h"

struct plan_vcpu {
	hcpu_t cpu;
	uint32_t core; /* host.pu[].core: the host's cores counted in host.h's order */
	hnode_t node;  /* that the CPU is on */
	uint32_t guest_node;
	hcpu_t housekeeping; /* one of those, as near as there is; its own where those are vCPUs', too */
};

/* One for each guest node that has memory, in guest node order. */
struct plan_memory {
	uint32_t guest_node;
	hnode_t node;
	uint64_t bytes;
	uint64_t page_size; /* bytes; THP: the size it is hoped for, 2 MiB */
};

enum plan_short {
	PLAN_SHORT_NOTHING,  /* not refused, or: the request contradicts itself or the machine */
	PLAN_SHORT_CPUS,     /* wanted, have: CPUs (cores where siblings are to stay idle) */
	PLAN_SHORT_PAGES,    /* wanted, have: huge pages of page_size */
	PLAN_SHORT_MEMORY,   /* wanted, have: bytes */
};

#define PLAN_TEXT 512

struct plan_refusal {
	int err; /* 0: not refused; -EINVAL: a bad request; -ENOSPC: something is short */
	enum plan_short what;
	hnode_t node; /* -1: the machine as a whole */
	uint64_t wanted, have;
	uint64_t page_size;
	char text[PLAN_TEXT];
};

struct plan {
	uint32_t nr_vcpus;
	struct plan_vcpu *vcpu;
	uint32_t nr_memory;
	struct plan_memory *memory;
	enum page_policy page;  /* what was taken, never PAGE_AUTO */
	bool shared;            /* guest memory is a file's, that other processes can map too */
	struct cpulist housekeeping;
	bool housekeeping_shared; /* nothing was left: these are vCPUs' CPUs */
	bool smt;               /* some core has two vCPUs */
	bool overcommit;        /* some CPU has two vCPUs */
	hnode_t *node_host;     /* [guest.nr_nodes] the host node that each guest node is on */
	struct topology guest;
	uint32_t nr_warnings;
	char **warning;         /* for the caller to report, one line each */
	char note[PLAN_TEXT];   /* why this page size, "" if it was asked for */
	struct plan_refusal refusal;
};

/*
 * 0; -EINVAL and -ENOSPC with plan->refusal filled in; -ENOMEM. Nothing is reported. The plan needs
 * plan_fini() in every case.
 */
int plan_make(const struct host *host, const struct request *request, struct plan *plan) must_check;

/* One more warning. 0 or -ENOMEM, not reported. */
int plan_warn(struct plan *plan, const char *fmt, ...) printf_like(2, 3) must_check;

void plan_fini(struct plan *plan);

/* A table for people. */
void plan_print(const struct plan *plan, const struct host *host, FILE *out);

/* 0 or -errno, not reported. */
int plan_json(const struct plan *plan, const struct host *host, FILE *out) must_check;

/*
 * Draw it as an SVG file, with lstopo. what: where host came from, as for host_load_described();
 * NULL for this machine. Reports errors: -ENOENT (lstopo is not installed), -EIO, …
 */
int plan_draw(const struct plan *plan, const struct host *host, const char *what,
	const char *svg_path) must_check;

#endif
