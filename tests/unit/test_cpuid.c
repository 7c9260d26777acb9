/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cpuid.c - recorded supported sets times topologies: a guest that reads the leaves as Linux
 * does finds every vCPU where the topology has it.
 *
 * Run from the repository's root. THOLE_GOLDEN=write renews tests/data/cpuid/NAME.golden.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cpuid.h"

#define DATA	"tests/data/cpuid/"
#define ENTRIES 256u

/* KVM's structure ends in a flexible array; this is one with room. */
union set {
	struct kvm_cpuid2 head;
	uint8_t bytes[sizeof(struct kvm_cpuid2) + ENTRIES * sizeof(struct kvm_cpuid_entry2)];
};

static const char *const machines[] = { "intel-spr-like", "amd-milan-pvm", "amd-epyc-tcg" };

static void set_read(union set *s, const char *name)
{
	char line[256];
	FILE *f;

	memset(s, 0, sizeof(*s));
	snprintf(line, sizeof(line), DATA "%s.txt", name);
	f = fopen(line, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct kvm_cpuid_entry2 *e = &s->head.entries[s->head.nent];

		if (line[0] == '#')
			continue;
		assert_in_range(s->head.nent, 0, ENTRIES - 1);
		assert_int_equal(sscanf(line, "%x %x %x %x %x %x %x", &e->function, &e->index,
					 &e->flags, &e->eax, &e->ebx, &e->ecx, &e->edx),
			7);
		s->head.nent++;
	}
	fclose(f);
	assert_in_range(s->head.nent, 1, ENTRIES);
}

static const struct kvm_cpuid_entry2 *leaf(const union set *s, uint32_t function, uint32_t index)
{
	const struct kvm_cpuid_entry2 *e = cpuid_find(&s->head, function, index);

	if (!e)
		fail_msg("no leaf %x index %x", function, index);
	return e;
}

static bool reaches(const union set *s, uint32_t function)
{
	return leaf(s, function & 0xc0000000u, 0)->eax >= function;
}

static bool is_amd(const union set *s)
{
	return leaf(s, 0, 0)->ebx == 0x68747541; /* "Auth" */
}

/* Packages of complexes of cores of threads; a node for each package. */
static void topology_grid(
	struct topology *t, uint32_t packages, uint32_t complexes, uint32_t cores, uint32_t threads)
{
	uint32_t per_package = complexes * cores * threads;

	assert_int_equal(topology_flat(t, packages * per_package), 0);
	for (uint32_t i = 0; i < t->nr_cpus; i++)
		t->cpu[i] = (struct topo_cpu){
			.package = i / per_package,
			.complex = i / (cores * threads) % complexes,
			.core = i / threads % cores,
			.thread = i % threads,
			.node = i / per_package,
		};
	t->nr_nodes = packages;
}

static const struct {
	uint32_t packages, complexes, cores, threads;
} grids[] = { { 1, 1, 1, 1 }, { 2, 1, 2, 2 }, { 1, 1, 3, 1 }, { 2, 4, 3, 2 }, { 1, 1, 300, 1 },
	{ 3, 1, 50, 2 } };

static struct cpuid_config config(const struct topology *t)
{
	return (struct cpuid_config){ .topology = t, .tsc_khz = 2445424, .tsc_deadline = true };
}

static void build(
	const union set *supported, const struct cpuid_config *cfg, uint32_t vcpu, union set *out)
{
	out->head.nent = CPUID_ROOM(supported->head.nent);
	assert_in_range(out->head.nent, 1, ENTRIES);
	assert_int_equal(cpuid_build(&supported->head, cfg, vcpu, &out->head), 0);
}

/*
 * What Linux 6.12 makes of the leaves (arch/x86/kernel/cpu/topology_ext.c, topology_common.c):
 * shifts from 0x1F or else 0xB, then numbers by shifting the x2APIC id.
 */
