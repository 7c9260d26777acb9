/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_worker.c - which threads are the kernel's for our devices, in trees as kernels of both kinds have. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/worker.h"

static char root[] = "/tmp/thole-worker.XXXXXX";
static pid_t seen[8];
static int nr_seen;

static void found(void *ctx, pid_t tid)
{
	(void)ctx;
	seen[nr_seen++ & 7] = tid;
}

static void put(const char *path, const char *name, const char *text)
{
	char dir[256], file[300];
	FILE *out;

	snprintf(dir, sizeof(dir), "%s/%s", root, path);
	for (char *p = dir + strlen(root) + 1; *p; p++)
		if (*p == '/') {
			*p = 0;
			mkdir(dir, 0700);
			*p = '/';
		}
	mkdir(dir, 0700);
	snprintf(file, sizeof(file), "%s/%s", dir, name);
	out = fopen(file, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int setup(void **state)
{
	(void)state;
	nr_seen = 0;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void names(void **state)
{
	(void)state;
	assert_true(worker_named("vhost-4711\n", 4711));
	assert_true(worker_named("vhost-4711", 0));
	assert_false(worker_named("vhost-4711\n", 47));
	assert_false(worker_named("vhost-47\n", 4711));
	assert_false(worker_named("vhost-\n", 0));
	assert_false(worker_named("vhost-12x\n", 0));
	assert_false(worker_named("thole\n", 0));
	assert_false(worker_named("", 0));
}

static void threads_of_the_process(void **state)
{
	(void)state;
	put("100/task/100", "comm", "thole\n");
	put("100/task/101", "comm", "thole/vcpu0\n");
	put("100/task/102", "comm", "vhost-7\n"); /* as another PID namespace has it */
	put("100/task/103", "comm", "vhost-7\n");
	put("200", "comm", "vhost-100\n");
	assert_int_equal(worker_each(root, 100, found, NULL), 2);
	assert_int_equal(seen[0] + seen[1], 205);
}

static void threads_of_the_kernel(void **state)
{
	(void)state;
	put("100/task/100", "comm", "thole\n");
	put("100", "comm", "thole\n");
	put("200", "comm", "vhost-100\n");
	put("200", "status", "Name:\tvhost-100\nPid:\t200\nPPid:\t2\n");
	put("201", "comm", "vhost-1000\n");
	put("201", "status", "Name:\tvhost-1000\nPid:\t201\nPPid:\t2\n");
	put("202", "comm", "vhost-100\n"); /* somebody's program of that name */
	put("202", "status", "Name:\tvhost-100\nPid:\t202\nPPid:\t1\n");
	put("203", "comm", "vhost-100\n"); /* gone meanwhile */
	put("sys", "comm", "vhost-100\n");
	assert_int_equal(worker_each(root, 100, found, NULL), 1);
	assert_int_equal(seen[0], 200);
}

static void nothing_there(void **state)
{
	struct cpulist none = { 0 };

	(void)state;
	put("100/task/100", "comm", "thole\n");
	assert_int_equal(worker_each(root, 100, found, NULL), 0);
	assert_int_equal(worker_each(root, 99, found, NULL), -ENOENT);
	assert_int_equal(worker_bind(&none), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(threads_of_the_process),
		TEST(threads_of_the_kernel),
		TEST(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
