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

static void complexes_begin_above_what_is_asked_for(void **state)
{
	/* 2 packages of 2 complexes of 2 cores */
	struct topo_cpu cpu[8];
	struct topology t = { .nr_cpus = 8, .cpu = cpu, .nr_nodes = 1, .complex_shift = 3 };

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		cpu[i] = (struct topo_cpu){ .package = i / 4, .complex = i / 2 % 2, .core = i % 2 };
	assert_int_equal(topology_shift(&t, TOPO_CORE), 0);
	assert_int_equal(topology_shift(&t, TOPO_COMPLEX), 3);
	assert_int_equal(topology_shift(&t, TOPO_PACKAGE), 4);
	assert_int_equal(topology_apicid(&t, 3).id, 9);
	assert_int_equal(topology_apicid_max(&t).id, 25);
	for (uint32_t i = 0; i < 8; i++) {
		cpu[i].thread = i % 2;
		cpu[i].core = i % 4 + 5;
	}
	assert_int_equal(topology_shift(&t, TOPO_CORE), 1);
	assert_int_equal(topology_shift(&t, TOPO_COMPLEX), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_counts_up),
		cmocka_unit_test(fields_have_gaps),
		cmocka_unit_test(complexes_begin_above_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