struct seen {
	uint32_t apicid;
	unsigned core_shift;
	unsigned die_shift;
	unsigned package_shift;
	uint32_t threads;
	uint32_t cpus;
};

static struct seen linux_sees(const union set *s)
{
	uint32_t function = reaches(s, 0x1f) ? 0x1f : 0xb;
	struct seen v = { 0 };

	for (uint32_t i = 0;; i++) {
		const struct kvm_cpuid_entry2 *e = leaf(s, function, i);
		uint32_t type = e->ecx >> 8 & 0xff;

		assert_int_equal(e->ecx & 0xff, i);
		assert_int_equal(e->flags, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
		if (!type || !e->ebx)
			break;
		if (i)
			assert_int_equal(e->edx, v.apicid);
		v.apicid = e->edx;
		v.package_shift = e->eax;
		v.cpus = e->ebx;
		if (type == 1) {
			v.core_shift = e->eax;
			v.threads = e->ebx;
		} else if (type == 2) {
			v.die_shift = e->eax;
		} else {
			assert_int_equal(type, 5);
		}
	}
	return v;
}

static uint32_t bits(uint32_t v, unsigned from, unsigned to)
{
	return to >= 32 ? v >> from : (v & ((1u << to) - 1)) >> from;
}

static uint32_t cpus_where(const struct topology *t, uint32_t vcpu, enum topo_level within)
{
	const struct topo_cpu *a = &t->cpu[vcpu];
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->nr_cpus; i++) {
		const struct topo_cpu *b = &t->cpu[i];

		n += a->package == b->package &&
		     (within == TOPO_PACKAGE || a->complex == b->complex) &&
		     (within != TOPO_CORE || a->core == b->core);
	}
	return n;
}

static void assert_place(const union set *s, const struct topology *t, uint32_t vcpu)
{
	const struct topo_cpu *c = &t->cpu[vcpu];
	struct seen v = linux_sees(s);

	assert_int_equal(v.apicid, topology_apicid(t, vcpu).id);
	assert_int_equal(bits(v.apicid, v.package_shift, 32), c->package);
	assert_int_equal(bits(v.apicid, 0, v.core_shift), c->thread);
	if (reaches(s, 0x1f)) {
		assert_int_equal(bits(v.apicid, v.die_shift, v.package_shift), c->complex);
		assert_int_equal(bits(v.apicid, v.core_shift, v.die_shift), c->core);
	}
	assert_int_equal(v.threads, cpus_where(t, vcpu, TOPO_CORE));
	assert_int_equal(v.cpus, cpus_where(t, vcpu, TOPO_PACKAGE));
	assert_int_equal(leaf(s, 1, 0)->ebx >> 24, v.apicid & 0xff);
	assert_int_equal(leaf(s, 1, 0)->edx >> 28 & 1, v.cpus > 1);
	assert_true((leaf(s, 1, 0)->ebx >> 16 & 0xff) >= min(v.cpus, 255u));
	assert_int_equal(leaf(s, 0xb, 1)->eax, v.package_shift);
}

/* As a guest does that knows AMD's leaves only (APM vol. 3, E.4.7 and E.4.17). */
static void assert_place_amd(const union set *s, const struct topology *t, uint32_t vcpu)
{
	const struct topo_cpu *c = &t->cpu[vcpu];
	const struct kvm_cpuid_entry2 *size = leaf(s, 0x80000008, 0);
	const struct kvm_cpuid_entry2 *e = leaf(s, 0x8000001e, 0);
	unsigned package_shift = size->ecx >> 12 & 0xf;
	unsigned core_shift = bits_for((e->ebx >> 8 & 0xff) + 1);
	uint32_t cpus = cpus_where(t, vcpu, TOPO_PACKAGE);

	assert_int_equal(e->eax, topology_apicid(t, vcpu).id);
	assert_int_equal(e->eax >> package_shift, c->package);
	assert_int_equal(bits(e->eax, 0, core_shift), c->thread);
	assert_int_equal(e->ebx & 0xff, bits(e->eax, core_shift, package_shift) & 0xff);
	assert_int_equal(e->ecx & 0xff, c->node);
	assert_int_equal(e->ecx >> 8 & 7, 0);
	assert_int_equal(size->ecx & 0xff, min(cpus - 1, 255u));
	assert_int_equal(leaf(s, 0x80000001, 0)->ecx >> 22 & 1, 1);
	assert_int_equal(leaf(s, 0x80000001, 0)->ecx >> 1 & 1, cpus > 1);
}

