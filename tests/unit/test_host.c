/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host.c - machines from descriptions, from hwloc and from /sys. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "numa/host.h"
#include "numa/host_hwloc.h"
#include "numa/host_sysfs.h"

static void described_machine_is_in_order(void **state)
{
	struct host h;

	(void)state;
	/* Siblings far apart in the kernel's numbers, as on Intel: core 0 has CPUs 0 and 8. */
	assert_int_equal(host_load_described(&h, "package:2 [numa(memory=4GB)] l3:1 core:4 "
		"pu:2(indexes=2*8:8*1)"), 0);
	assert_int_equal(h.nr_pus, 16);
	assert_int_equal(h.nr_cores, 8);
	assert_int_equal(h.nr_complexes, 2);
	assert_int_equal(h.nr_packages, 2);
	assert_int_equal(h.nr_nodes, 2);
	assert_false(h.distances_known);
	assert_int_equal(host_distance(&h, 0, 0), 10);
	assert_int_equal(host_distance(&h, 0, 1), 20);
	assert_int_equal(h.pu[0].id.os, 0);
	assert_int_equal(h.pu[1].id.os, 8);
	assert_int_equal(h.pu[1].core, 0);
	assert_int_equal(h.pu[15].core, 7);
	assert_int_equal(h.pu[15].package, 1);
	assert_int_equal(h.node[1].pool[HOST_PAGE_1G].free, HOST_PLENTY);
	assert_ptr_equal(host_find_pu(&h, (hcpu_t){ 8 }), &h.pu[1]);
	assert_null(host_find_pu(&h, (hcpu_t){ 16 }));
	assert_null(host_find_node(&h, (hnode_t){ -1 }));
	host_fini(&h);
}

static void memory_that_nobody_gave_is_not_known(void **state)
{
	struct host h;

	(void)state;
	assert_int_equal(host_load_described(&h, "package:2 core:2 pu:1"), 0);
	assert_int_equal(h.node[0].total, HOST_PLENTY);
	host_fini(&h);
}

static void nonsense_is_refused(void **state)
{
	struct host h;

	(void)state;
	assert_int_equal(host_load_described(&h, "no such thing"), -EINVAL);
	assert_int_equal(host_load_described(&h, "/no/such/file.xml"), -ENOENT);
	assert_int_equal(host_load_described(&h, "Makefile"), -EINVAL);
}

static void pages_are_set_by_node(void **state)
{
	static const char *const bad[] = { "", "0", "0:", "0:1G", "0:1G=", "0:1G=x", "0:4K=1",
		"7:1G=1", "0:1G=1,", "0:1G=1;", "99999999999:1G=1", "0:1G=99999999999999999999" };
	struct host h;
	char why[128];

	(void)state;
	assert_int_equal(host_load_described(&h, "package:2 [numa] core:2 pu:1"), 0);
	assert_int_equal(host_set_pages(&h, "0:1G=4,2M=512", why, sizeof(why)), 0);
	assert_int_equal(h.node[0].pool[HOST_PAGE_1G].free, 4);
	assert_int_equal(h.node[0].pool[HOST_PAGE_2M].total, 512);
	assert_int_equal(h.node[1].pool[HOST_PAGE_2M].total, HOST_PLENTY);
	assert_int_equal(host_set_pages(&h, "1:2M=7;0:1G=1", why, sizeof(why)), 0);
	assert_int_equal(h.node[0].pool[HOST_PAGE_2M].free, 0);
	assert_int_equal(h.node[1].pool[HOST_PAGE_2M].free, 7);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(host_set_pages(&h, bad[i], why, sizeof(why)), -EINVAL);
	host_fini(&h);
}

/* The fast path promises to be exact. */
static void sysfs_and_hwloc_agree_on_this_machine(void **state)
{
	struct host a, b;

	(void)state;
	if (host_load_sysfs(&a, "") != 0)
		skip();
	assert_int_equal(host_load_hwloc(&b), 0);
	assert_int_equal(a.nr_pus, b.nr_pus);
	assert_int_equal(a.nr_cores, b.nr_cores);
	assert_int_equal(a.nr_complexes, b.nr_complexes);
	assert_int_equal(a.nr_packages, b.nr_packages);
	assert_int_equal(a.nr_nodes, b.nr_nodes);
	assert_int_equal(a.nr_caches, b.nr_caches);
	for (uint32_t i = 0; i < a.nr_pus; i++) {
		assert_int_equal(a.pu[i].id.os, b.pu[i].id.os);
		assert_int_equal(a.pu[i].core, b.pu[i].core);
		assert_int_equal(a.pu[i].complex, b.pu[i].complex);
		assert_int_equal(a.pu[i].package, b.pu[i].package);
		assert_int_equal(a.pu[i].node, b.pu[i].node);
	}
	for (uint32_t i = 0; i < a.nr_nodes; i++) {
		assert_int_equal(a.node[i].id.os, b.node[i].id.os);
		assert_int_equal(a.node[i].has_cpus, b.node[i].has_cpus);
	}
	assert_memory_equal(a.distance, b.distance, a.nr_nodes * a.nr_nodes);
	for (uint32_t i = 0; i < a.nr_caches; i++) {
		assert_int_equal(a.cache[i].level, b.cache[i].level);
		assert_int_equal(a.cache[i].type, b.cache[i].type);
		assert_int_equal(a.cache[i].size, b.cache[i].size);
		assert_int_equal(a.cache[i].shared, b.cache[i].shared);
	}
	host_fini(&a);
	host_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described_machine_is_in_order),
		cmocka_unit_test(memory_that_nobody_gave_is_not_known),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(pages_are_set_by_node),
		cmocka_unit_test(sysfs_and_hwloc_agree_on_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
