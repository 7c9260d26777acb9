/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_isolation.c - the host is given back byte for byte, whatever happens at whichever step, and shared.
 *
 * A fake host (fake_host.h) plays the kernel. Each test that ends a process in the middle does so at every step there
 * is, in a child.
 */
#include "tests/unit/isolation_steps.h"

static const struct isolation_result *result_of(const struct isolation *iso, const char *name)
{
	for (uint32_t i = 0; i < iso->nr; i++)
		if (strcmp(iso->result[i].knob->name, name) == 0)
			return &iso->result[i];
	fail_msg("no result for %s", name);
	return NULL;
}

static void all_is_set(void)
{
	assert_string_equal(fake_get(&host, "/proc/irq/0/smp_affinity_list"), "0-3"); /* the kernel refuses */
	assert_string_equal(fake_get(&host, "/proc/irq/1/smp_affinity_list"), "0-1");
	assert_string_equal(fake_get(&host, "/proc/irq/24/smp_affinity_list"), "0-1"); /* it had no other CPU */
	assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-1");
	assert_string_equal(fake_get(&host, "/proc/irq/default_smp_affinity"), "3");
	assert_string_equal(fake_get(&host, "/sys/devices/virtual/workqueue/cpumask_requested"), "3");
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/watchdog_cpumask"), "0-1");
	assert_string_equal(fake_get(&host, "/proc/sys/vm/stat_interval"), "10");
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/timer_migration"), "1");
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/numa_balancing"), "0");
	assert_string_equal(fake_get(&host, "/sys/kernel/mm/ksm/run"), "0");
	assert_string_equal(fake_get(&host, "/sys/kernel/mm/transparent_hugepage/defrag"), "always defer [madvise] never");
	assert_string_equal(fake_get(&host, "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs"),
		"86400000");
	assert_string_equal(fake_get(&host, "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"), "powersave");
	assert_string_equal(fake_get(&host, "/sys/devices/system/cpu/cpufreq/policy2/scaling_governor"), "performance");
	assert_string_equal(fake_get(&host, "/sys/kernel/debug/sched/fair_server/cpu1/runtime"), "50000000");
	assert_string_equal(fake_get(&host, "/sys/kernel/debug/sched/fair_server/cpu2/runtime"), "0");
	assert_string_equal(fake_get(&host, "/sys/kernel/debug/sched/fair_server/cpu3/runtime"), "0");
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/sched_rt_runtime_us"), "-1");
}

static void set_and_put_back(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host), path[512];
	struct isolation iso;

	(void)state;
	assert_int_equal(start(&iso, &hook, &cpus23, NULL), 0);
	all_is_set();
	assert_true(iso.isolated);
	assert_string_equal(fake_get(&host, "/sys/fs/cgroup/cgroup.subtree_control"), "cpuset cpu memory");
	snprintf(path, sizeof(path), "%s/cpuset.cpus.partition", iso.group);
	assert_string_equal(fake_get(&host, path), "isolated");
	snprintf(path, sizeof(path), "%s/cgroup.type", iso.group);
	assert_string_equal(fake_get(&host, path), "threaded");
	assert_int_equal(isolation_enter(&iso), 0);
	assert_int_equal(isolation_leave(&iso), 0);
	assert_int_equal(result_of(&iso, "interrupts")->changed, 2);
	assert_int_equal(result_of(&iso, "interrupts")->already, 1);
	assert_int_equal(result_of(&iso, "interrupts")->refused, 1);
	assert_int_equal(result_of(&iso, "governor")->status, ISOLATION_SET);
	assert_int_equal(result_of(&iso, "partition")->status, ISOLATION_SET);
	assert_int_equal(result_of(&iso, "sleep states")->status, ISOLATION_ABSENT);
	assert_int_equal(isolation_release(&iso), 0);
	host_is(before);
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	isolation_close(&iso);
	free(before);
}