/* Two vCPUs share a cache if their ids are the same above the cache's field. */
static void assert_caches(const union set *s, const struct topology *t, uint32_t vcpu)
{
	uint32_t function = is_amd(s) ? 0x8000001d : 4;
	const struct topo_cpu *a = &t->cpu[vcpu];
	uint32_t id = topology_apicid(t, vcpu).id;

	for (uint32_t i = 0; leaf(s, function, i)->eax & 0x1f; i++) {
		uint32_t eax = leaf(s, function, i)->eax;
		uint32_t share = (eax >> 14 & 0xfff) + 1;
		bool last = (eax >> 5 & 7) == 3;

		assert_true(is_pow2(share));
		for (uint32_t j = 0; j < t->nr_cpus; j++) {
			const struct topo_cpu *b = &t->cpu[j];
			bool same = a->package == b->package && a->complex == b->complex &&
				    (last || a->core == b->core);

			assert_int_equal(topology_apicid(t, j).id / share == id / share, same);
		}
	}
}

/* Linux before 6.9: ids that share id >> 3 share a last-level cache, and then must be on one node. */
static void assert_complex_zen1(const struct topology *t, uint32_t vcpu)
{
	const struct topo_cpu *a = &t->cpu[vcpu];

	for (uint32_t j = 0; j < t->nr_cpus; j++)
		if (t->cpu[j].package != a->package || t->cpu[j].complex != a->complex)
			assert_int_not_equal(
				topology_apicid(t, j).id >> 3, topology_apicid(t, vcpu).id >> 3);
}

static bool is_zen1(const union set *s)
{
	return is_amd(s) && (leaf(s, 1, 0)->eax & 0x0fff0f00) == 0x00800f00;
}

static void every_cpu_is_where_the_topology_has_it(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++)
		for (size_t g = 0; g < ARRAY_SIZE(grids); g++) {
			union set supported, out;
			struct topology t;
			struct cpuid_config cfg;

			set_read(&supported, machines[m]);
			topology_grid(&t, grids[g].packages, grids[g].complexes, grids[g].cores,
				grids[g].threads);
			t.complex_shift = cpuid_complex_shift(&supported.head);
			cfg = config(&t);
			for (uint32_t i = 0; i < t.nr_cpus; i++) {
				build(&supported, &cfg, i, &out);
				assert_place(&out, &t, i);
				if (is_amd(&out))
					assert_place_amd(&out, &t, i);
				if (t.nr_cpus <= 48)
					assert_caches(&out, &t, i);
				if (is_zen1(&out))
					assert_complex_zen1(&t, i);
			}
			topology_fini(&t);
		}
}

static void only_old_zen_has_room_below_the_complex(void **state)
{
	union set s = { 0 };

	(void)state;
	s.head.nent = 1;
	s.head.entries[0].function = 1;
	s.head.entries[0].eax = 0x00800f12;
	assert_int_equal(cpuid_complex_shift(&s.head), 3); /* Naples */
	s.head.entries[0].eax = 0x00830f10;
	assert_int_equal(cpuid_complex_shift(&s.head), 0); /* Rome */
	s.head.entries[0].eax = 0x00900f22;
	assert_int_equal(cpuid_complex_shift(&s.head), 3); /* Hygon */
	s.head.entries[0].eax = 0x00a10f11;
	assert_int_equal(cpuid_complex_shift(&s.head), 0); /* Genoa */
	s.head.entries[0].eax = 0x000806f8;
	assert_int_equal(cpuid_complex_shift(&s.head), 0); /* Sapphire Rapids */
}

