/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_worker.c - which threads are the kernel's for our devices, in trees as kernels of both kinds have. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
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
	assert_true(worker_named("vhost-4711\n", WORKER_VHOST, 4711));
	assert_true(worker_named("vhost-4711", WORKER_VHOST, 0));
	assert_false(worker_named("vhost-4711\n", WORKER_VHOST, 47));
	assert_false(worker_named("vhost-47\n", WORKER_VHOST, 4711));
	assert_false(worker_named("vhost-\n", WORKER_VHOST, 0));
	assert_false(worker_named("vhost-12x\n", WORKER_VHOST, 0));
	assert_false(worker_named("thole\n", WORKER_VHOST, 0));
	assert_false(worker_named("", WORKER_VHOST, 0));
}

static void names_of_kvms(void **state)
{
	(void)state;
	assert_true(worker_named("kvm-nx-lpage-recovery-4711\n", WORKER_PAGES, 4711));
	assert_true(worker_named("kvm-nx-lpage-re\n", WORKER_PAGES, 0));
	assert_false(worker_named("kvm-nx-lpage-re\n", WORKER_PAGES, 4711)); /* whose is it? */
	assert_false(worker_named("kvm-nx-lpage-recovery-4711\n", WORKER_PAGES, 471));
	assert_false(worker_named("kvm-nx-lpage-rex\n", WORKER_PAGES, 0));
	assert_false(worker_named("vhost-4711\n", WORKER_PAGES, 4711));
	assert_false(worker_named("kvm-nx-lpage-recovery-4711\n", WORKER_VHOST, 4711));
}

static void threads_of_the_process(void **state)
{
	(void)state;
	put("100/task/100", "comm", "thole\n");
	put("100/task/101", "comm", "thole/vcpu0\n");
	put("100/task/102", "comm", "vhost-7\n"); /* as another PID namespace has it */
	put("100/task/103", "comm", "vhost-7\n");
	put("200", "comm", "vhost-100\n");
	assert_int_equal(worker_each(root, 100, WORKER_VHOST, found, NULL), 2);
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
	assert_int_equal(worker_each(root, 100, WORKER_VHOST, found, NULL), 1);
	assert_int_equal(seen[0], 200);
}

static void kvms_of_both_kinds(void **state)
{
	(void)state;
	put("100/task/100", "comm", "thole\n");
	put("100/task/103", "comm", "vhost-100\n");
	put("200", "comm", "kvm-nx-lpage-recovery-100\n");
	put("200", "status", "Name:\tkvm-nx-lpage-re\nPid:\t200\nPPid:\t2\n");
	put("201", "comm", "kvm-nx-lpage-re\n"); /* of an old kernel: it may be another machine's */
	put("201", "status", "Name:\tkvm-nx-lpage-re\nPid:\t201\nPPid:\t2\n");
	assert_int_equal(worker_each(root, 100, WORKER_PAGES, found, NULL), 1);
	assert_int_equal(seen[0], 200);
	assert_int_equal(worker_each(root, 100, WORKER_PAGES_THREAD, found, NULL), 0);
	put("100/task/105", "comm", "kvm-nx-lpage-re\n");
	assert_int_equal(worker_each(root, 100, WORKER_PAGES, found, NULL), 1);
	assert_int_equal(worker_each(root, 100, WORKER_PAGES_THREAD, found, NULL), 1);
	assert_int_equal(seen[1], 105);
	assert_int_equal(seen[2], 105);
}

static int said_no(void *ctx, pid_t tid)
{
	*(pid_t *)ctx = tid;
	return -EACCES;
}

/* A thread of ours that has such a name; it stays where it is if it can't leave its cgroup. */
static void bound_after_it_has_left(void **state)
{
	cpu_set_t before, after;
	struct cpulist cpus = { 0 };
	char name[16], list[24];
	pid_t asked = 0;
	size_t first;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	for (first = 0; !CPU_ISSET(first, &before);)
		first++;
	snprintf(list, sizeof(list), "%zu", first);
	assert_int_equal(cpulist_parse(&cpus, list, NULL, NULL), 0);
	assert_int_equal(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
	assert_int_equal(worker_bind(WORKER_PAGES, &cpus, said_no, &asked), 0); /* there is none */
	assert_int_equal(asked, 0);
	pthread_setname_np(pthread_self(), "kvm-nx-lpage-re");
	assert_int_equal(worker_bind(WORKER_PAGES, &cpus, said_no, &asked), -EACCES);
	assert_int_equal(asked, gettid());
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(worker_bind(WORKER_PAGES, &cpus, NULL, NULL), 1);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_int_equal(CPU_COUNT(&after), 1);
	assert_true(CPU_ISSET(first, &after));
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	pthread_setname_np(pthread_self(), name);
	cpulist_fini(&cpus);
}

static void nothing_there(void **state)
{
	struct cpulist none = { 0 };

	(void)state;
	put("100/task/100", "comm", "thole\n");
	assert_int_equal(worker_each(root, 100, WORKER_VHOST, found, NULL), 0);
	assert_int_equal(worker_each(root, 99, WORKER_VHOST, found, NULL), -ENOENT);
	assert_int_equal(worker_bind(WORKER_VHOST, &none, NULL, NULL), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(threads_of_the_process),
		TEST(threads_of_the_kernel),
		TEST(names_of_kvms),
		TEST(kvms_of_both_kinds),
		TEST(bound_after_it_has_left),
		TEST(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
