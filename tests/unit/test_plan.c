/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plan.c - what each policy does, and what each refusal says. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "numa/plan.h"

/* Two sockets of 8 cores with 2 threads and two caches each; CPU 2c and 2c+1 are siblings. */
#define TWO_SOCKETS "package:2 [numa(memory=68719476736)] l3:2 core:4 pu:2"

struct fixture {
	struct host host;
	struct request req;
	struct plan plan;
};

static int fixture_setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .req = { .nr_vcpus = 4, .memory = GiB(8) } };
	*state = &f;
	return host_load_described(&f.host, TWO_SOCKETS);
}

static int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	plan_fini(&f->plan);
	request_fini(&f->req);
	host_fini(&f->host);
	return 0;
}

static void plan_anew(struct fixture *f)
{
	plan_fini(&f->plan);
	assert_int_equal(plan_make(&f->host, &f->req, &f->plan), 0);
}

static void refuse_anew(struct fixture *f, int err, const char *phrase)
{
	plan_fini(&f->plan);
	assert_int_equal(plan_make(&f->host, &f->req, &f->plan), err);
	assert_int_equal(f->plan.refusal.err, err);
	if (!strstr(f->plan.refusal.text, phrase))
		fail_msg("\"%s\" is not in \"%s\"", phrase, f->plan.refusal.text);
}

static void assert_cpus(const struct fixture *f, const char *list)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(&l, list, NULL, NULL), 0);
	assert_int_equal(l.nr, f->plan.nr_vcpus);
	for (uint32_t i = 0; i < l.nr; i++)
		assert_int_equal(f->plan.vcpu[i].cpu.os, l.cpu[i].os);
	cpulist_fini(&l);
}

static void assert_warning(const struct fixture *f, const char *phrase)
{
	for (uint32_t i = 0; i < f->plan.nr_warnings; i++)
		if (strstr(f->plan.warning[i], phrase))
			return;
	fail_msg("no warning has \"%s\"", phrase);
}

static void one_cache_is_enough_for_four(void **state)
{
	struct fixture *f = *state;
	char text[64];

	plan_anew(f);
	assert_cpus(f, "8,10,12,14"); /* the cache without CPU 0 */
	assert_int_equal(f->plan.guest.nr_nodes, 1);
	assert_int_equal(f->plan.nr_memory, 1);
	assert_int_equal(f->plan.memory[0].page_size, GiB(1));
	assert_int_equal(f->plan.nr_warnings, 0);
	assert_false(f->plan.smt);
	cpulist_format(&f->plan.housekeeping, text, sizeof(text));
	assert_string_equal(text, "0-7");
}

static void nodes_are_filled_one_after_the_other(void **state)
{
	struct fixture *f = *state;

	f->req.nr_vcpus = 12;
	f->req.memory = GiB(12);
	plan_anew(f);
	assert_cpus(f, "0,2,4,6,8,10,12,14,16,18,20,22");
	assert_int_equal(f->plan.nr_memory, 2);
	assert_int_equal(f->plan.memory[0].bytes, GiB(8));
	assert_int_equal(f->plan.memory[1].bytes, GiB(4));
	assert_int_equal(f->plan.guest.cpu[8].package, 1);
	assert_int_equal(f->plan.guest.cpu[4].complex, 1);
	assert_int_equal(f->plan.guest.distance[1], 20);
}

static void siblings_are_taken_when_cores_are_short(void **state)
{
	struct fixture *f = *state;

	f->req.nr_vcpus = 20;
	f->req.memory = GiB(20);
	plan_anew(f);
	assert_true(f->plan.smt);
	assert_warning(f, "smt=use");
	assert_int_equal(f->plan.guest.cpu[0].core, f->plan.guest.cpu[1].core);
	assert_int_equal(f->plan.guest.cpu[1].thread, 1);
	f->req.smt = SMT_USE;
	plan_anew(f);
	assert_int_equal(f->plan.nr_warnings, 0);
	f->req.smt = SMT_NEVER;
	refuse_anew(f, -ENOSPC, "smt=use");
	assert_int_equal(f->plan.refusal.what, PLAN_SHORT_CPUS);
	assert_int_equal(f->plan.refusal.wanted, 20);
	assert_int_equal(f->plan.refusal.have, 16);
}