static void nodes_within_a_package_are_counted(void **state)
{
	union set supported, out;
	struct cpuid_config cfg;
	struct topology t;

	(void)state;
	set_read(&supported, "amd-milan-pvm");
	topology_grid(&t, 2, 3, 2, 2);
	cfg = config(&t);
	for (uint32_t i = 0; i < t.nr_cpus; i++)
		t.cpu[i].node = i / 4; /* three nodes a package: told as four */
	t.nr_nodes = 6;
	build(&supported, &cfg, 21, &out);
	assert_int_equal(leaf(&out, 0x8000001e, 0)->ecx, 3u << 8 | 5);
	topology_fini(&t);
}

static void caches_of_the_topology_replace_the_hosts(void **state)
{
	const struct topo_cache caches[] = {
		{ 1, TOPO_CACHE_DATA, KiB(48), 64, 12, TOPO_CORE, false },
		{ 1, TOPO_CACHE_INSTRUCTION, KiB(32), 64, 8, TOPO_CORE, false },
		{ 2, TOPO_CACHE_UNIFIED, MiB(2), 64, 16, TOPO_CORE, false },
		{ 3, TOPO_CACHE_UNIFIED, MiB(36), 64, 0, TOPO_PACKAGE, true },
	};

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		uint32_t function;
		union set supported, out;
		struct cpuid_config cfg;
		struct topology t;

		set_read(&supported, machines[m]);
		function = is_amd(&supported) ? 0x8000001d : 4;
		topology_grid(&t, 1, 2, 3, 2);
		cfg = config(&t);
		t.nr_caches = ARRAY_SIZE(caches);
		memcpy(t.cache, caches, sizeof(caches));
		build(&supported, &cfg, 11, &out);
		for (uint32_t i = 0; i < ARRAY_SIZE(caches); i++) {
			const struct kvm_cpuid_entry2 *e = leaf(&out, function, i);
			uint64_t ways = (e->ebx >> 22) + 1;
			uint64_t line = (e->ebx & 0xfff) + 1;

			assert_int_equal(e->eax & 0x1f, caches[i].type);
			assert_int_equal(e->eax >> 5 & 7, caches[i].level);
			assert_int_equal(ways * line * (e->ecx + 1ull), caches[i].size);
			assert_int_equal((e->eax >> 14 & 0xfff) + 1, i == 3 ? 16 : 2);
			assert_int_equal(e->eax >> 26, is_amd(&out) ? 0 : 7);
			assert_int_equal(e->edx, i == 3 ? 2 : 0);
		}
		assert_int_equal(leaf(&out, function, 4)->eax, 0);
		topology_fini(&t);
	}
}

/* Build with one vCPU and the given switches. */
static void build_one(const char *machine, struct cpuid_config cfg, union set *out)
{
	union set supported;
	struct topology t;

	set_read(&supported, machine);
	topology_grid(&t, 1, 1, 1, 1);
	cfg.topology = &t;
	build(&supported, &cfg, 0, out);
	topology_fini(&t);
}

