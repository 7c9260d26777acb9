/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_exec.c - which machine a program's is, which CPUs that gets, and which vCPUs the program. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/exec_given.h"
#include "launcher/exec_job.h"
#include "launcher/exec_machine.h"
#include "launcher/exec_order.h"
#include "launcher/exec_slurm.h"
#include "launcher/option.h"

static cpu_set_t cpus(size_t from, size_t nr)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < nr; i++)
		CPU_SET(from + i, &set);
	return set;
}

static void batch_systems_name_the_job(void **state)
{
	char name[BERTH_NAME_MAX + 1];

	(void)state;
	unsetenv("SLURM_JOB_ID");
	unsetenv("SLURM_STEP_ID");
	assert_false(exec_job_from_batch(name));
	setenv("SLURM_JOB_ID", "123", 1);
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-123");
	setenv("SLURM_STEP_ID", "4", 1);
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-123.4");
	setenv("SLURM_STEP_ID", "4294967290", 1); /* an interactive shell in the job */
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-123");
	setenv("SLURM_STEP_ID", "4", 1);
	setenv("SLURM_JOB_ID", "../x y", 1);
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-..-x-y.4");
	unsetenv("SLURM_JOB_ID");
	unsetenv("SLURM_STEP_ID");
}

/* What runs in the batch script's own machine is not swept away with a step. */
static void a_step_joins_the_machine_of_its_job(void **state)
{
	char dir[] = "/tmp/thole-test-exec.XXXXXX", name[BERTH_NAME_MAX + 1], path[PATH_MAX];
	struct berth b;
	int harbour;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("SLURM_JOB_ID", "123", 1);
	setenv("SLURM_STEP_ID", "4", 1);
	harbour = harbour_open(path);
	assert_true(harbour >= 0);
	assert_int_equal(harbour_lock(harbour), 0);
	assert_int_equal(berth_take(&b, harbour, path, "slurm-123"), 0);
	harbour_unlock(b.harbour);
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-123");
	berth_leave(&b);
	assert_true(exec_job_from_batch(name));
	assert_string_equal(name, "slurm-123.4");
	unsetenv("SLURM_JOB_ID");
	unsetenv("SLURM_STEP_ID");
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void slurm_cpus_are(const char *type, const char *list, bool told, const cpu_set_t *want)
{
	cpu_set_t got;

	setenv("SLURM_CPU_BIND_TYPE", type, 1);
	setenv("SLURM_CPU_BIND_LIST", list, 1);
	assert_int_equal(slurm_step_cpus(&got), told);
	assert_true(!told || CPU_EQUAL(&got, want));
	unsetenv("SLURM_CPU_BIND_TYPE");
	unsetenv("SLURM_CPU_BIND_LIST");
}

static void slurm_tells_the_cpus_of_its_tasks(void **state)
{
	cpu_set_t want = cpus(0, 2);

	(void)state;
	slurm_cpus_are("mask_cpu:", "0x1,0x2", true, &want);
	slurm_cpus_are("map_cpu:", "1,0x0", true, &want);
	slurm_cpus_are("mask_cpu:", "0x3*8", true, &want);
	want = cpus(64, 6);
	slurm_cpus_are("mask_cpu:", "0x00000F0000000000000000,0x300000000000000000", true, &want);
	slurm_cpus_are("none", "", false, NULL);
	slurm_cpus_are("mask_ldom:", "0x1", false, NULL);
	slurm_cpus_are("mask_cpu:", "", false, NULL);
	slurm_cpus_are("mask_cpu:", "0x0", false, NULL);
	slurm_cpus_are("mask_cpu:", "0x1,", false, NULL);
	slurm_cpus_are("mask_cpu:", "0xg", false, NULL);
	slurm_cpus_are("map_cpu:", "1,99999", false, NULL);
	slurm_cpus_are("map_cpu:", "1-3", false, NULL);
}

static void slurm_tasks_are(const char *list, const char *node, uint32_t want)
{
	setenv("SLURM_STEP_TASKS_PER_NODE", list, 1);
	setenv("SLURM_NODEID", node, 1);
	assert_int_equal(slurm_tasks_here(), want);
	unsetenv("SLURM_STEP_TASKS_PER_NODE");
	unsetenv("SLURM_NODEID");
}

static void slurm_tells_how_many_tasks_are_here(void **state)
{
	(void)state;
	assert_int_equal(slurm_tasks_here(), 0);
	slurm_tasks_are("2", "0", 2);
	slurm_tasks_are("2(x3),1", "2", 2);
	slurm_tasks_are("2(x3),1", "3", 1);
	slurm_tasks_are("2(x3),1", "4", 0);
	slurm_tasks_are("2(x3", "0", 0);
	slurm_tasks_are("2(x0),5", "0", 0);
	slurm_tasks_are("many", "0", 0);
}

static void a_job_is_named_by_its_id(void **state)
{
	struct exec_job j;

	(void)state;
	setenv("PMI_RANK", "5", 1);
	setenv("MPI_LOCALRANKID", "1", 1);
	setenv("MPI_LOCALNRANKS", "2", 1);
	assert_int_equal(exec_job_find(&j, "a/b", CONFIG_GRANULARITY_NODE), 0);
	assert_string_equal(j.name, "job-a-b");
	assert_true(j.rank == 5 && j.local_rank == 1 && j.local_size == 2);
	assert_int_equal(exec_job_find(&j, "a", CONFIG_GRANULARITY_RANK), 0);
	assert_string_equal(j.name, "job-a-r5");
	unsetenv("PMI_RANK");
	unsetenv("MPI_LOCALRANKID");
	unsetenv("MPI_LOCALNRANKS");
	assert_int_equal(exec_job_find(&j, NULL, CONFIG_GRANULARITY_NODE), 0);
	assert_memory_equal(j.name, "exec-", 5);
}

/* What nobody gave follows from the job; the rest stays. */
static void a_machine_is_a_quiet_one_unless_told_otherwise(void **state)
{
	struct exec_job j = { .local_size = 1, .own = cpus(0, 2), .all = cpus(0, 2) };
	struct run_config c;

	(void)state;
	snprintf(j.name, sizeof(j.name), "job-7");
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(exec_job_defaults(&j, &c), 0);
	assert_int_equal(c.quiet_guest, CONFIG_YES);
	assert_string_equal(c.name, "job-7");
	run_config_fini(&c);
	assert_int_equal(run_config_init(&c), 0);
	c.quiet_guest = CONFIG_NO;
	assert_int_equal(exec_job_defaults(&j, &c), 0);
	assert_int_equal(c.quiet_guest, CONFIG_NO);
	run_config_fini(&c);
}

static void shares_are_equal_and_apart(void **state)
{
	const cpu_set_t all = cpus(4, 10);
	cpu_set_t sum, both;

	(void)state;
	CPU_ZERO(&sum);
	for (uint32_t nr = 0; nr < 3; nr++) {
		cpu_set_t share;

		exec_cpus_share(&all, nr, 3, &share);
		assert_in_range(CPU_COUNT(&share), 3, 4);
		CPU_AND(&both, &sum, &share);
		assert_int_equal(CPU_COUNT(&both), 0);
		CPU_OR(&sum, &sum, &share);
	}
	assert_true(CPU_EQUAL(&sum, &all));
	exec_cpus_share(&all, 1, 20, &sum);
	assert_true(CPU_EQUAL(&sum, &all));
}

static void a_rank_has_the_cpus_it_is_bound_to(void **state)
{
	struct exec_job j = { .local_rank = 1, .local_size = 2, .own = cpus(0, 8), .all = cpus(0, 8) };
	cpu_set_t got, want = cpus(4, 4);

	(void)state;
	exec_job_cpus(&j, CONFIG_GRANULARITY_NODE, &got);
	assert_true(CPU_EQUAL(&got, &j.all));
	exec_job_cpus(&j, CONFIG_GRANULARITY_RANK, &got);
	assert_true(CPU_EQUAL(&got, &want));
	j.own = cpus(2, 1);
	exec_job_cpus(&j, CONFIG_GRANULARITY_RANK, &got);
	assert_true(CPU_EQUAL(&got, &j.own));
}

/* Of this host's nodes; tests/lab/test-exec-numa has two. */
static void a_node_has_the_jobs_cpus_of_that_node(void **state)
{
	struct exec_job j = { .local_size = 1 };
	cpu_set_t got, both;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(j.all), &j.all), 0);
	j.own = j.all;
	exec_cpus_share(&j.all, 0, (uint32_t)CPU_COUNT(&j.all), &j.own);
	exec_job_cpus(&j, CONFIG_GRANULARITY_NUMA, &got);
	CPU_AND(&both, &got, &j.all);
	assert_true(CPU_EQUAL(&both, &got));
	CPU_AND(&both, &got, &j.own);
	assert_true(CPU_EQUAL(&both, &j.own));
	/* A host that has no such CPU. */
	j.own = j.all = cpus(CPU_SETSIZE - 2, 2);
	exec_job_cpus(&j, CONFIG_GRANULARITY_NUMA, &got);
	assert_true(CPU_EQUAL(&got, &j.all));
}

