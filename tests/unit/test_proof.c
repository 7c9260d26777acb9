/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_proof.c - what the kernel says of pages, and which of it is not as planned. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/proof.h"
#include "vmm/pre_fault.h"

struct texts {
	char deviation[1024];
	char unknown[1024];
};

static void deviation(void *ctx, const char *text)
{
	struct texts *t = ctx;

	strncat(t->deviation, text, sizeof(t->deviation) - strlen(t->deviation) - 2);
	strcat(t->deviation, ";");
}

static void unknown(void *ctx, const char *text)
{
	struct texts *t = ctx;

	strncat(t->unknown, text, sizeof(t->unknown) - strlen(t->unknown) - 2);
	strcat(t->unknown, ";");
}

static struct texts judge(struct proof_region *r, bool filled)
{
	struct proof p = { 1, r };
	struct texts t = { "", "" };
	const struct proof_listener to = { deviation, unknown, &t };

	proof_judge(&p, filled, &to);
	return t;
}

static void smaps_of_our_ranges_are_read(void **state)
{
	static const char *const text[] = {
		"7f0000000000-7f0000200000 rw-s 00000000 00:01 12 /memfd:thole-ram0 (deleted)\n",
		"Size:               2048 kB\n", "KernelPageSize:        4 kB\n", "MMUPageSize:           4 kB\n",
		"ShmemPmdMapped:     2048 kB\n", "FilePmdMapped:         0 kB\n",
		"7f0000200000-7f0000300000 rw-s 00000000 00:01 12 /memfd:thole-ram0 (deleted)\n",
		"KernelPageSize:        4 kB\n", "ShmemPmdMapped:        0 kB\n",
		"AnonHugePages:         0 kB\n",
		"7f2000000000-7f2000400000 rw-p 00000000 00:00 0\n", "KernelPageSize:        4 kB\n",
		"AnonHugePages:      4096 kB\n", "ShmemPmdMapped:        0 kB\n",
		"7f4000000000-7f4040000000 rw-s 00000000 00:0f 13 /anon_hugepage (deleted)\n",
		"KernelPageSize:  1048576 kB\n", "VmFlags: rd wr sh mr mw me ms de ht dd sd\n",
		"7ffe00000000-7ffe00001000 rw-p 00000000 00:00 0 [stack]\n", "KernelPageSize:        8 kB\n",
	};
	struct smaps_range range[] = {
		{ .base = 0x7f0000000000, .size = MiB(3) },
		{ .base = 0x7f4000000000, .size = GiB(1) },
		{ .base = 0x7f8000000000, .size = GiB(1) },
		{ .base = 0x7f2000000000, .size = MiB(4) },
	};
	struct smaps s = { .range = range, .nr = 4 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		smaps_line(&s, text[i]);
	assert_int_equal(range[0].kernel_page, KiB(4));
	assert_int_equal(range[0].joined, MiB(2));
	assert_int_equal(range[1].kernel_page, GiB(1));
	assert_int_equal(range[1].joined, 0);
	assert_int_equal(range[2].kernel_page, 0);
	assert_int_equal(range[3].joined, MiB(4));
	smaps_line(&s, "");
	smaps_line(&s, "no colon");
	smaps_line(&s, "KernelPageSize");
}

static void pages_are_counted_and_judged(void **state)
{
	const int status[] = { 0, 0, 1, -ENOENT, -EFAULT, -EACCES, 0 };
	struct proof_region r = {
		.guest_node = 3, .node = { 0 }, .page_size = MiB(2), .kernel_page = MiB(2), .nodes_known = true,
		.on_node = calloc(PROOF_NODES, sizeof(uint64_t)),
	};
	struct texts t;

	(void)state;
	proof_count(&r, status, ARRAY_SIZE(status));
	assert_int_equal(r.pages, 7);
	assert_int_equal(r.on_node[0], 3);
	assert_int_equal(r.on_node[1], 1);
	assert_int_equal(r.absent, 2);
	assert_int_equal(r.failed, 1);
	t = judge(&r, true);
	assert_string_equal(t.deviation, "guest node 3: 1 pages are on node 1, not 0;"
		"guest node 3: 2 of 7 pages are not in memory;");
	assert_string_equal(t.unknown, "guest node 3: the node of 1 pages;");
	t = judge(&r, false);
	assert_string_equal(t.deviation, "guest node 3: 1 pages are on node 1, not 0;");
	r.node.os = 1;
	r.on_node[0] = r.failed = r.absent = 0;
	t = judge(&r, true);
	assert_string_equal(t.deviation, "");
	assert_string_equal(t.unknown, "");
	free(r.on_node);
}

static void what_is_not_told_is_not_assumed(void **state)
{
	struct proof_region r = {
		.node = { 0 }, .page_size = KiB(4), .on_node = calloc(PROOF_NODES, sizeof(uint64_t)),
	};
	struct texts t = judge(&r, true);

	(void)state;
	assert_string_equal(t.deviation, "");
	assert_string_equal(t.unknown, "guest node 0: the nodes of its pages;guest node 0: the size of its pages;");
	r.kernel_page = MiB(2);
	t = judge(&r, true);
	assert_string_equal(t.deviation, "guest node 0: pages are of 2048 KiB, not 4;");
	free(r.on_node);
}

static void memory_is_proved(bool shared)
{
	const uint64_t bytes[] = { MiB(64) };
	hnode_t node_host[] = { { 0 } };
	struct plan plan = { .node_host = node_host };
	struct ram_layout l;
	struct proof p;
	struct mem m;

	assert_int_equal(ram_layout_make(&l, bytes, 1, KiB(64), 46), 0);
	assert_int_equal(mem_map(&m, &l, NULL, shared), 0);
	*(char *)mem_at(&m, MiB(5), 1) = 1;
	assert_int_equal(proof_take(&p, &m, &plan), 0);
	assert_int_equal(p.nr, 1);
	if (p.region[0].nodes_known) {
		assert_int_equal(p.region[0].pages, MiB(64) / KiB(4));
		assert_true(p.region[0].absent < p.region[0].pages);
	}
	assert_int_equal(p.region[0].kernel_page, KiB(4));
	proof_fini(&p);
	mem_fini(&m);
}

static void own_memory_is_proved(void **state)
{
	(void)state;
	memory_is_proved(true);
	memory_is_proved(false);
}

static void parts_make_up_the_whole(void **state)
{
	const struct range all = { GiB(4), MiB(7) };
	uint64_t at = all.base;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		struct range r = pre_fault_part(all, MiB(2), i, 5);

		assert_int_equal(r.base, at);
		at += r.size;
	}
	assert_int_equal(at, all.base + all.size);
	assert_int_equal(pre_fault_part(all, GiB(1), 0, 2).size + pre_fault_part(all, GiB(1), 1, 2).size, MiB(7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smaps_of_our_ranges_are_read),
		cmocka_unit_test(pages_are_counted_and_judged),
		cmocka_unit_test(what_is_not_told_is_not_assumed),
		cmocka_unit_test(own_memory_is_proved),
		cmocka_unit_test(parts_make_up_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