static void overcommit_must_be_asked_for(void **state)
{
	struct fixture *f = *state;

	f->req.nr_vcpus = 33;
	refuse_anew(f, -ENOSPC, "overcommit=yes");
	f->req.overcommit = true;
	f->req.memory = MiB(330);
	plan_anew(f);
	assert_true(f->plan.overcommit);
	assert_true(f->plan.housekeeping_shared);
	assert_warning(f, "33 vCPUs share 32 CPUs");
}

static void housekeeping_is_near_and_had_in_turn(void **state)
{
	struct fixture *f = *state;

	f->req.policy = PLACE_SPREAD;
	f->req.nr_vcpus = 14;
	plan_anew(f);
	/* A core of each node is left: CPUs 0 and 1, and 30 and 31. */
	for (uint32_t v = 0; v < 14; v++)
		assert_int_equal(f->plan.vcpu[v].housekeeping.os, (v < 7 ? 0 : 30) + (int)(v % 2));
	f->req.nr_vcpus = 32;
	plan_anew(f);
	assert_true(f->plan.housekeeping_shared);
	assert_int_equal(f->plan.vcpu[5].housekeeping.os, f->plan.vcpu[5].cpu.os);
}

static void memory_alone_can_need_two_nodes(void **state)
{
	struct fixture *f = *state;

	f->req.memory = GiB(100);
	plan_anew(f);
	assert_int_equal(f->plan.nr_memory, 2);
	assert_int_equal(f->plan.memory[0].bytes, GiB(50));
	f->req.memory = GiB(200);
	refuse_anew(f, -ENOSPC, "200G of memory");
	f->req.memory = GiB(100);
	f->req.policy = PLACE_ONE_NODE;
	refuse_anew(f, -ENOSPC, "it has 64G");
	assert_int_equal(f->plan.refusal.what, PLAN_SHORT_MEMORY);
	assert_int_equal(f->plan.refusal.have, GiB(64));
}

static void one_node_or_nothing(void **state)
{
	struct fixture *f = *state;

	f->req.policy = PLACE_ONE_NODE;
	f->req.nr_vcpus = 16;
	plan_anew(f);
	assert_int_equal(f->plan.guest.nr_nodes, 1);
	assert_true(f->plan.smt);
	f->req.nr_vcpus = 17;
	refuse_anew(f, -ENOSPC, "on node 0");
	f->req.guest_nodes = 2;
	refuse_anew(f, -EINVAL, "one-node");
}

static void spread_takes_all_nodes_and_caches(void **state)
{
	struct fixture *f = *state;

	f->req.policy = PLACE_SPREAD;
	plan_anew(f);
	assert_cpus(f, "2,8,16,24");
	assert_int_equal(f->plan.memory[1].bytes, GiB(4));
}

static void device_pulls_the_guest(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(request_add_device(&f->req, (hnode_t){ 1 }), 0);
	assert_int_equal(request_add_device(&f->req, (hnode_t){ -1 }), 0);
	plan_anew(f);
	assert_int_equal(f->plan.node_host[0].os, 1);
	assert_int_equal(f->plan.nr_warnings, 0);
	assert_int_equal(cpulist_parse(&f->req.host_cpus, "0-15", NULL, NULL), 0);
	plan_anew(f);
	assert_int_equal(f->plan.node_host[0].os, 0);
	assert_warning(f, "a device is on node 1");
}

static void pins_come_first(void **state)
{
	struct fixture *f = *state;
	char why[64];

	assert_int_equal(request_pins_add(&f->req.pin, "0=4,1=20", why, sizeof(why)), 0);
	plan_anew(f);
	assert_int_equal(f->plan.vcpu[0].cpu.os, 4);
	assert_int_equal(f->plan.vcpu[1].cpu.os, 20);
	assert_int_equal(f->plan.vcpu[1].guest_node, 1);
	assert_int_equal(f->plan.memory[0].bytes, GiB(6));
	f->req.policy = PLACE_ONE_NODE;
	refuse_anew(f, -EINVAL, "pins name CPUs of 2 nodes");
}

