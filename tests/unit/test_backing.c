/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_backing.c - how memory is cut up to be filled, by whom, and that it then is there. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "numa/backing.h"
#include "numa/prefault.h"

static void chunks_cover_a_node_once(void **state)
{
	const struct prefault_range range[] = {
		{ .size = MiB(70), .page_size = MiB(2), .node = { 0 } },
		{ .size = GiB(3), .page_size = GiB(1), .node = { 4 } },
		{ .size = MiB(32), .page_size = KiB(4), .node = { 0 } },
	};
	uint64_t sum[3] = { 0 };
	struct prefault_chunk c;
	uint64_t i;

	(void)state;
	for (i = 0; prefault_chunk(range, 3, (hnode_t){ 0 }, i, &c); i++) {
		assert_int_equal(c.offset, sum[c.range]);
		sum[c.range] += c.size;
	}
	assert_int_equal(i, 4);
	for (i = 0; prefault_chunk(range, 3, (hnode_t){ 4 }, i, &c); i++) {
		assert_int_equal(c.size, GiB(1));
		sum[c.range] += c.size;
	}
	assert_int_equal(i, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(sum[i], range[i].size);
	assert_false(prefault_chunk(range, 3, (hnode_t){ 1 }, 0, &c));
}

static void one_cpu_a_core_of_the_node(void **state)
{
	struct cpulist only = { 0 }, cpus;
	struct host h;

	(void)state;
	/* CPUs 0 to 3 on node 0: cores {0,4} {1,5} {2,6} {3,7}; node 1 has 8 to 15 */
	assert_int_equal(host_load_described(&h, "package:2 [numa(memory=4GB)] core:4 pu:2(indexes=2*8:8*1)"), 0);
	assert_int_equal(prefault_cpus(&h, &only, (hnode_t){ 1 }, &cpus), 0);
	assert_int_equal(cpus.nr, 4);
	cpulist_fini(&cpus);
	/* Of those that are wanted only. */
	assert_int_equal(cpulist_parse(&only, "0,1,9", NULL, NULL), 0);
	assert_int_equal(prefault_cpus(&h, &only, (hnode_t){ 0 }, &cpus), 0);
	assert_int_equal(cpus.nr, 2);
	cpulist_fini(&cpus);
	/* None there: the nearest node's. */
	cpulist_fini(&only);
	assert_int_equal(cpulist_parse(&only, "0", NULL, NULL), 0);
	assert_int_equal(prefault_cpus(&h, &only, (hnode_t){ 1 }, &cpus), 0);
	assert_int_equal(cpus.nr, 1);
	assert_int_equal(cpus.cpu[0].os, 0);
	cpulist_fini(&cpus);
	assert_int_equal(prefault_cpus(&h, &only, (hnode_t){ 7 }, &cpus), -ENOENT);
	cpulist_fini(&only);
	host_fini(&h);
}

static void filled_pages_are_there(void **state)
{
	struct cpulist none = { 0 };
	struct prefault_workers workers = { .node = { 0 } };
	struct prefault_range range = { .size = MiB(65), .page_size = KiB(4), .node = { 0 } };
	struct prefault_job job = { &range, 1, &workers, 1, NULL, NULL };
	struct prefault_result result;
	unsigned char *there = calloc(MiB(65) / KiB(4), 1);
	struct host h;

	(void)state;
	if (host_load(&h) != 0)
		skip();
	workers.node = range.node = h.node[0].id;
	assert_int_equal(prefault_cpus(&h, &none, h.node[0].id, &workers.cpus), 0);
	range.fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(range.fd, (off_t)range.size), 0);
	range.addr = mmap(NULL, range.size, PROT_READ | PROT_WRITE, MAP_SHARED, range.fd, 0);
	assert_ptr_not_equal(range.addr, MAP_FAILED);
	assert_int_equal(prefault_run(&job, &result), 0);
	assert_int_equal(result.bytes, range.size);
	assert_in_range(result.threads, 1, 3);
	assert_int_equal(mincore(range.addr, range.size, there), 0);
	for (size_t i = 0; i < MiB(65) / KiB(4); i++)
		assert_int_equal(there[i] & 1, 1);
	munmap(range.addr, range.size);
	close(range.fd);
	free(there);
	cpulist_fini(&workers.cpus);
	host_fini(&h);
}

static void shortage_is_an_error_not_a_signal(void **state)
{
	struct cpulist none = { 0 };
	struct prefault_workers workers = { .node = { 0 } };
	/* Beyond the end of its file, as where no huge page is left, a touch is a SIGBUS. */
	struct prefault_range range = { .size = MiB(64), .page_size = KiB(4), .node = { 0 } };
	struct prefault_job job = { &range, 1, &workers, 1, NULL, NULL };
	struct prefault_result result;
	struct host h;

	(void)state;
	if (host_load(&h) != 0)
		skip();
	workers.node = range.node = h.node[0].id;
	assert_int_equal(prefault_cpus(&h, &none, h.node[0].id, &workers.cpus), 0);
	range.fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(range.fd, (off_t)MiB(32)), 0);
	range.addr = mmap(NULL, range.size, PROT_READ | PROT_WRITE, MAP_SHARED, range.fd, 0);
	assert_ptr_not_equal(range.addr, MAP_FAILED);
	assert_int_equal(prefault_run(&job, &result), -ENOSPC);
	assert_int_equal(result.failed, 0);
	assert_true(result.have <= MiB(32));
	munmap(range.addr, range.size);
	close(range.fd);
	cpulist_fini(&workers.cpus);
	host_fini(&h);
}

static void small_pages_need_free_memory(void **state)
{
	struct host_node nodes[] = { { .id = { 0 }, .free = GiB(4) }, { .id = { 1 }, .free = GiB(8) } };
	struct host h = { .nr_nodes = 2, .node = nodes };
	struct plan_memory memory[] = { { 0, { 0 }, GiB(2), KiB(4) }, { 1, { 0 }, GiB(3), KiB(4) } };
	struct plan p = { .nr_memory = 2, .memory = memory, .page = PAGE_NONE };
	char why[256];

	(void)state;
	assert_int_equal(backing_check(&p, &h, why, sizeof(why)), -ENOSPC);
	assert_non_null(strstr(why, "node 0: 5120 MiB"));
	assert_non_null(strstr(why, "4096 MiB are free"));
	memory[1].node.os = 1;
	assert_int_equal(backing_check(&p, &h, why, sizeof(why)), 0);
	p.page = PAGE_2M; /* their pool was counted */
	memory[1].node.os = 0;
	assert_int_equal(backing_check(&p, &h, why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_cover_a_node_once),
		cmocka_unit_test(one_cpu_a_core_of_the_node),
		cmocka_unit_test(filled_pages_are_there),
		cmocka_unit_test(shortage_is_an_error_not_a_signal),
		cmocka_unit_test(small_pages_need_free_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