static void what_the_kernel_refuses_is_told(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host);
	struct isolation iso;

	(void)state;
	host.lost_count = true;
	assert_int_equal(start(&iso, &hook, &cpus23, NULL), 0);
	assert_true(iso.isolated);
	assert_int_equal(result_of(&iso, "fair server")->status, ISOLATION_REFUSED);
	assert_int_equal(result_of(&iso, "fair server")->refused, 2);
	assert_non_null(strstr(result_of(&iso, "fair server")->detail, "busy"));
	assert_int_equal(isolation_count(&iso, ISOLATION_REFUSED), 1);
	assert_string_equal(fake_get(&host, "/sys/kernel/debug/sched/fair_server/cpu3/runtime"), "40000000");
	assert_int_equal(isolation_release(&iso), 0);
	host_is(before);
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	isolation_close(&iso);
	free(before);
}

static void a_thread_of_kvms_is_moved_out(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host);
	struct isolation iso;

	(void)state;
	host.kvm_thread = true;
	assert_int_equal(start(&iso, &hook, &cpus23, NULL), 0);
	assert_int_equal(isolation_release(&iso), 0);
	host_is(before);
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	isolation_close(&iso);
	free(before);
}

static void below_a_batch_systems_cgroup(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	struct isolation iso;
	char *before;

	(void)state;
	fake_host_nest(&host);
	before = fake_snapshot(&host);
	assert_int_equal(start(&iso, &hook, &cpus23, NULL), 0);
	assert_true(iso.isolated);
	assert_string_equal(fake_get(&host, "/sys/fs/cgroup/job/cgroup.subtree_control"), "cpuset cpu memory");
	assert_string_equal(fake_get(&host, "/sys/fs/cgroup/job/cpuset.cpus.exclusive"), "2-3");
	assert_string_equal(fake_get(&host, "/sys/fs/cgroup/job/step/cpuset.cpus.exclusive"), "2-3");
	assert_non_null(strstr(iso.group, "/sys/fs/cgroup/job/step/thole-run-"));
	assert_int_equal(isolation_release(&iso), 0);
	host_is(before);
	isolation_close(&iso);
	free(before);
}

static void apply_and_die(const struct hostfs_hook *hook)
{
	struct isolation iso;

	(void)!start(&iso, hook, &cpus23, NULL);
	_exit(0);
}

static void only_recover(const struct hostfs_hook *hook)
{
	struct isolation iso;

	if (isolation_open(&iso, host.dir, hook) == 0)
		(void)!isolation_recover(&iso, NULL, NULL);
	isolation_close(&iso);
}

static void killed_at_every_step(void **state)
{
	(void)state;
	assert_true(at_every_step(FAULT_DIE, apply_and_release) > 60);
	fake_host_nest(&host);
	assert_true(at_every_step(FAULT_DIE, apply_and_release) > 80);
}

static void failing_at_every_step(void **state)
{
	(void)state;
	assert_true(at_every_step(FAULT_FAIL, apply_and_release) > 60);
	fake_host_nest(&host);
	assert_true(at_every_step(FAULT_FAIL, apply_and_release) > 80);
}

static void killed_while_it_is_put_back(void **state)
{
	char *before = fake_snapshot(&host);
	unsigned at = 0;
	bool end;

	(void)state;
	do {
		child(FAULT_NONE, 0, apply_and_die);
		end = child(FAULT_DIE, at++, only_recover);
		recover(UINT32_MAX);
		host_is(before);
	} while (!end);
	assert_true(at > 20);
	free(before);
}

/* The other one's needs are met whenever we die, and the host is as before when both are gone. */
static void killed_beside_another(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host), *alone;
	struct isolation other;
	unsigned at = 0;

	(void)state;
	assert_int_equal(start(&other, &hook, &cpus3, NULL), 0);
	cpulist_fini(&cpus23);
	assert_int_equal(cpulist_copy(&cpus23, &cpus2), 0);
	alone = fake_snapshot(&host);
	assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-2");
	while (!child(FAULT_DIE, at, apply_and_release)) {
		recover(UINT32_MAX);
		host_is(alone);
		at++;
	}
	assert_true(at > 50);
	host.fault = FAULT_NONE;
	assert_int_equal(isolation_release(&other), 0);
	host_is(before);
	isolation_close(&other);
	free(before);
	free(alone);
}