static void bad_pins_are_refused(void **state)
{
	static const struct {
		const char *pins, *phrase;
	} bad[] = {
		{ "4=1", "no vCPU 4" },
		{ "0=32", "no CPU 32" },
		{ "0=31", "wider cpuset" },
		{ "0=2,1=2", "overcommit=yes" },
	};
	struct fixture *f = *state;
	char why[64];

	assert_int_equal(cpulist_parse(&f->req.host_cpus, "0-29", NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		request_pins_fini(&f->req.pin);
		assert_int_equal(request_pins_add(&f->req.pin, bad[i].pins, why, sizeof(why)), 0);
		refuse_anew(f, -EINVAL, bad[i].phrase);
	}
	f->req.overcommit = true;
	plan_anew(f);
	assert_true(f->plan.overcommit);
	assert_int_not_equal(f->plan.guest.cpu[0].core, f->plan.guest.cpu[1].core);
}

static void host_cpus_must_be_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(cpulist_parse(&f->req.host_cpus, "30-33", NULL, NULL), 0);
	refuse_anew(f, -EINVAL, "no CPU 32");
	f->host.pu[31].allowed = false;
	cpulist_fini(&f->req.host_cpus);
	assert_int_equal(cpulist_parse(&f->req.host_cpus, "31", NULL, NULL), 0);
	refuse_anew(f, -EINVAL, "may not run on CPU 31");
}

static void pages_fall_to_what_is_there(void **state)
{
	struct fixture *f = *state;
	char why[64];

	assert_int_equal(host_set_pages(&f->host, "0:1G=7,2M=4096;1:2M=2", why, sizeof(why)), 0);
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_2M);
	assert_string_equal(f->plan.note, "hugepages=auto took 2M; 1G: node 0 has 7 free");
	f->req.page = PAGE_1G;
	refuse_anew(f, -ENOSPC, "echo 8 > /sys/devices/system/node/node0/hugepages/"
		"hugepages-1048576kB/nr_hugepages");
	assert_int_equal(f->plan.refusal.what, PLAN_SHORT_PAGES);
	assert_int_equal(f->plan.refusal.wanted, 8);
	assert_int_equal(f->plan.refusal.have, 7);
	f->req.memory = GiB(7) + MiB(512);
	refuse_anew(f, -EINVAL, "ask for 7G or 8G");
	f->req.page = PAGE_AUTO;
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_2M);
	f->req.memory = GiB(7) + KiB(4);
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_THP);
	f->host.no_thp = true;
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_NONE);
	f->req.page = PAGE_THP;
	refuse_anew(f, -EINVAL, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

/* The kernel has one switch for private memory and one for shared. */
static void shared_memory_has_a_switch_of_its_own(void **state)
{
	struct fixture *f = *state;

	f->req.page = PAGE_THP;
	f->host.no_thp = true;
	f->req.shared = true;
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_THP);
	assert_true(f->plan.shared);
	f->host.no_thp = false;
	f->host.no_thp_shared = true;
	refuse_anew(f, -EINVAL, "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled");
	f->req.page = PAGE_AUTO;
	f->req.memory = GiB(7) + KiB(4);
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_NONE);
	f->req.shared = false;
	plan_anew(f);
	assert_int_equal(f->plan.page, PAGE_THP);
	assert_false(f->plan.shared);
}

static void small_pages_warn_above_free(void **state)
{
	struct fixture *f = *state;

	f->req.page = PAGE_NONE;
	f->host.node[0].free = GiB(4);
	f->host.node[1].free = GiB(5);
	plan_anew(f);
	assert_int_equal(f->plan.memory[0].page_size, KiB(4));
	assert_warning(f, "4096 MiB are free");
}