static uint64_t memory_of(const struct exec_job *j, enum config_granularity granularity)
{
	struct run_config c;
	uint64_t memory;

	assert_int_equal(run_config_init(&c), 0);
	c.granularity = granularity;
	assert_int_equal(exec_job_defaults(j, &c), 0);
	memory = c.memory;
	run_config_fini(&c);
	return memory;
}

/* Each machine of the job here has an equal part: one on a node, however many ranks are in it. */
static void machines_share_the_memory(void **state)
{
	struct exec_job j = { .local_size = 64, .own = cpus(0, 1), .all = cpus(0, 1) };

	(void)state;
	snprintf(j.name, sizeof(j.name), "job-7");
	setenv("SLURM_MEM_PER_NODE", "600", 1);
	assert_int_equal(memory_of(&j, CONFIG_GRANULARITY_NODE), MiB(524));
	assert_int_equal(memory_of(&j, CONFIG_GRANULARITY_NUMA), MiB(524));
	assert_int_equal(memory_of(&j, CONFIG_GRANULARITY_RANK), MiB(256));
	j.local_size = 2;
	assert_int_equal(memory_of(&j, CONFIG_GRANULARITY_RANK), MiB(262));
	unsetenv("SLURM_MEM_PER_NODE");
	setenv("SLURM_MEM_PER_CPU", "300", 1);
	setenv("SLURM_CPUS_ON_NODE", "2", 1);
	assert_int_equal(memory_of(&j, CONFIG_GRANULARITY_NODE), MiB(524));
	unsetenv("SLURM_MEM_PER_CPU");
	unsetenv("SLURM_CPUS_ON_NODE");
}

