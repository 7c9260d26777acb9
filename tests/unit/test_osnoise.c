/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_osnoise.c - what the osnoise tracer's lines say, and a measurement that is told by them. */
#include "sched/affinity.h"
#include "sched/noise.h"
#include "sched/osnoise.h"
#include "tests/unit/fake_host.h"

/* As the kernel prints them: a header, what its own workload says, and the events. */
static const char lines[] =
	"# tracer: osnoise\n"
	"#           TASK-PID      CPU# |||||  TIMESTAMP    IN US            US        AVAILABLE  IN US     HW    NMI    IRQ\n"
	"#              | |         |   |||||      |           |             |            |        |\n"
	"     thole/noise-961     [001] d.h1.  5789.857529: irq_noise: local_timer:236 start 5789.857527929 duration 1845 ns\n"
	"     thole/noise-961     [001] d.h1.  5789.861529: irq_noise: local_timer:236 start 5789.861527929 duration 1155 ns\n"
	"     thole/noise-961     [001] d.s1.  5789.861539: softirq_noise:    TIMER:1 start 5789.861530000 duration 800 ns\n"
	"     kworker/1:1-77     [001] d..3.  5789.862540: thread_noise: kworker/1:1:77 start 5789.862530000 duration 9000 ns\n"
	"          <idle>-0       [001] d..3.  5789.862550: thread_noise: swapper/1:0 start 5789.862540000 duration 7000 ns\n"
	"     thole/noise-961     [001] d..3.  5789.862560: thread_noise: thole/noise:961 start 5789.8 duration 5000000 ns\n"
	"     thole/noise-962     [003] d.Z1.  5789.862570: nmi_noise: start 5789.862560000 duration 2500 ns\n"
	"     thole/noise-962     [003] d.h1.  5789.862580: irq_noise: nvme0q1:126 start 5789.862560000 duration 3000 ns\n"
	"     thole/noise-960     [002] d.h1.  5789.862580: irq_noise: nvme0q1:126 start 5789.862560000 duration 3000 ns\n"
	"CPU:3 [LOST 17 EVENTS]\n"
	"CPU:3 [LOST EVENTS]\n"
	"     thole/noise-962     [003] .....  5789.962580: 1000000     190  99.98100    9   18    0   1007   18    1\n"
	"     thole/noise-962     [003] .....  5789.962590: sample_threshold: start 5789.8 duration 8812 ns interference 2\n"
	"        a: b c:d-99      (-------) [003] d..3.  5789.962600: thread_noise: a: b c:d:99 start 5789.9 duration 40 ns\n";

static struct cpulist cpus;

static int setup(void **state)
{
	(void)state;
	return cpulist_parse(&cpus, "1,3", NULL, NULL);
}

static int teardown(void **state)
{
	(void)state;
	cpulist_fini(&cpus);
	return 0;
}

static void row_is(const struct culprits *c, const char *name, uint32_t cpu, uint64_t count, uint64_t ns)
{
	for (uint32_t i = 0; i < c->nr; i++) {
		if (strcmp(c->at[i].name, name) != 0)
			continue;
		assert_int_equal(c->at[i].count[cpu], count);
		assert_int_equal(c->at[i].ns[cpu], ns);
		return;
	}
	fail_msg("no row %s", name);
}

static void lines_are_counted(const struct culprits *c)
{
	uint32_t row[2];

	assert_int_equal(c->nr, 6);
	row_is(c, "local_timer:236", 0, 2, 3000);
	row_is(c, "local_timer:236", 1, 0, 0);
	row_is(c, "TIMER:1", 0, 1, 800);
	row_is(c, "kworker/1:1", 0, 1, 9000);
	row_is(c, "NMI", 1, 1, 2500);
	row_is(c, "nvme0q1:126", 1, 1, 3000);
	row_is(c, "a: b c:d", 1, 1, 40);
	assert_int_equal(culprits_top(c, 0, row, 2), 2);
	assert_string_equal(c->at[row[0]].name, "kworker/1:1"); /* took longest, if not most often */
	assert_string_equal(c->at[row[1]].name, "local_timer:236");
}

/* Whatever pieces it comes in. */
static void the_kernels_lines(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(lines); piece += 13) {
		struct culprits c = { 0 };
		uint64_t lost = 0;
		size_t at = 0, used;

		assert_int_equal(cpulist_copy(&c.cpus, &cpus), 0);
		for (size_t end = 0; end < sizeof(lines) - 1;) {
			end = min(end + piece, sizeof(lines) - 1);
			assert_int_equal(osnoise_lines(&c, lines + at, end - at, &used, &lost), 0);
			at += used;
		}
		assert_int_equal(at, sizeof(lines) - 1);
		assert_int_equal(lost, 18);
		lines_are_counted(&c);
		culprits_fini(&c);
	}
}