static void nodes_as_described(void **state)
{
	struct fixture *f = *state;
	char why[64];

	assert_int_equal(request_nodes_add(&f->req.node, "0:mem=2G,cpus=0-2,host=1;1:mem=6G", why,
				 sizeof(why)), 0);
	f->req.memory = 0;
	plan_anew(f);
	assert_int_equal(f->plan.node_host[0].os, 1);
	assert_int_equal(f->plan.node_host[1].os, 0);
	assert_int_equal(f->plan.vcpu[3].node.os, 0);
	assert_int_equal(f->plan.memory[1].bytes, GiB(6));
	f->req.memory = GiB(9);
	refuse_anew(f, -EINVAL, "sums up");
	f->req.memory = 0;
	f->req.nr_vcpus = 3;
	refuse_anew(f, -EINVAL, "0 vCPUs are left");
	f->req.nr_vcpus = 2;
	refuse_anew(f, -EINVAL, "no vCPU 2");
}

static void nodes_may_share_a_host_node(void **state)
{
	struct fixture *f = *state;
	char why[64];

	assert_int_equal(request_nodes_add(&f->req.node, "0:mem=2G,host=0;1:mem=2G,host=0;"
		"2:mem=4G,cpus=,host=1", why, sizeof(why)), 0);
	plan_anew(f);
	assert_warning(f, "2 guest nodes are on host node 0");
	assert_int_equal(f->plan.guest.nr_nodes, 3);
	assert_int_equal(f->plan.guest.distance[1], 11);
	/* not the same cache: Linux wouldn't believe it */
	assert_int_not_equal(f->plan.guest.cpu[0].complex, f->plan.guest.cpu[2].complex);
	f->req.node.at[2].host.os = 7;
	refuse_anew(f, -EINVAL, "no such node");
	f->req.node.at[2].host.os = 1;
	f->host.node[1].allowed = false;
	refuse_anew(f, -EINVAL, "cpuset.mems");
}

static void counted_nodes_are_even(void **state)
{
	struct fixture *f = *state;

	f->req.guest_nodes = 2;
	plan_anew(f);
	assert_int_equal(f->plan.guest.nr_nodes, 2);
	assert_int_equal(f->plan.vcpu[1].node.os, 0);
	assert_int_equal(f->plan.vcpu[2].node.os, 1);
	f->req.guest_nodes = 5;
	refuse_anew(f, -EINVAL, "4 vCPUs are left for 5");
}

static void halves_of_cores_are_a_last_resort(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(cpulist_parse(&f->req.host_cpus, "1-7", NULL, NULL), 0);
	f->req.nr_vcpus = 3;
	plan_anew(f);
	assert_cpus(f, "2,4,6");
	f->req.nr_vcpus = 4;
	plan_anew(f);
	assert_cpus(f, "1,2,4,6");
	assert_warning(f, "other half");
}

static void nothing_is_refused(void **state)
{
	struct fixture *f = *state;

	f->req.memory = 0;
	refuse_anew(f, -EINVAL, "memory");
	f->req.memory = GiB(1) + 1;
	refuse_anew(f, -EINVAL, "ask for 1G or 1048580K");
	f->req.memory = GiB(1);
	f->req.nr_vcpus = 0;
	refuse_anew(f, -EINVAL, "0 vCPUs");
	f->req.nr_vcpus = 1;
	for (uint32_t i = 0; i < f->host.nr_pus; i++)
		f->host.pu[i].allowed = false;
	refuse_anew(f, -ENOSPC, "0 can be had");
}

#define plan_test(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(one_cache_is_enough_for_four),
		plan_test(nodes_are_filled_one_after_the_other),
		plan_test(siblings_are_taken_when_cores_are_short),
		plan_test(overcommit_must_be_asked_for),
		plan_test(housekeeping_is_near_and_had_in_turn),
		plan_test(memory_alone_can_need_two_nodes),
		plan_test(one_node_or_nothing),
		plan_test(spread_takes_all_nodes_and_caches),
		plan_test(device_pulls_the_guest),
		plan_test(pins_come_first),
		plan_test(bad_pins_are_refused),
		plan_test(host_cpus_must_be_there),
		plan_test(pages_fall_to_what_is_there),
		plan_test(shared_memory_has_a_switch_of_its_own),
		plan_test(small_pages_warn_above_free),
		plan_test(nodes_as_described),
		plan_test(nodes_may_share_a_host_node),
		plan_test(counted_nodes_are_even),
		plan_test(halves_of_cores_are_a_last_resort),
		plan_test(nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
