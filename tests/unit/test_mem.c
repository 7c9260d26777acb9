/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_mem.c - RAM is where the layout says, congruent modulo 1 GiB, and shared through its files or private. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/mem.h"

static void window_is_congruent_and_bounded(void **state)
{
	const uint64_t bytes[] = { GiB(4), MiB(64) };
	struct ram_layout l;
	struct mem m;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 2, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, NULL, true), 0);
	assert_int_equal((uintptr_t)m.window % GiB(1), 0);
	assert_ptr_equal(mem_at(&m, 0, 1), m.window);
	assert_ptr_equal(mem_at(&m, GiB(4), 8), m.window + GiB(4));
	assert_null(mem_at(&m, GiB(3), 1));
	assert_null(mem_at(&m, GiB(3) - 4, 8));
	assert_non_null(mem_at(&m, GiB(5) + MiB(64) - 8, 8));
	assert_null(mem_at(&m, GiB(5) + MiB(64) - 8, 9));
	assert_null(mem_at(&m, UINT64_MAX - 3, 8));
	mem_fini(&m);
}

static void each_node_is_one_file(void **state)
{
	const uint64_t bytes[] = { GiB(4), MiB(64) };
	struct ram_layout l;
	struct mem m;
	uint32_t seen = 0;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 2, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, NULL, true), 0);
	assert_int_equal(m.nr_nodes, 2);
	assert_int_equal(m.nr_regions, 3);
	assert_int_equal(m.region[1].fd_offset, GiB(3));
	assert_int_equal(m.region[2].fd_offset, 0);
	*(uint32_t *)mem_at(&m, GiB(4) + 16, 4) = 0x1234abcd;
	assert_int_equal(pread(m.node[0].fd, &seen, 4, (off_t)(GiB(3) + 16)), 4);
	assert_int_equal(seen, 0x1234abcd);
	assert_int_equal(*(uint32_t *)mem_at(&m, 64, 4), 0);
	mem_fini(&m);
}

/* Not shared: no file, zero, and not there in a child, which would take pages away from KVM. */
static void private_memory_has_no_file(void **state)
{
	const uint64_t bytes[] = { MiB(64), MiB(64) };
	const uint64_t pages[TOPO_NODES_MAX] = { KiB(4), KiB(4) };
	struct ram_layout l;
	struct mem m;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 2, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, pages, false), 0);
	assert_int_equal(m.node[0].fd, -1);
	assert_int_equal(m.node[1].fd, -1);
	assert_int_equal(*(uint32_t *)mem_at(&m, MiB(100), 4), 0);
	*(uint32_t *)mem_at(&m, MiB(100), 4) = 0x1234abcd;
	child = fork();
	if (child == 0) {
		unsigned char there;

		_exit(mincore(mem_at(&m, MiB(100), 4), KiB(4), &there) < 0 && errno == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	mem_fini(&m);
}

/* Where one node's memory ends and the next one's starts there is no gap. */
static void what_two_nodes_share_is_one_piece(void **state)
{
	const uint64_t bytes[] = { MiB(64), KiB(8), MiB(2) };
	struct ram_layout l;
	struct mem m;
	uint8_t *p;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 3, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, NULL, true), 0);
	p = mem_at(&m, MiB(64) - 4, KiB(8) + 8);
	assert_ptr_equal(p, m.window + MiB(64) - 4);
	p[KiB(8) + 7] = 1;
	assert_non_null(mem_at(&m, 0, l.total));
	assert_null(mem_at(&m, 0, l.total + 1));
	assert_null(mem_at(&m, 1, UINT64_MAX));
	mem_fini(&m);
}

static void unknown_page_size_is_refused(void **state)
{
	const uint64_t bytes[] = { MiB(64) };
	const uint64_t pages[] = { KiB(64) };
	struct ram_layout l;
	struct mem m;

	(void)state;
	assert_int_equal(ram_layout_make(&l, bytes, 1, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, pages, true), -EINVAL);
	assert_null(m.window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_is_congruent_and_bounded),
		cmocka_unit_test(each_node_is_one_file),
		cmocka_unit_test(private_memory_has_no_file),
		cmocka_unit_test(what_two_nodes_share_is_one_piece),
		cmocka_unit_test(unknown_page_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
