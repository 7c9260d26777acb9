/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuid_topology.c - the leaves that say where a vCPU stands and with whom it shares caches.
 *
 * They must agree with each other, with the APIC id that KVM gives the vCPU (its KVM id), and with
 * the MADT and SRAT. The APIC id is the root: every leaf gives the width of a field in it.
 *
 *   APIC id:  package | complex | core | thread
 *                     ^package  ^complex
 *                                      ^core shift
 *
 *   leaf            tells                                       read by
 *   1               id & 0xff, ids in a package                 everyone, as a fallback
 *   4               ids that share each cache                   Intel
 *   0xB             core and package shift, x2APIC id           everyone
 *   0x1F            the same, and complexes as dies             Intel, where the host has the leaf
 *   0x80000008      package shift, threads in the package       AMD
 *   0x8000001D      ids that share each cache                   AMD
 *   0x8000001E      x2APIC id, core, threads of a core, node    AMD
 */
#include <linux/kvm.h>

#include "vmm/cpuid_set.h"

#define LEVEL_SMT  (1u << 8)
#define LEVEL_CORE (2u << 8)
#define LEVEL_DIE  (5u << 8)

#define HTT		    (1u << 28) /* leaf 1, EDX */
#define CMP_LEGACY	    (1u << 1)  /* 0x80000001, ECX */
#define TOPOLOGY_EXTENSIONS (1u << 22)

#define CACHE_WAYS_MAX	   1024u
#define CACHE_WAYS_UNKNOWN 16u

/* A vCPU's place, as leaves tell it. */
struct place {
	uint32_t apicid;
	unsigned shift[TOPO_LEVELS + 1];
	uint32_t in_core; /* vCPUs that share its core, its complex, its package */
	uint32_t in_complex;
	uint32_t in_package;
	uint32_t node;
	uint32_t nodes; /* in its package */
};

static struct place place_of(const struct topology *t, uint32_t vcpu)
{
	const struct topo_cpu *me = &t->cpu[vcpu];
	struct place p = { .apicid = topology_apicid(t, vcpu).id, .node = me->node };
	uint64_t nodes = 0;

	for (enum topo_level l = TOPO_THREAD; l <= TOPO_LEVELS; l++)
		p.shift[l] = topology_shift(t, l);
	for (uint32_t i = 0; i < t->nr_cpus; i++) {
		const struct topo_cpu *c = &t->cpu[i];

		if (c->package != me->package)
			continue;
		p.in_package++;
		nodes |= 1ull << (c->node % TOPO_NODES_MAX);
		if (c->complex != me->complex)
			continue;
		p.in_complex++;
		p.in_core += c->core == me->core;
	}
	p.nodes = (uint32_t)__builtin_popcountll(nodes);
	return p;
}
static_assert(TOPO_NODES_MAX == 64, "a bit for each node");

/* Ids that a field of so many bits holds, at most limit. */
static uint32_t ids(unsigned bits, uint32_t limit)
{
	return bits >= 31 ? limit : min(1u << bits, limit);
}

static void level_write(struct cpuid_set *s, uint32_t function, uint32_t index, uint32_t shift,
	uint32_t cpus, uint32_t type, uint32_t apicid)
{
	struct kvm_cpuid_entry2 *e = set_entry(s, function, index, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);

	e->eax = shift;
	e->ebx = cpus & 0xffff;
	e->ecx = type | index;
	e->edx = apicid;
}

/* Leaves 0xB and 0x1F: EAX the shift to the next level, EBX vCPUs at this one, ECX its type. */
static void levels_write(struct cpuid_set *s, const struct place *p)
{
	uint32_t index = 0;
	bool dies = p->shift[TOPO_COMPLEX] != p->shift[TOPO_PACKAGE];

	set_drop(s, 0xb);
	level_write(s, 0xb, 0, p->shift[TOPO_CORE], p->in_core, LEVEL_SMT, p->apicid);
	level_write(s, 0xb, 1, p->shift[TOPO_PACKAGE], p->in_package, LEVEL_CORE, p->apicid);
	level_write(s, 0xb, 2, 0, 0, 0, p->apicid);
	set_drop(s, 0x80000026u); /* a guest goes back to 0xB */
	set_drop(s, 0x1f);
	if (!set_reaches(s, 0x1f))
		return;
	level_write(s, 0x1f, index++, p->shift[TOPO_CORE], p->in_core, LEVEL_SMT, p->apicid);
	level_write(s, 0x1f, index++, p->shift[TOPO_COMPLEX], p->in_complex, LEVEL_CORE, p->apicid);
	if (dies)
		level_write(s, 0x1f, index++, p->shift[TOPO_PACKAGE], p->in_package, LEVEL_DIE,
			p->apicid);
	level_write(s, 0x1f, index, 0, 0, 0, p->apicid);
}