static void switches_switch(void **state)
{
	const struct cpuid_config off = { .tsc_khz = 0 };
	const struct cpuid_config on = {
		.tsc_khz = 2000000,
		.tsc_deadline = true,
		.pmu = true,
		.nested = true,
		.pv_unhalt = true,
		.dedicated = true,
		.msi_ext_dest = true,
		.monitor = true,
		.monitor_leaf = { 0x40, 0x40, 3, 0x2020 },
		.aperf = true,
	};
	union set s;

	(void)state;
	build_one("intel-spr-like", off, &s);
	assert_int_equal(leaf(&s, 1, 0)->ecx & (1u << 2 | 1u << 3 | 1u << 5 | 1u << 15), 0);
	assert_int_equal(leaf(&s, 1, 0)->ecx >> 24 & 1, 0);
	assert_int_equal(leaf(&s, 1, 0)->ecx >> 21 & 1, 1); /* x2APIC, whatever is asked */
	assert_int_equal(leaf(&s, 1, 0)->ecx >> 31, 1);
	assert_int_equal(leaf(&s, 5, 0)->ecx, 0);
	assert_int_equal(leaf(&s, 6, 0)->eax, 4);
	assert_int_equal(leaf(&s, 6, 0)->ecx, 0);
	assert_int_equal(leaf(&s, 0xa, 0)->eax, 0);
	assert_int_equal(leaf(&s, 0x15, 0)->eax, 0);
	assert_int_equal(leaf(&s, 0x16, 0)->eax, 0);
	assert_int_equal(leaf(&s, KVM_CPUID_SIGNATURE, 0)->eax, KVM_CPUID_FEATURES);
	assert_int_equal(leaf(&s, KVM_CPUID_SIGNATURE, 0)->ebx, 0x4b4d564b);
	assert_int_equal(leaf(&s, KVM_CPUID_FEATURES, 0)->eax, 0x01007efb & ~0x4490u);
	assert_int_equal(leaf(&s, KVM_CPUID_FEATURES, 0)->edx, 0);

	build_one("intel-spr-like", on, &s);
	assert_int_equal(leaf(&s, 6, 0)->ecx, 1);
	assert_int_equal(leaf(&s, 1, 0)->ecx & 0x01008028, 0x01008028);
	assert_int_equal(leaf(&s, 5, 0)->edx, 0x2020);
	assert_int_equal(leaf(&s, 0xa, 0)->eax, 0x07300802);
	assert_int_equal(leaf(&s, KVM_CPUID_SIGNATURE, 0)->eax, 0x40000010);
	assert_int_equal(leaf(&s, 0x40000010, 0)->eax, 2000000);
	assert_int_equal(leaf(&s, 0x40000010, 0)->ebx, 1000000);
	assert_int_equal(leaf(&s, KVM_CPUID_FEATURES, 0)->eax, (0x01007efb & ~0x4410u) | 0x8000);
	assert_int_equal(leaf(&s, KVM_CPUID_FEATURES, 0)->edx, 1);

	build_one("amd-epyc-tcg", off, &s);
	assert_int_equal(leaf(&s, 0x80000001, 0)->ecx >> 2 & 1, 0); /* SVM */
	assert_int_equal(leaf(&s, 0x8000000a, 0)->eax, 0);
	build_one("amd-epyc-tcg", on, &s);
	assert_int_equal(leaf(&s, 0x80000001, 0)->ecx >> 2 & 1, 1);
	assert_int_equal(leaf(&s, 0x8000000a, 0)->eax, 1);
}

static void entries_are_sorted_and_single(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		union set s;

		build_one(machines[m], (struct cpuid_config){ .tsc_khz = 1 }, &s);
		for (uint32_t i = 1; i < s.head.nent; i++) {
			const struct kvm_cpuid_entry2 *a = &s.head.entries[i - 1];
			const struct kvm_cpuid_entry2 *b = &s.head.entries[i];

			assert_true(a->function < b->function ||
				    (a->function == b->function && a->index < b->index));
		}
	}
}

static void address_width_is_what_kvm_maps(void **state)
{
	union set s;

	(void)state;
	set_read(&s, "intel-spr-like");
	assert_int_equal(cpuid_phys_bits(&s.head), 52);
	set_read(&s, "amd-epyc-tcg");
	assert_int_equal(cpuid_phys_bits(&s.head), 40);
	s.head.nent = 1;
	assert_int_equal(cpuid_phys_bits(&s.head), 36);
}