static void programs_are_bound_to_vcpus(void **state)
{
	int host_cpu[] = { 10, 11, 12, 13 };
	const struct exec_machine m = { .nr_cpus = 4, .host_cpu = host_cpu };
	const cpu_set_t two = cpus(11, 2), all = cpus(0, 64), other = cpus(0, 4);
	uint32_t list[4];

	(void)state;
	assert_int_equal(exec_bind(list, &m, CONFIG_BIND_HOST, &two, 0), 2);
	assert_true(list[0] == 1 && list[1] == 2);
	assert_int_equal(exec_bind(list, &m, CONFIG_BIND_HOST, &all, 0), 0);
	assert_int_equal(exec_bind(list, &m, CONFIG_BIND_HOST, &other, 0), 0);
	assert_int_equal(exec_bind(list, &m, CONFIG_BIND_RANK, &two, 6), 1);
	assert_int_equal(list[0], 2);
	assert_int_equal(exec_bind(list, &m, CONFIG_BIND_NONE, &two, 0), 0);
}

static void machines_of_a_job_have_addresses_of_their_own(void **state)
{
	char a[32], b[32], c[32];

	(void)state;
	exec_job_address("slurm-7", 0, a);
	exec_job_address("slurm-7", 299, b);
	exec_job_address("slurm-8", 0, c);
	assert_string_not_equal(a, c);
	assert_memory_equal(a, "10.", 3);
	assert_string_equal(strchr(a + 3, '.'), ".0.1/8");
	assert_string_equal(strchr(b + 3, '.'), ".1.44/8");
}