/* Leaf 1: the 8-bit id, and how many ids (AMD: threads) a package has. */
static void legacy_write(struct cpuid_set *s, const struct place *p)
{
	struct kvm_cpuid_entry2 *e = set_find(s, 1, 0);
	uint32_t count = s->vendor == CPUID_VENDOR_AMD ? min(p->in_package, 255u)
						       : ids(p->shift[TOPO_PACKAGE], 255);

	if (!e)
		return;
	e->ebx = (e->ebx & 0xffff) | count << 16 | p->apicid << 24;
	e->edx = p->in_package > 1 ? e->edx | HTT : e->edx & ~HTT;
}

/* Bits 14 to 25 of EAX, ids that share the cache less one; 26 to 31 (Intel), cores less one. */
static uint32_t sharing(const struct cpuid_set *s, const struct place *p, enum topo_level shared)
{
	unsigned cores = p->shift[TOPO_PACKAGE] - p->shift[TOPO_CORE];
	uint32_t v = (ids(p->shift[shared], 4096) - 1) << 14;

	return s->vendor == CPUID_VENDOR_AMD ? v : v | (ids(cores, 64) - 1) << 26;
}

/* The host's caches: first and second level belong to a core, the last to a complex. */
static void host_caches_share(struct cpuid_set *s, const struct place *p, uint32_t function)
{
	for (uint32_t i = 0; i < s->out->nent; i++) {
		struct kvm_cpuid_entry2 *e = &s->out->entries[i];
		uint32_t level = e->eax >> 5 & 7;

		if (e->function == function && (e->eax & 0x1f))
			e->eax = (e->eax & 0x3fff) |
				 sharing(s, p, level <= 2 ? TOPO_CORE : TOPO_COMPLEX);
	}
}

static void cache_write(struct cpuid_set *s, const struct place *p, uint32_t function,
	uint32_t index, const struct topo_cache *c)
{
	struct kvm_cpuid_entry2 *e = set_entry(s, function, index, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
	uint32_t line = c->line ? c->line : 64;
	uint64_t lines = max(c->size / line, 1ull);
	bool full = !c->ways && lines <= CACHE_WAYS_MAX;
	uint64_t ways = full ? lines : c->ways ? c->ways : CACHE_WAYS_UNKNOWN;
	uint64_t sets;

	ways = min(ways, lines);
	ways = min(ways, (uint64_t)CACHE_WAYS_MAX);
	sets = lines / ways;
	e->eax = c->type | (uint32_t)c->level << 5 | 1u << 8 | (full ? 1u << 9 : 0) |
		 sharing(s, p, c->shared);
	e->ebx = (line - 1) | (uint32_t)(ways - 1) << 22;
	e->ecx = (uint32_t)(sets - 1);
	e->edx = c->inclusive ? 1u << 1 : 0;
}

static void caches_write(struct cpuid_set *s, const struct topology *t, const struct place *p)
{
	uint32_t function = s->vendor == CPUID_VENDOR_AMD ? 0x8000001du : 4;

	if (!set_reaches(s, function))
		return;
	if (!t->nr_caches) {
		host_caches_share(s, p, function);
		return;
	}
	set_drop(s, function);
	for (uint32_t i = 0; i < t->nr_caches; i++)
		cache_write(s, p, function, i, &t->cache[i]);
	set_entry(s, function, t->nr_caches, KVM_CPUID_FLAG_SIGNIFCANT_INDEX); /* type 0: no more */
}

/* AMD APM vol. 3, E.4.7 (0x80000008 ECX) and E.4.17 (0x8000001E). */
static void amd_write(struct cpuid_set *s, const struct place *p)
{
	unsigned cores = p->shift[TOPO_PACKAGE] - p->shift[TOPO_CORE];
	bool extended = set_reaches(s, 0x8000001eu);
	struct kvm_cpuid_entry2 *e = set_find(s, 0x80000001u, 0);

	if (e) {
		e->ecx = p->in_package > 1 ? e->ecx | CMP_LEGACY : e->ecx & ~CMP_LEGACY;
		e->ecx = extended ? e->ecx | TOPOLOGY_EXTENSIONS : e->ecx & ~TOPOLOGY_EXTENSIONS;
	}
	e = set_find(s, 0x80000008u, 0);
	if (e) /* NC, ApicIdSize; PerfTscSize stays */
		e->ecx = (e->ecx & ~0xf0ffu) | min(p->in_package - 1, 255u) |
			 min(p->shift[TOPO_PACKAGE], 15u) << 12;
	if (!extended)
		return;
	e = set_entry(s, 0x8000001eu, 0, 0);
	e->eax = p->apicid;
	e->ebx = (p->apicid >> p->shift[TOPO_CORE] & (ids(cores, 256) - 1)) |
		 (min(p->in_core, 256u) - 1) << 8;
	/* NodeId is the number that the SRAT gives; nodes of a package come in powers of two. */
	e->ecx = (p->node & 0xff) | (ids(bits_for(p->nodes), 8) - 1) << 8;
	e->edx = 0;
}

void cpuid_topology(struct cpuid_set *s, const struct topology *t, uint32_t vcpu)
{
	const struct place p = place_of(t, vcpu);

	legacy_write(s, &p);
	levels_write(s, &p);
	caches_write(s, t, &p);
	if (s->vendor == CPUID_VENDOR_AMD)
		amd_write(s, &p);
}