static void lines_that_are_none(void **state)
{
	static const char *const bad[] = { "", "[", "[001]", "[001] ", "x [001] d 1.1: irq_noise: ",
		"x [001] d 1.1: irq_noise: a start 1.1 duration 5 ns", "x [001] d 1.1: irq_noise: a: start 1.1 duration 5 ns",
		"x [001] d 1.1: irq_noise: a:5 start 1.1 duration 5", "x [001] d 1.1: irq_noise: a:5 start 1.1 duration ns",
		"x [001] d 1.1: irq_noise: a:5 duration 5 ns", "x [001] d 1.1: irq_noise: a:5 start 11 duration 5 ns",
		"x [001] d 11: irq_noise: a:5 start 1.1 duration 5 ns", "x [001] 1.1: irq_noise: a:5 start 1.1 duration 5 ns",
		"x [1234567] d 1.1: irq_noise: a:5 start 1.1 duration 5 ns", "x [] d 1.1: nmi_noise: start 1.1 duration 5 ns",
		"x [001] d 1.1: nmi_noise: start 1.1 duration -5 ns" };
	static const char *const no_loss[] = { "CPU: [LOST 5 EVENTS]", "CPU:1 [LOST x EVENTS]", "CPU:1 [LOST 5 EVENTS] ",
		"CPU:1 [LOST 5", "CPU:1", "x CPU:1 [LOST 5 EVENTS]" };
	struct osnoise_event e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (osnoise_event(bad[i], strlen(bad[i]), &e))
			fail_msg("\"%s\" is none", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no_loss); i++)
		assert_int_equal(osnoise_lost(no_loss[i], strlen(no_loss[i])), 0);
}

/* A thread that calls itself another CPU's, or a whole event's head. */
static void names_that_lie(void **state)
{
	static const char lie[] =
		"     [003] d 1.1: -99      [001] d..3.  9.9: thread_noise: [003] d 1.1: :99 start 8.8 duration 40 ns";
	static const char both[] =
		"  a start 1.1 d-99      [001] d..3.  9.9: thread_noise: a start 1.1 d:99 start 8.8 duration 41 ns";
	struct osnoise_event e;

	(void)state;
	assert_true(osnoise_event(lie, strlen(lie), &e));
	assert_int_equal(e.cpu, 1);
	assert_int_equal(e.id, 99);
	assert_int_equal(e.ns, 40);
	assert_string_equal(e.name, "[003] d 1.1: ");
	assert_true(osnoise_event(both, strlen(both), &e));
	assert_string_equal(e.name, "a start 1.1 d");
	assert_int_equal(e.ns, 41);
}

/* The measurement is of this machine, the tracer a fake one's. */
static void measured_with_a_tracer(void **state)
{
	char text[300], *before;
	struct affinity a;
	struct cpulist one = { .nr = 1, .cpu = calloc(1, sizeof(*one.cpu)) };
	struct fake_host host;
	struct hostfs_hook hook;
	struct isolation iso;
	struct noise_tracer tracer = { .iso = &iso };
	struct noise n;

	(void)state;
	assert_int_equal(affinity_get(&a), 0);
	while (!CPU_ISSET_S((size_t)one.cpu[0].os, sizeof(a.set), a.set))
		one.cpu[0].os++;
	snprintf(text, sizeof(text), "   x-1   [%03d] d.h1.  1.1: irq_noise: disk:7 start 1.1 duration 4000 ns\n",
		one.cpu[0].os);
	fake_host_make(&host);
	hook = fake_hook(&host);
	assert_int_equal(isolation_open(&iso, host.dir, &hook), 0);
	assert_int_equal(noise_measure(&n, &one, 10, 0, &tracer), 0);
	assert_false(n.traced.on);
	assert_non_null(strstr(n.traced.why, "no tracers"));
	noise_fini(&n);
	fake_host_trace(&host);
	snprintf(text + strlen(text), 20, "half a line");
	fake_put(&host, "/sys/kernel/tracing/osnoise/cpus", "0-8191");
	before = fake_snapshot(&host);
	host.trace = text;
	assert_int_equal(noise_measure(&n, &one, 10, 0, &tracer), 0);
	assert_true(n.traced.on);
	assert_string_equal(n.traced.why, "");
	assert_int_equal(n.traced.culprits.nr, 1);
	row_is(&n.traced.culprits, "disk:7", 0, 1, 4000);
	noise_fini(&n);
	isolation_close(&iso);
	host.trace = fake_snapshot(&host);
	assert_string_equal(host.trace, before);
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	free((void *)(uintptr_t)host.trace);
	free(before);
	cpulist_fini(&one);
	fake_host_end(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_kernels_lines, setup, teardown),
		cmocka_unit_test(lines_that_are_none),
		cmocka_unit_test(names_that_lie),
		cmocka_unit_test(measured_with_a_tracer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
