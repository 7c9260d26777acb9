/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_topology.c - APIC ids from packages, complexes, cores and threads. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "vmm/topology.h"

static void flat_counts_up(void **state)
{
	struct topology t;

	(void)state;
	assert_int_equal(topology_flat(&t, 0), -EINVAL);
	assert_int_equal(topology_flat(&t, 5), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(topology_apicid(&t, i).id, i);
	assert_int_equal(topology_apicid_max(&t).id, 4);
	assert_int_equal(topology_shift(&t, TOPO_CORE), 0);
	assert_int_equal(topology_shift(&t, TOPO_PACKAGE), 3);
	topology_fini(&t);
}

static void fields_have_gaps(void **state)
{
	/* 2 packages of 3 cores with 2 threads: 1 bit thread, 2 bits core, 1 bit package. */
	struct topo_cpu cpu[12];
	struct topology t = { .nr_cpus = 12, .cpu = cpu, .nr_nodes = 1 };

	(void)state;
	for (uint32_t i = 0; i < 12; i++)
		cpu[i] = (struct topo_cpu){ .package = i / 6, .core = i / 2 % 3, .thread = i % 2 };
	assert_int_equal(topology_shift(&t, TOPO_CORE), 1);
	assert_int_equal(topology_shift(&t, TOPO_COMPLEX), 3);
	assert_int_equal(topology_shift(&t, TOPO_PACKAGE), 3);
	assert_int_equal(topology_shift(&t, TOPO_LEVELS), 4);
	assert_int_equal(topology_apicid(&t, 5).id, 5);
	assert_int_equal(topology_apicid(&t, 6).id, 8);
	assert_int_equal(topology_apicid_max(&t).id, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_counts_up),
		cmocka_unit_test(fields_have_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