static void give(struct run_config *c, const char *name, const char *text)
{
	struct complaint why;

	assert_int_equal(option_set(c, option_find(name), text, &why), 0);
}

static void who_joins_is_told_what_is_otherwise(void **state)
{
	struct run_config mine, its;
	json_t *wanted, *has;
	char text[512], small[20];

	(void)state;
	assert_int_equal(run_config_init(&mine), 0);
	assert_int_equal(run_config_init(&its), 0);
	give(&its, "cpus", "2");
	give(&its, "memory", "512M");
	give(&its, "append", "quiet thole.address=10.1.0.1/8");
	give(&its, "name", "job-one");
	give(&mine, "append", "quiet");
	give(&mine, "memory", "524288K"); /* the same */
	give(&mine, "bind", "rank");      /* a program's own */
	has = exec_given_read(&its);
	wanted = exec_given_read(&mine);
	exec_given_differ(wanted, has, text, sizeof(text));
	assert_string_equal(text, "");
	json_decref(wanted);

	give(&mine, "cpus", "4");
	give(&mine, "console-device", "virtio");
	give(&mine, "share", "a=/tmp");
	wanted = exec_given_read(&mine);
	exec_given_differ(wanted, has, text, sizeof(text));
	assert_non_null(strstr(text, "cpus=4 (it has 2)"));
	assert_non_null(strstr(text, "console-device=virtio (it has serial)"));
	assert_non_null(strstr(text, "share=a=/tmp (it has none)"));
	assert_null(strstr(text, "memory"));
	exec_given_differ(wanted, has, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
	assert_string_equal(small + sizeof(small) - 4, "...");
	json_decref(wanted);
	json_decref(has);
	run_config_fini(&mine);
	run_config_fini(&its);
}

/* The program that is found along path; the caller frees it. */
static char *found(const char *path, const char *program)
{
	char text[256], name[64], *args[] = { name, NULL }, *env[] = { text, NULL };
	struct exec_order e = { .order = { .nr_args = 1, .args = args, .nr_env = 1, .env = env } };

	snprintf(text, sizeof(text), "PATH=%s", path);
	snprintf(name, sizeof(name), "%s", program);
	exec_order_program_find(&e);
	return e.order.program;
}

static void a_program_is_found_along_its_path(void **state)
{
	char *program = found("/nowhere:/etc:/bin", "sh");

	(void)state;
	assert_non_null(program);
	assert_string_equal(program, "/bin/sh");
	free(program);
	assert_null(found("/nowhere:/etc", "sh"));
	assert_null(found("/etc", "passwd")); /* can't be run */
	assert_null(found("/usr", "bin"));    /* a directory */
	assert_null(found(".:/bin", "sh"));   /* the guest has to look there first */
	assert_null(found("/bin", "/bin/sh"));
	assert_null(found("", "sh"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_systems_name_the_job),
		cmocka_unit_test(a_step_joins_the_machine_of_its_job),
		cmocka_unit_test(slurm_tells_the_cpus_of_its_tasks),
		cmocka_unit_test(slurm_tells_how_many_tasks_are_here),
		cmocka_unit_test(a_job_is_named_by_its_id),
		cmocka_unit_test(a_machine_is_a_quiet_one_unless_told_otherwise),
		cmocka_unit_test(shares_are_equal_and_apart),
		cmocka_unit_test(a_rank_has_the_cpus_it_is_bound_to),
		cmocka_unit_test(a_node_has_the_jobs_cpus_of_that_node),
		cmocka_unit_test(machines_share_the_memory),
		cmocka_unit_test(programs_are_bound_to_vcpus),
		cmocka_unit_test(machines_of_a_job_have_addresses_of_their_own),
		cmocka_unit_test(who_joins_is_told_what_is_otherwise),
		cmocka_unit_test(a_program_is_found_along_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
