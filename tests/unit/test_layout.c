/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_layout.c - RAM goes around the hole, node by node, and nothing overlaps. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "vmm/layout.h"

static void assert_range(struct range r, gpa_t base, uint64_t size)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.size, size);
}

static void small_machine_is_one_range(void **state)
{
	const uint64_t bytes[] = { MiB(512) };
	struct ram_layout l;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 1, KiB(64), 40), 0);
	assert_int_equal(l.nr, 1);
	assert_range(l.ram[0].gpa, 0, MiB(512));
	assert_range(l.acpi, MiB(512) - KiB(64), KiB(64));
	assert_range(l.mmio64, GiB(4), GiB(64));
	assert_int_equal(ram_layout_low_end(&l), MiB(512) - KiB(64));
}

static void hole_splits_a_node(void **state)
{
	const uint64_t bytes[] = { GiB(4), GiB(2) };
	struct ram_layout l;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 2, KiB(64), 48), 0);
	assert_int_equal(l.nr, 3);
	assert_range(l.ram[0].gpa, 0, GiB(3));
	assert_range(l.ram[1].gpa, GiB(4), GiB(1));
	assert_range(l.ram[2].gpa, GiB(5), GiB(2));
	assert_int_equal(l.ram[1].node, 0);
	assert_int_equal(l.ram[2].node, 1);
	assert_int_equal(l.total, GiB(6));
	assert_int_equal(ram_layout_end(&l), GiB(7));
	assert_range(l.mmio64, GiB(7), GiB(64));
	assert_true(ram_layout_holds(&l, GiB(3) - 1, 1));
	assert_false(ram_layout_holds(&l, GiB(3) - 1, 2));
	assert_false(ram_layout_holds(&l, GiB(4), UINT64_MAX));
}

static void node_that_ends_at_the_hole_leaves_the_next_above(void **state)
{
	const uint64_t bytes[] = { GiB(3), 0, GiB(1) };
	struct ram_layout l;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 3, KiB(64), 48), 0);
	assert_int_equal(l.nr, 2);
	assert_range(l.ram[1].gpa, GiB(4), GiB(1));
	assert_int_equal(l.ram[1].node, 2);
}

static void impossible_is_refused(void **state)
{
	const uint64_t none[] = { 0 };
	const uint64_t odd[] = { 4097 };
	const uint64_t tiny[] = { MiB(1) };
	const uint64_t huge[] = { UINT64_MAX & ~0xfffull, GiB(1) };
	const uint64_t wide[] = { TiB(1) };
	struct ram_layout l;

	(void)state;
	assert_int_equal(ram_layout_make(&l, none, 1, 0, 48), -EINVAL);
	assert_int_equal(ram_layout_make(&l, none, 0, 0, 48), -EINVAL);
	assert_int_equal(ram_layout_make(&l, odd, 1, 0, 48), -EINVAL);
	assert_int_equal(ram_layout_make(&l, tiny, 1, KiB(64), 48), -ENOSPC);
	assert_int_equal(ram_layout_make(&l, huge, 2, KiB(64), 48), -ENOSPC);
	assert_int_equal(ram_layout_make(&l, wide, 1, KiB(64), 40), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_machine_is_one_range),
		cmocka_unit_test(hole_splits_a_node),
		cmocka_unit_test(node_that_ends_at_the_hole_leaves_the_next_above),
		cmocka_unit_test(impossible_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
