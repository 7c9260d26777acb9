/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_request.c - pins and guest nodes as text. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "numa/request.h"

static void pins_are_sorted_and_add_up(void **state)
{
	struct request r = { 0 };
	char why[128] = "";

	(void)state;
	assert_int_equal(request_pins_add(&r.pin, "3=7,0=4", why, sizeof(why)), 0);
	assert_int_equal(request_pins_add(&r.pin, "1=5", why, sizeof(why)), 0);
	assert_int_equal(r.pin.nr, 3);
	assert_int_equal(r.pin.at[0].vcpu, 0);
	assert_int_equal(r.pin.at[0].cpu.os, 4);
	assert_int_equal(r.pin.at[1].vcpu, 1);
	assert_int_equal(r.pin.at[2].cpu.os, 7);
	request_fini(&r);
}

static void bad_pins_leave_the_request_alone(void **state)
{
	static const char *const bad[] = { "0", "0=", "=4", "0=4,", "0=4,,1=5", "0=4 ", "0=4,0=5",
		"-1=3", "0=-3", "0x1=2", "8192=1", "0=8192", "", "99999999999999999999=1", "a" };
	struct request r = { 0 };
	char why[128];

	(void)state;
	assert_int_equal(request_pins_add(&r.pin, "2=9", why, sizeof(why)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why[0] = 0;
		assert_true(request_pins_add(&r.pin, bad[i], why, sizeof(why)) < 0);
		assert_true(strlen(why) > 5);
		assert_int_equal(r.pin.nr, 1);
	}
	assert_int_equal(request_pins_add(&r.pin, "2=4", why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "vCPU 2 is pinned twice");
	assert_int_equal(r.pin.at[0].cpu.os, 9);
	request_fini(&r);
}

static void nodes_have_three_keys(void **state)
{
	struct request_nodes copy;
	struct request r = { 0 };
	char why[128] = "";

	(void)state;
	assert_int_equal(request_nodes_add(&r.node, "1:mem=512M;0:cpus=0-1,4,mem=8G,host=3", why,
				 sizeof(why)), 0);
	assert_int_equal(request_nodes_add(&r.node, "2:mem=16G,cpus=,host=5", why, sizeof(why)), 0);
	assert_int_equal(r.node.nr, 3);
	assert_int_equal(r.node.at[0].index, 0);
	assert_int_equal(r.node.at[0].bytes, GiB(8));
	assert_int_equal(r.node.at[0].nr_vcpus, 3);
	assert_int_equal(r.node.at[0].vcpu[2], 4);
	assert_int_equal(r.node.at[0].host.os, 3);
	assert_int_equal(r.node.at[1].bytes, MiB(512));
	assert_false(r.node.at[1].has_vcpus);
	assert_int_equal(r.node.at[1].host.os, REQUEST_ANY_HOST);
	assert_true(r.node.at[2].has_vcpus);
	assert_int_equal(r.node.at[2].nr_vcpus, 0);
	assert_int_equal(request_nodes_copy(&copy, &r.node), 0);
	request_fini(&r);
	assert_int_equal(copy.nr, 3);
	assert_int_equal(copy.at[0].vcpu[1], 1);
	request_nodes_fini(&copy);
}

static void bad_nodes_leave_the_request_alone(void **state)
{
	static const char *const bad[] = { "", "1", "1:", "1:mem", "1:mem=", "1:mem=8X",
		"1:mem=8G,", "1:mem=8G;", "64:mem=1G", "1:mem=1G,mem=2G", "1:cpus=0,cpus=1",
		"1:host=0,host=1", "1:cpus=4-0", "1:cpus=0,0", "1:cpus=9999",
		"1:cpus=", "1:mem=1G;1:mem=1G", "1:mem=1G;0:mem=1G", "1:mem=99999999T", "1:mem=8",
		"1:mem=0G", "1:mem=3K", "1:mem=4GB", "1:host=99999999999", "1:mem=1G 2:mem=1G",
		"1:cpus=0-", "1:host=x", "2:mem=1G,cpus=0;3:mem=1G,cpus=" };
	struct request r = { 0 };
	char why[128];

	(void)state;
	assert_int_equal(request_nodes_add(&r.node, "0:mem=1G", why, sizeof(why)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why[0] = 0;
		assert_true(request_nodes_add(&r.node, bad[i], why, sizeof(why)) < 0);
		assert_true(strlen(why) > 5);
		assert_int_equal(r.node.nr, 1);
	}
	request_fini(&r);
}

static void names_match_the_words(void **state)
{
	(void)state;
	assert_string_equal(place_policy_name(PLACE_SPREAD), "spread");
	assert_string_equal(smt_policy_name(SMT_USE), "use");
	assert_string_equal(page_policy_name(PAGE_NONE), "none");
	assert_null(page_policy_name((enum page_policy)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_are_sorted_and_add_up),
		cmocka_unit_test(bad_pins_leave_the_request_alone),
		cmocka_unit_test(nodes_have_three_keys),
		cmocka_unit_test(bad_nodes_leave_the_request_alone),
		cmocka_unit_test(names_match_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