static void two_overlap(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host);
	struct isolation a, b;

	(void)state;
	for (int first = 0; first < 2; first++) {
		assert_int_equal(start(&a, &hook, &cpus2, NULL), 0);
		assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-1,3");
		assert_string_equal(fake_get(&host, "/proc/irq/default_smp_affinity"), "b");
		assert_int_equal(start(&b, &hook, &cpus3, NULL), 0);
		assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-1");
		assert_string_equal(fake_get(&host, "/proc/irq/24/smp_affinity_list"), "0-1");
		assert_int_equal(isolation_release(first ? &a : &b), 0);
		assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), first ? "0-2" : "0-1,3");
		assert_string_equal(fake_get(&host, "/proc/sys/kernel/numa_balancing"), "0");
		assert_string_equal(fake_get(&host, "/sys/devices/system/cpu/cpufreq/policy2/scaling_governor"),
			"performance");
		assert_int_equal(isolation_release(first ? &b : &a), 0);
		host_is(before);
		isolation_close(&a);
		isolation_close(&b);
	}
	free(before);
}

static void somebody_elses_change_stays(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	struct isolation iso;

	(void)state;
	assert_int_equal(start(&iso, &hook, &cpus23, NULL), 0);
	fake_put(&host, "/proc/sys/vm/stat_interval", "120");
	fake_put(&host, "/proc/irq/25/smp_affinity_list", "3");
	fake_put(&host, "/sys/devices/system/cpu/cpufreq/policy2/scaling_governor", "ondemand");
	fake_put(&host, "/proc/sys/kernel/numa_balancing", "1"); /* as it was: fine */
	assert_int_equal(isolation_release(&iso), 0);
	assert_string_equal(fake_get(&host, "/proc/sys/vm/stat_interval"), "120");
	assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "3");
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/numa_balancing"), "1");
	assert_string_equal(fake_get(&host, "/proc/irq/24/smp_affinity_list"), "2");
	assert_string_equal(fake_get(&host, "/sys/devices/system/cpu/cpufreq/policy2/scaling_governor"), "ondemand");
	assert_string_equal(fake_get(&host, "/sys/kernel/debug/sched/fair_server/cpu3/runtime"), "40000000");
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
	isolation_close(&iso);
}

static void a_reboot_has_put_back_all(void **state)
{
	(void)state;
	child(FAULT_NONE, 0, apply_and_die);
	/* What was set is still there, since it is no real reboot; it must not be touched. */
	fake_put(&host, "/proc/sys/kernel/random/boot_id", "99999999-0000-0000-0000-000000000000");
	recover(0);
	assert_string_equal(fake_get(&host, "/proc/sys/kernel/numa_balancing"), "0");
	assert_false(fake_has(&host, "/run/thole/isolation.json"));
}

static void a_damaged_journal_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"schema\": \"thole-isolation/2\"}",
		"{\"schema\": \"thole-isolation/1\", \"boot\": \"11111111-2222-3333-4444-555555555555\", \"owners\": [], "
		"\"changes\": [{\"knob\": \"x\", \"path\": \"/etc/passwd\", \"kind\": \"value\", \"former\": \"\", "
		"\"value\": \"\", \"set\": null, \"owners\": []}]}",
		"{\"schema\": \"thole-isolation/1\", \"boot\": \"11111111-2222-3333-4444-555555555555\", \"owners\": [], "
		"\"changes\": [{\"knob\": \"x\", \"path\": \"/proc/../etc/passwd\", \"kind\": \"value\", \"former\": \"\", "
		"\"value\": \"\", \"set\": null, \"owners\": []}]}" };
	struct hostfs_hook hook = fake_hook(&host);

	(void)state;
	fake_put(&host, "/run/thole/.keep", "");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *before = fake_snapshot(&host);
		struct isolation iso;

		fake_put(&host, "/run/thole/isolation.json", texts[i]);
		assert_int_equal(start(&iso, &hook, &cpus23, NULL), -EINVAL);
		assert_int_equal(isolation_recover(&iso, NULL, NULL), -EINVAL);
		host_is(before);
		isolation_close(&iso);
		free(before);
	}
}

