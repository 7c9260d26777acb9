/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - the processors, caches and memory nodes that a guest sees, as a value.
 *
 * One description feeds CPUID (leaves 1, 4, 0xB, 0x1F, 0x8000001D/1E), the MADT, SRAT and SLIT, so
 * that they cannot disagree. APIC ids are made of bit fields, from the top: package, complex (the
 * cores that share a last-level cache), core in the complex, thread in the core. A field is as wide
 * as the largest number in it needs (complex_shift can make the core's wider), so ids have gaps where counts are no powers of two (Intel SDM
 * vol. 3A, 9.9.1; AMD APM vol. 3, E.4.1).
 *
 * Pure values; any thread. The arrays belong to whoever made the value; topology_fini() frees them.
 */
#ifndef VMM_TOPOLOGY_H
#define VMM_TOPOLOGY_H

#include "vmm/types.h"
#include "vmm/util.h"

enum topo_level { TOPO_THREAD, TOPO_CORE, TOPO_COMPLEX, TOPO_PACKAGE, TOPO_LEVELS };

/* Where a vCPU stands. Each number counts from 0 within the level above it; node is global. */
struct topo_cpu {
	uint32_t package;
	uint32_t complex;
	uint32_t core;
	uint32_t thread;
	uint32_t node;
};

enum topo_cache_type { TOPO_CACHE_DATA = 1, TOPO_CACHE_INSTRUCTION = 2, TOPO_CACHE_UNIFIED = 3 };

/* A kind of cache, the same for every vCPU. size = line * ways * sets, bytes. */
struct topo_cache {
	uint8_t level;
	enum topo_cache_type type;
	uint64_t size;
	uint32_t line;
	uint32_t ways; /* 0: fully associative or not known */
	enum topo_level shared; /* by the threads of one CORE, COMPLEX or PACKAGE */
	bool inclusive;
};

#define TOPO_CACHES_MAX 8
#define TOPO_NODES_MAX  64

struct topology {
	uint32_t nr_cpus;
	struct topo_cpu *cpu; /* [nr_cpus], by vCPU index */
	uint32_t nr_nodes;    /* at least 1 */
	uint8_t *distance;    /* [nr_nodes * nr_nodes], row from, ACPI SLIT units: 10 is local */
	unsigned complex_shift; /* at least so many bits of an APIC id are below the complex's */
	uint32_t nr_caches;   /* 0: take what KVM reports for the host */
	struct topo_cache cache[TOPO_CACHES_MAX];
};

/*
 * A flat machine: one package, one node, one thread a core, and no caches of its own.
 * Returns 0 or -ENOMEM, -EINVAL (nr_cpus 0). The caller ends it with topology_fini().
 */
int topology_flat(struct topology *t, uint32_t nr_cpus) must_check;

void topology_fini(struct topology *t);

/* Bits of the APIC id below the given level's own field: level THREAD is 0, CORE the width of the
 * thread field, … TOPO_LEVELS the width of the whole id. */
unsigned topology_shift(const struct topology *t, enum topo_level level);

apicid_t topology_apicid(const struct topology *t, uint32_t vcpu);

/* Largest APIC id in use. */
apicid_t topology_apicid_max(const struct topology *t);

#endif
