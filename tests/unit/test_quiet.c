/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_quiet.c - which exits a guest does without, what its kernel is told, and a KVM that refuses. */
#include <errno.h>
#include <string.h>

#include "sched/quiet.h"
#include "tests/unit/unit.h"

#define SLEEPS (EXITS_OFF_HLT | EXITS_OFF_MWAIT | EXITS_OFF_CSTATE)
#define ALONE  (EXITS_OFF_PAUSE | EXITS_OFF_APERF)

static void exits_follow_the_place(void **state)
{
	static const struct {
		bool shared, isolated;
		enum quiet_idle asked, idle;
		uint32_t exits;
	} cases[] = {
		{ false, false, QUIET_IDLE_AUTO, QUIET_IDLE_HOST, ALONE },
		{ false, true, QUIET_IDLE_AUTO, QUIET_IDLE_GUEST, SLEEPS | ALONE },
		{ true, true, QUIET_IDLE_AUTO, QUIET_IDLE_HOST, 0 },
		{ false, false, QUIET_IDLE_GUEST, QUIET_IDLE_GUEST, SLEEPS | ALONE },
		{ false, true, QUIET_IDLE_HOST, QUIET_IDLE_HOST, ALONE },
		{ true, false, QUIET_IDLE_HOST, QUIET_IDLE_HOST, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct quiet_place p = { .nr_vcpus = 2, .shared = cases[i].shared, .isolated = cases[i].isolated };
		enum quiet_idle idle = cases[i].asked;
		char why[256] = "";
		uint32_t exits;

		assert_int_equal(quiet_exits(&p, &idle, &exits, why, sizeof(why)), 0);
		assert_int_equal(idle, cases[i].idle);
		assert_int_equal(exits, cases[i].exits);
	}
}

static void halting_on_a_shared_cpu_is_refused(void **state)
{
	struct quiet_place p = { .nr_vcpus = 2, .shared = true };
	enum quiet_idle idle = QUIET_IDLE_GUEST;
	char why[256] = "";
	uint32_t exits;

	(void)state;
	assert_int_equal(quiet_exits(&p, &idle, &exits, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "idle=host"));
	p.force = true;
	assert_int_equal(quiet_exits(&p, &idle, &exits, why, sizeof(why)), 0);
	assert_int_equal(exits, SLEEPS);
}

static void words_for_a_guest(void **state)
{
	struct quiet_place p = { .nr_vcpus = 1, .nr_nodes = 1 };
	char text[160];

	(void)state;
	assert_int_equal(quiet_cmdline(&p, text, sizeof(text)), 0);
	assert_string_equal(text, "nowatchdog");
	p.nr_vcpus = 2;
	p.tsc_reliable = true;
	assert_int_equal(quiet_cmdline(&p, text, sizeof(text)), 0);
	assert_string_equal(text, "nohz_full=1 rcu_nocbs=1 isolcpus=managed_irq,1 irqaffinity=0 tsc=reliable nowatchdog");
	p.nr_vcpus = 64;
	p.nr_nodes = 2;
	assert_int_equal(quiet_cmdline(&p, text, sizeof(text)), 0);
	assert_string_equal(text, "nohz_full=1-63 rcu_nocbs=1-63 isolcpus=managed_irq,1-63 irqaffinity=0 tsc=reliable "
		"nowatchdog numa_balancing=disable");
	for (size_t size = 0; size < strlen(text); size++) {
		char few[160];

		memset(few, 'x', sizeof(few));
		assert_int_equal(quiet_cmdline(&p, few, size), -ERANGE);
		assert_int_equal(few[size], 'x');
	}
}

/* A KVM that takes only some of it. */
struct fake_kvm {
	uint32_t takes, taken;
	unsigned calls;
};

static int fake_ask(void *ctx, uint32_t bits)
{
	struct fake_kvm *k = ctx;

	k->calls++;
	if (bits & ~k->takes)
		return -EINVAL;
	k->taken |= bits;
	return 0;
}

static void a_kvm_that_refuses(void **state)
{
	struct fake_kvm k = { .takes = 0x1f };

	(void)state;
	assert_int_equal(exits_off_ask(0xe, 0x1f, fake_ask, &k), 0xe);
	assert_int_equal(k.taken, 0xe);
	assert_int_equal(k.calls, 1);
	k = (struct fake_kvm){ .takes = EXITS_OFF_PAUSE };
	assert_int_equal(exits_off_ask(0xf, SLEEPS | ALONE, fake_ask, &k), EXITS_OFF_PAUSE);
	assert_int_equal(k.taken, EXITS_OFF_PAUSE);
	k = (struct fake_kvm){ 0 };
	assert_int_equal(exits_off_ask(0xf, SLEEPS, fake_ask, &k), 0);
	k = (struct fake_kvm){ .takes = 0x1f };
	assert_int_equal(exits_off_ask(0, SLEEPS, fake_ask, &k), 0);
	assert_int_equal(exits_off_ask(0x1f, 0, fake_ask, &k), 0);
	assert_int_equal(k.calls, 0);
	assert_string_equal(exits_off_name(1), "hlt");
	assert_string_equal(exits_off_name(4), "aperfmperf");
	assert_string_equal(exits_off_name(5), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits_follow_the_place),
		cmocka_unit_test(halting_on_a_shared_cpu_is_refused),
		cmocka_unit_test(words_for_a_guest),
		cmocka_unit_test(a_kvm_that_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
