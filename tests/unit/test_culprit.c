/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_culprit.c - who took a CPU away, from the kernel's texts; and the noise of this machine, without judging it. */
#include "sched/affinity.h"
#include "sched/culprit.h"
#include "sched/noise.h"
#include "tests/unit/fake_host.h"

static struct fake_host host;
static struct cpulist cpus;

static int setup(void **state)
{
	(void)state;
	fake_host_make(&host);
	return cpulist_parse(&cpus, "1,3", NULL, NULL);
}

static int teardown(void **state)
{
	(void)state;
	cpulist_fini(&cpus);
	fake_host_end(&host);
	return 0;
}

static struct culprits take(void)
{
	struct culprits c;
	struct hostfs fs;

	assert_int_equal(hostfs_open(&fs, host.dir), 0);
	assert_int_equal(culprits_read(&c, &fs, &cpus, 77), 0);
	hostfs_close(&fs);
	return c;
}

static const struct culprit *named(const struct culprits *c, const char *name)
{
	for (uint32_t i = 0; i < c->nr; i++)
		if (strcmp(c->at[i].name, name) == 0)
			return &c->at[i];
	return NULL;
}

static void interrupts_put(unsigned timer, unsigned disk)
{
	char text[512];

	/* CPU 2 is offline: columns are not CPU numbers. */
	snprintf(text, sizeof(text),
		"           CPU0       CPU1       CPU3       \n"
		" 24:          1          %u          0  IO-APIC   5-edge      ACPI:Ged\n"
		"LOC:     800247     %u     5   Local timer interrupts\n"
		"ERR:          0\n", disk, timer);
	fake_put(&host, "/proc/interrupts", text);
}

static void thread_put(unsigned pid, unsigned tid, const char *name, int cpu, unsigned runs)
{
	char path[100], text[400];

	snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", pid, tid);
	snprintf(text, sizeof(text), "%u (%s) S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 15 16 17 18 19 20 21 22 23 24 25 26 "
		"27 28 29 30 17 %d 0 0 0 0 0", tid, name, cpu);
	fake_put(&host, path, text);
	snprintf(path, sizeof(path), "/proc/%u/task/%u/schedstat", pid, tid);
	snprintf(text, sizeof(text), "123456 789 %u", runs);
	fake_put(&host, path, text);
}

static void counted_between_two_readings(void **state)
{
	struct culprits before, after, d;
	uint32_t row[2];

	(void)state;
	interrupts_put(100, 3);
	fake_put(&host, "/proc/softirqs", "      CPU0 CPU1 CPU2 CPU3\n  HI: 0 1 2 3\n  TIMER: 5 6 7 8");
	thread_put(10, 10, "a (b) c", 1, 50);
	thread_put(10, 11, "moves", 0, 50);
	thread_put(77, 77, "ourselves", 1, 50);
	before = take();
	interrupts_put(350, 3);
	fake_put(&host, "/proc/softirqs", "      CPU0 CPU1 CPU2 CPU3\n  HI: 0 1 2 3\n  TIMER: 5 6 7 18");
	thread_put(10, 10, "a (b) c", 1, 57);
	thread_put(10, 11, "moves", 3, 52);
	thread_put(12, 12, "new", 3, 4);
	thread_put(77, 77, "ourselves", 1, 60);
	after = take();
	assert_int_equal(culprits_between(&d, &before, &after), 0);
	assert_int_equal(d.nr, 5);
	assert_int_equal(named(&d, "LOC Local timer interrupts")->count[0], 250);
	assert_int_equal(named(&d, "LOC Local timer interrupts")->count[1], 0);
	assert_null(named(&d, "24 IO-APIC 5-edge ACPI:Ged"));
	assert_int_equal(named(&d, "TIMER")->count[1], 10);
	assert_int_equal(named(&d, "a (b) c")->count[0], 7);
	assert_int_equal(named(&d, "moves")->count[1], 2);
	assert_int_equal(named(&d, "new")->count[1], 4);
	assert_null(named(&d, "ourselves"));
	assert_int_equal(culprits_top(&d, 0, row, 2), 2);
	assert_string_equal(d.at[row[0]].name, "LOC Local timer interrupts");
	assert_string_equal(d.at[row[1]].name, "a (b) c");
	assert_int_equal(culprits_top(&d, 1, row, 2), 2);
	assert_int_equal(d.at[row[0]].count[1], 10);
	assert_int_equal(d.at[row[1]].count[1], 4);
	culprits_fini(&before);
	culprits_fini(&after);
	culprits_fini(&d);
}

static void texts_that_are_none(void **state)
{
	static const char *const texts[] = { "", "\n", "CPU", "CPU0 CPUx\n:\n", " : 1\nCPU1\n", "CPU1\nX", "CPU1\nX:", "CPU1\nX: 1",
		"CPU1 CPU3\nA: 99999999999999999999999 \x01\x02 \x7f  \xff",
		"CPU1\n-----------------------------------------------------------------------------------: 5 x" };
	char name[CULPRIT_NAME];
	int cpu;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct culprits c = { 0 };

		assert_int_equal(cpulist_copy(&c.cpus, &cpus), 0);
		assert_int_equal(culprits_table(&c, CULPRIT_INTERRUPT, texts[i]), 0);
		culprits_fini(&c);
		assert_false(culprit_stat(texts[i], name, &cpu));
	}
	assert_false(culprit_stat("1 (x) S 1 2 3", name, &cpu));
	assert_false(culprit_stat("1 )x( S 1 2 3", name, &cpu));
}

static void this_machine(void **state)
{
	struct affinity a;
	struct cpulist one = { .nr = 1, .cpu = calloc(1, sizeof(*one.cpu)) };
	struct noise n;

	(void)state;
	assert_int_equal(affinity_get(&a), 0);
	while (!CPU_ISSET_S((size_t)one.cpu[0].os, sizeof(a.set), a.set))
		one.cpu[0].os++;
	assert_int_equal(noise_measure(&n, &one, 20, 100, NULL), 0);
	assert_int_equal(n.nr, 1);
	assert_int_equal(n.at[0].cpu.os, one.cpu[0].os);
	assert_true(n.at[0].log.watched >= n.tsc_hz / 1000 * 20);
	noise_fini(&n);
	one.cpu[0].os = CPULIST_MAX - 1;
	assert_int_not_equal(noise_measure(&n, &one, 1, 0, NULL), 0);
	cpulist_fini(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counted_between_two_readings, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_that_are_none, setup, teardown),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