static void kept_until_it_is_told_to_go(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host);
	struct isolation iso;
	uint32_t nr;

	(void)state;
	assert_int_equal(start(&iso, &hook, &cpus23, "job-7"), 0);
	isolation_close(&iso);
	assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-1");
	recover(0);
	assert_string_equal(fake_get(&host, "/proc/irq/25/smp_affinity_list"), "0-1");
	assert_int_equal(start(&iso, &hook, &cpus2, "job-7"), -EEXIST);
	isolation_close(&iso);
	assert_int_equal(isolation_open(&iso, host.dir, &hook), 0);
	assert_int_equal(isolation_recover(&iso, "job-8", &nr), 0);
	assert_int_equal(nr, 0);
	assert_int_equal(isolation_recover(&iso, "job-7", &nr), 0);
	assert_int_equal(nr, 1);
	host_is(before);
	isolation_close(&iso);
	assert_int_equal(start(&iso, &hook, &cpus2, "../x"), -EINVAL);
	host_is(before);
	isolation_close(&iso);
	free(before);
}

static void shown_only(void **state)
{
	struct hostfs_hook hook = fake_hook(&host);
	const struct isolation_request ask = { .cpus = &cpus23, .partition = true, .show = true };
	char *before = fake_snapshot(&host);
	struct isolation iso;

	(void)state;
	assert_int_equal(isolation_open(&iso, host.dir, &hook), 0);
	assert_int_equal(isolation_apply(&iso, &ask), 0);
	host_is(before);
	assert_false(fake_has(&host, "/run/thole"));
	assert_int_equal(result_of(&iso, "partition")->status, ISOLATION_WOULD);
	assert_string_equal(result_of(&iso, "statistics")->command, "echo 10 > /proc/sys/vm/stat_interval");
	assert_string_equal(result_of(&iso, "new interrupts")->command, "echo 3 > /proc/irq/default_smp_affinity");
	assert_string_equal(result_of(&iso, "interrupts")->command,
		"for i in /proc/irq/[0-9]*; do echo 0-1 > $i/smp_affinity_list; done");
	assert_string_equal(result_of(&iso, "governor")->command, "cpupower -c 2-3 frequency-set -g performance");
	assert_string_equal(result_of(&iso, "fair server")->command,
		"for i in 2 3; do echo 0 > /sys/kernel/debug/sched/fair_server/cpu$i/runtime; done");
	isolation_close(&iso);
	free(before);
}

static int read_only_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_F ? chmod(path, 0444) : 0;
}

static void as_nobody(const struct hostfs_hook *hook)
{
	struct isolation iso;

	if (geteuid() == 0)
		assert_int_equal(setresuid(65534, 65534, 65534), 0);
	assert_int_equal(start(&iso, hook, &cpus23, NULL), 0);
	assert_false(iso.isolated);
	assert_int_equal(result_of(&iso, "interrupts")->status, ISOLATION_RIGHTS);
	assert_int_equal(result_of(&iso, "partition")->status, ISOLATION_RIGHTS);
	assert_string_equal(result_of(&iso, "NUMA balancing")->command, "echo 0 > /proc/sys/kernel/numa_balancing");
	assert_int_equal(result_of(&iso, "fair server")->status, ISOLATION_RIGHTS);
	assert_string_equal(result_of(&iso, "fair server")->command,
		"for i in 2 3; do echo 0 > /sys/kernel/debug/sched/fair_server/cpu$i/runtime; done");
	assert_int_equal(isolation_count(&iso, ISOLATION_SET), 0);
	assert_int_equal(isolation_release(&iso), 0);
	isolation_close(&iso);
	_exit(42);
}

