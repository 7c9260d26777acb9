/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sched.c - affinity that is verified, when SCHED_FIFO is a trap, and the kernel's counts. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sched/affinity.h"
#include "sched/policy.h"
#include "sched/usage.h"

static void thread_is_where_it_is_put(void **state)
{
	struct affinity before;
	hcpu_t cpu = { sched_getcpu() };
	struct cpulist one = { 1, &cpu };

	(void)state;
	assert_int_equal(affinity_get(&before), 0);
	if (CPU_COUNT_S(sizeof(before.set), before.set) > 1)
		assert_int_equal(affinity_verify("test", cpu), -EXDEV);
	assert_int_equal(affinity_set(&one), 0);
	assert_int_equal(affinity_verify("test", cpu), 0);
	assert_int_equal(affinity_verify("test", (hcpu_t){ CPULIST_MAX - 1 }), -EXDEV);
	assert_int_equal(affinity_restore(&before), 0);
	assert_int_equal(affinity_set(&(struct cpulist){ 0 }), 0);
}

static void *where(void *arg)
{
	struct affinity *a = arg;

	assert_int_equal(affinity_get(a), 0);
	return NULL;
}

static void thread_begins_elsewhere(void **state)
{
	struct affinity before, there;
	hcpu_t cpu = { sched_getcpu() };
	struct cpulist one = { 1, &cpu };
	pthread_attr_t attr;
	pthread_t thread;
	int nr;

	(void)state;
	assert_int_equal(affinity_get(&before), 0);
	nr = CPU_COUNT_S(sizeof(before.set), before.set);
	pthread_attr_init(&attr);
	assert_int_equal(affinity_attr_elsewhere(&attr), nr > 1 ? 0 : -ENOENT);
	if (nr > 1) {
		assert_int_equal(pthread_create(&thread, &attr, where, &there), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(CPU_COUNT_S(sizeof(there.set), there.set), nr - 1);
	}
	assert_int_equal(affinity_set(&one), 0);
	assert_int_equal(affinity_attr_elsewhere(&attr), -ENOENT);
	assert_int_equal(affinity_restore(&before), 0);
	pthread_attr_destroy(&attr);
}

static void fifo_traps_are_refused(void **state)
{
	struct policy_limits l = { 950000, 1000000 };
	char why[512];

	(void)state;
	assert_int_equal(policy_check(&l, false, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "50 ms of each 1000 ms"));
	assert_non_null(strstr(why, "echo -1 > /proc/sys/kernel/sched_rt_runtime_us"));
	l.runtime_us = -1;
	assert_int_equal(policy_check(&l, false, why, sizeof(why)), 0);
	assert_int_equal(policy_check(&l, true, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "no CPU is left"));
	l.runtime_us = l.period_us;
	assert_int_equal(policy_check(&l, false, why, sizeof(why)), 0);
}

static void counts_are_found_or_not_known(void **state)
{
	const char *sched = "thole (12, #threads: 3)\n-------\n"
		"se.exec_start                                :       3662771.153118\n"
		"se.nr_migrations                             :                    7\n"
		"nr_voluntary_switches                        :                   11\n";
	const char *status = "Name:\tthole\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";

	(void)state;
	assert_int_equal(usage_find(sched, "se.nr_migrations"), 7);
	assert_int_equal(usage_find(status, "voluntary_ctxt_switches"), 12);
	assert_int_equal(usage_find(status, "nonvoluntary_ctxt_switches"), 3);
	assert_int_equal(usage_find(status, "nonvoluntary"), USAGE_UNKNOWN);
	assert_int_equal(usage_find(status, "Name"), USAGE_UNKNOWN);
	assert_int_equal(usage_find("", "x"), USAGE_UNKNOWN);
	assert_int_equal(usage_find("x", "x"), USAGE_UNKNOWN);
	assert_int_equal(usage_find("x: 99999999999999999999", "x"), USAGE_UNKNOWN);
	assert_int_equal(usage_delta(3, 5), 2);
	assert_int_equal(usage_delta(USAGE_UNKNOWN, 5), USAGE_UNKNOWN);
	assert_int_equal(usage_delta(5, USAGE_UNKNOWN), USAGE_UNKNOWN);
}

static void own_counts_can_be_read(void **state)
{
	struct usage u = usage_read();

	(void)state;
	assert_in_range(u.cpu.os, 0, CPULIST_MAX);
	assert_true(u.voluntary >= 0);
	assert_true(u.involuntary >= 0);
}

static void anothers_counts_can_be_read(void **state)
{
	struct usage own = usage_read(), u = usage_of(gettid());
	struct timespec pause = { 0, 1000000 };

	(void)state;
	assert_true(u.cpu.os < 0);
	assert_int_equal(u.migrations, USAGE_UNKNOWN);
	assert_true(u.voluntary >= own.voluntary && u.involuntary >= own.involuntary);
	nanosleep(&pause, NULL);
	assert_true(usage_delta(u.voluntary, usage_of(gettid()).voluntary) > 0);
	u = usage_of(1 << 30); /* no thread has that number */
	assert_int_equal(u.voluntary, USAGE_UNKNOWN);
	assert_int_equal(u.involuntary, USAGE_UNKNOWN);
	assert_int_equal(u.waited_ns, USAGE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thread_is_where_it_is_put),
		cmocka_unit_test(thread_begins_elsewhere),
		cmocka_unit_test(fifo_traps_are_refused),
		cmocka_unit_test(counts_are_found_or_not_known),
		cmocka_unit_test(own_counts_can_be_read),
		cmocka_unit_test(anothers_counts_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