static void too_little_room_is_refused(void **state)
{
	union set supported, out;
	struct cpuid_config cfg;
	struct topology t;

	(void)state;
	set_read(&supported, "intel-spr-like");
	topology_grid(&t, 1, 1, 2, 1);
	cfg = config(&t);
	for (uint32_t room = 0; room <= supported.head.nent; room++) {
		out.head.nent = room;
		assert_int_equal(cpuid_build(&supported.head, &cfg, 0, &out.head), -E2BIG);
	}
	out.head.nent = ENTRIES;
	assert_int_equal(cpuid_build(&supported.head, &cfg, 2, &out.head), -EINVAL);
	out.head.nent = ENTRIES;
	supported.head.nent = 0; /* a KVM that supports nothing still gets a topology */
	assert_int_equal(cpuid_build(&supported.head, &cfg, 1, &out.head), 0);
	assert_int_equal(leaf(&out, 0xb, 0)->edx, 1);
	topology_fini(&t);
}

/* The whole answer, line by line, for a look at what a change changes. */
static void golden(const char *machine, uint32_t grid, uint32_t vcpu)
{
	char path[256], want[160], got[160];
	const char *renew = getenv("THOLE_GOLDEN");
	union set supported, out;
	struct cpuid_config cfg;
	struct topology t;
	FILE *f;

	set_read(&supported, machine);
	topology_grid(&t, grids[grid].packages, grids[grid].complexes, grids[grid].cores,
		grids[grid].threads);
	cfg = config(&t);
	build(&supported, &cfg, vcpu, &out);
	topology_fini(&t);
	snprintf(path, sizeof(path), DATA "%s-%ux%ux%ux%u-vcpu%u.golden", machine,
		grids[grid].packages, grids[grid].complexes, grids[grid].cores, grids[grid].threads,
		vcpu);
	f = fopen(path, renew && !strcmp(renew, "write") ? "w+" : "r");
	assert_non_null(f);
	for (uint32_t i = 0; i < out.head.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &out.head.entries[i];

		snprintf(got, sizeof(got), "%08x %02x %x %08x %08x %08x %08x\n", e->function,
			e->index, e->flags, e->eax, e->ebx, e->ecx, e->edx);
		if (renew && !strcmp(renew, "write")) {
			fputs(got, f);
			continue;
		}
		assert_non_null(fgets(want, sizeof(want), f));
		assert_string_equal(got, want);
	}
	assert_null(fgets(want, sizeof(want), f));
	fclose(f);
}

static void answers_are_the_golden_ones(void **state)
{
	(void)state;
	golden("intel-spr-like", 3, 37);
	golden("amd-epyc-tcg", 3, 37);
	golden("amd-milan-pvm", 0, 0);
}

static void processor_has_the_name_that_is_given(void **state)
{
	static const char name[48] = "Ten Thousand Oars at 3 GHz";
	union set supported, out;
	struct topology t;
	struct cpuid_config cfg;

	(void)state;
	set_read(&supported, "amd-epyc-tcg");
	assert_int_equal(topology_flat(&t, 1), 0);
	cfg = config(&t);
	memcpy(cfg.brand, name, sizeof(name));
	build(&supported, &cfg, 0, &out);
	for (uint32_t i = 0; i < 3; i++)
		assert_memory_equal(&leaf(&out, 0x80000002u + i, 0)->eax, name + 16 * i, 16);
	topology_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processor_has_the_name_that_is_given),
		cmocka_unit_test(every_cpu_is_where_the_topology_has_it),
		cmocka_unit_test(only_old_zen_has_room_below_the_complex),
		cmocka_unit_test(nodes_within_a_package_are_counted),
		cmocka_unit_test(caches_of_the_topology_replace_the_hosts),
		cmocka_unit_test(switches_switch),
		cmocka_unit_test(entries_are_sorted_and_single),
		cmocka_unit_test(address_width_is_what_kvm_maps),
		cmocka_unit_test(too_little_room_is_refused),
		cmocka_unit_test(answers_are_the_golden_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