static void without_rights(void **state)
{
	char *before = fake_snapshot(&host), run[100];
	int status;
	pid_t pid;

	(void)state;
	nftw(host.dir, read_only_one, 16, FTW_PHYS);
	snprintf(run, sizeof(run), "%s/sys/kernel/debug", host.dir);
	chmod(run, 0700); /* as it is: nobody else sees what is there */
	snprintf(run, sizeof(run), "%s/run", host.dir);
	chmod(run, 0777);
	pid = fork();
	if (!pid) {
		struct hostfs_hook hook = fake_hook(&host);

		as_nobody(&hook);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 42);
	host_is(before);
	free(before);
}

static void partition_status(const char *cpulist, enum isolation_status status, bool isolated, const char *word)
{
	struct hostfs_hook hook = fake_hook(&host);
	char *before = fake_snapshot(&host);
	struct isolation iso;
	struct cpulist l;

	assert_int_equal(cpulist_parse(&l, cpulist, NULL, NULL), 0);
	assert_int_equal(start(&iso, &hook, &l, NULL), 0);
	assert_int_equal(result_of(&iso, "partition")->status, status);
	assert_non_null(strstr(result_of(&iso, "partition")->detail, word));
	assert_int_equal(iso.isolated, isolated);
	assert_int_equal(isolation_enter(&iso), 0); /* nothing to enter */
	assert_int_equal(isolation_release(&iso), 0);
	host_is(before);
	isolation_close(&iso);
	cpulist_fini(&l);
	free(before);
}

static void hosts_without_partitions(void **state)
{
	char path[200];

	(void)state;
	partition_status("0-3", ISOLATION_REFUSED, false, "no CPU would be left");
	fake_put(&host, "/sys/devices/system/cpu/isolated", "2-3");
	partition_status("2-3", ISOLATION_ALREADY, true, "isolcpus");
	partition_status("1-2", ISOLATION_REFUSED, false, "isolcpus has some");
	/* Those of another partition are no isolcpus. */
	fake_put(&host, "/sys/fs/cgroup/cpuset.cpus.isolated", "2-3");
	partition_status("2-3", ISOLATION_SET, true, "");
	fake_put(&host, "/sys/devices/system/cpu/isolated", "(null)");
	fake_put(&host, "/proc/self/cgroup", "0::/../other");
	partition_status("2-3", ISOLATION_ABSENT, false, "container");
	fake_put(&host, "/proc/self/cgroup", "3:cpuset:/x");
	partition_status("2-3", ISOLATION_ABSENT, false, "container");
	fake_put(&host, "/sys/fs/cgroup/cgroup.controllers", "cpu memory");
	partition_status("2-3", ISOLATION_ABSENT, false, "no cpuset controller");
	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/cgroup.controllers", host.dir);
	unlink(path);
	partition_status("2-3", ISOLATION_ABSENT, false, "cgroup version 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set_and_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_of_kvms_is_moved_out, setup, teardown),
		cmocka_unit_test_setup_teardown(below_a_batch_systems_cgroup, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_at_every_step, setup, teardown),
		cmocka_unit_test_setup_teardown(failing_at_every_step, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_while_it_is_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_beside_another, setup, teardown),
		cmocka_unit_test_setup_teardown(two_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(somebody_elses_change_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reboot_has_put_back_all, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_journal_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(kept_until_it_is_told_to_go, setup, teardown),
		cmocka_unit_test_setup_teardown(shown_only, setup, teardown),
		cmocka_unit_test_setup_teardown(without_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(hosts_without_partitions, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
