/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_speed.c - what a recorded machine says of its memory's speed, and what a guest is told. */
#include "tests/unit/unit.h"

#include "numa/speed.h"

#define TREE "tests/data/hmat/two-nodes" /* a two-node machine, and a node of memory beside it */

static void known_pairs_are_told_and_no_others(void **state)
{
	hnode_t node_host[] = { { 1 }, { 0 }, { 2 } };
	struct plan p = { .guest = { .nr_nodes = 3 }, .node_host = node_host };
	struct acpi_hmat h;
	struct speed s;

	(void)state;
	assert_int_equal(speed_load(&s, TREE, &p), 0);
	assert_int_equal(s.nr, 3);
	assert_true(speed_hmat(&s, &p, &h));
	assert_int_equal(h.read_latency_ps[0 * 3 + 0], 90000);
	assert_int_equal(h.read_bandwidth_mbs[1 * 3 + 1], 102400);
	assert_int_equal(h.read_latency_ps[0 * 3 + 1], 0); /* a remote pair */
	assert_int_equal(h.read_latency_ps[1 * 3 + 2], 250000); /* host 0 to its memory node */
	assert_int_equal(h.write_latency_ps[1 * 3 + 2], 300000);
	assert_int_equal(h.read_bandwidth_mbs[1 * 3 + 2], 20000);
	assert_int_equal(h.write_bandwidth_mbs[1 * 3 + 2], 0); /* no such file */
	assert_int_equal(h.read_latency_ps[0 * 3 + 2], 0);
	hmat_fini(&h);
	speed_fini(&s);
}

static void two_guest_nodes_on_one(void **state)
{
	hnode_t node_host[] = { { 0 }, { 0 } };
	struct plan p = { .guest = { .nr_nodes = 2 }, .node_host = node_host };
	struct acpi_hmat h;
	struct speed s;

	(void)state;
	assert_int_equal(speed_load(&s, TREE, &p), 0);
	assert_int_equal(s.nr, 1);
	assert_true(speed_hmat(&s, &p, &h));
	for (int i = 0; i < 4; i++)
		assert_int_equal(h.write_latency_ps[i], 90000);
	hmat_fini(&h);
	speed_fini(&s);
}

static void silent_machine_makes_no_table(void **state)
{
	hnode_t node_host[] = { { 0 }, { 7 } };
	struct plan p = { .guest = { .nr_nodes = 2 }, .node_host = node_host };
	struct acpi_hmat h;
	struct speed s;

	(void)state;
	assert_int_equal(speed_load(&s, "tests/data/no-such-tree", &p), 0);
	assert_false(speed_hmat(&s, &p, &h));
	assert_null(h.read_latency_ps);
	hmat_fini(&h);
	speed_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_pairs_are_told_and_no_others),
		cmocka_unit_test(two_guest_nodes_on_one),
		cmocka_unit_test(silent_machine_makes_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
