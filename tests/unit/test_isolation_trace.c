/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_isolation_trace.c - the kernel's osnoise tracer is turned on for us alone, and put back whatever happens. */
#include "tests/unit/isolation_steps.h"

static void trace_and_end(const struct hostfs_hook *hook)
{
	struct isolation iso;
	char why[200];

	if (isolation_open(&iso, host.dir, hook) == 0 && isolation_trace_begin(&iso, &cpus23, why, sizeof(why)) == 0)
		(void)!isolation_trace_end(&iso);
	isolation_close(&iso);
}

static void the_tracer_at_every_step(void **state)
{
	static const enum fault faults[] = { FAULT_DIE, FAULT_FAIL };

	(void)state;
	fake_host_trace(&host);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		unsigned alone = at_every_step(faults[i], trace_and_end);

		assert_true(alone > 15);
		assert_true(at_every_step(faults[i], apply_and_release) > 60 + alone / 2);
	}
}

static void tracer_for(struct isolation *iso, const struct hostfs_hook *hook)
{
	char why[200] = "";

	assert_int_equal(isolation_open(iso, host.dir, hook), 0);
	if (isolation_trace_begin(iso, &cpus23, why, sizeof(why)) != 0)
		fail_msg("no tracer: %s", why);
}

static void two_tracers_overlap(void **state)
{
	static const char options[] = "/sys/kernel/tracing/osnoise/options";
	struct hostfs_hook hook = fake_hook(&host);
	struct isolation a, b;
	char *before, path[200];

	(void)state;
	fake_host_trace(&host);
	before = fake_snapshot(&host);
	tracer_for(&a, &hook);
	assert_string_equal(fake_get(&host, options), "DEFAULTS NO_OSNOISE_WORKLOAD");
	snprintf(path, sizeof(path), "%s/current_tracer", a.trace);
	assert_string_equal(fake_get(&host, path), "osnoise");
	snprintf(path, sizeof(path), "%s/tracing_cpumask", a.trace);
	assert_string_equal(fake_get(&host, path), "c");
	snprintf(path, sizeof(path), "%s/tracing_on", a.trace);
	assert_string_equal(fake_get(&host, path), "0");
	/* Another thole's is not somebody else's. */
	tracer_for(&b, &hook);
	assert_string_not_equal(a.trace, b.trace);
	assert_int_equal(isolation_trace_end(&a), 0);
	assert_string_equal(fake_get(&host, options), "DEFAULTS NO_OSNOISE_WORKLOAD");
	assert_int_equal(isolation_trace_end(&b), 0);
	host_is(before);
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	/* With isolation, release ends it, too. */
	assert_int_equal(isolation_trace_end(&a), 0);
	isolation_close(&a);
	isolation_close(&b);
	assert_int_equal(start(&a, &hook, &cpus23, NULL), 0);
	assert_int_equal(isolation_trace_begin(&a, &cpus23, path, sizeof(path)), 0);
	assert_int_equal(isolation_release(&a), 0);
	host_is(before);
	isolation_close(&a);
	free(before);
}

/* Nothing is changed, and that is said. */
static void no_tracer(const char *word)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host), why[200] = "";
	struct isolation iso;

	assert_int_equal(isolation_open(&iso, host.dir, &hook), 0);
	assert_int_equal(isolation_trace_begin(&iso, &cpus23, why, sizeof(why)), 1);
	if (!strstr(why, word))
		fail_msg("\"%s\" lacks \"%s\"", why, word);
	assert_false(fake_has(&host, "/run/thole"));
	host_is(before);
	isolation_close(&iso);
	free(before);
}

static void hosts_without_a_tracer(void **state)
{
	char path[200];

	(void)state;
	no_tracer("no tracers");
	fake_put(&host, "/sys/kernel/tracing/.keep", "");
	no_tracer("mount -t tracefs");
	fake_put(&host, "/sys/kernel/tracing/available_tracers", "hwlat function nop");
	no_tracer("CONFIG_OSNOISE_TRACER");
	fake_host_trace(&host);
	fake_put(&host, "/sys/kernel/tracing/osnoise/cpus", "0-2");
	no_tracer("osnoise/cpus has not all");
	fake_put(&host, "/sys/kernel/tracing/osnoise/cpus", "0-3");
	fake_put(&host, "/sys/kernel/tracing/current_tracer", "timerlat");
	no_tracer("somebody else uses the kernel's osnoise tracer, in /sys/kernel/tracing");
	fake_put(&host, "/sys/kernel/tracing/current_tracer", "nop");
	fake_put(&host, "/sys/kernel/tracing/instances/somebody/current_tracer", "osnoise");
	no_tracer("in /sys/kernel/tracing/instances/somebody");
	snprintf(path, sizeof(path), "%s/sys/kernel/tracing/osnoise/options", host.dir);
	unlink(path);
	no_tracer("Linux 6.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_tracer_at_every_step, setup, teardown),
		cmocka_unit_test_setup_teardown(two_tracers_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(hosts_without_a_tracer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
