/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_steps.h - what the tests of isolation share: a host that the kernel plays (fake_host.h), and a child that
 * ends, or whose change fails, at each step there is.
 */
#ifndef TESTS_UNIT_ISOLATION_STEPS_H
#define TESTS_UNIT_ISOLATION_STEPS_H

#include "sched/isolation.h"
#include "tests/unit/fake_host.h"

#include <sys/wait.h>

static struct fake_host host;
static struct cpulist cpus23, cpus2, cpus3;

static unused_fn int setup(void **state)
{
	(void)state;
	fake_host_make(&host);
	return cpulist_parse(&cpus23, "2-3", NULL, NULL) || cpulist_parse(&cpus2, "2", NULL, NULL) ||
	       cpulist_parse(&cpus3, "3", NULL, NULL);
}

static unused_fn int teardown(void **state)
{
	(void)state;
	cpulist_fini(&cpus23);
	cpulist_fini(&cpus2);
	cpulist_fini(&cpus3);
	fake_host_end(&host);
	return 0;
}

static unused_fn int start(struct isolation *iso, const struct hostfs_hook *hook, const struct cpulist *cpus, const char *id)
{
	const struct isolation_request ask = { .id = id, .cpus = cpus, .partition = !id, .fifo = true };

	assert_int_equal(isolation_open(iso, host.dir, hook), 0);
	return isolation_apply(iso, &ask);
}

static unused_fn void recover(uint32_t owners)
{
	struct hostfs_hook hook = fake_hook(&host);
	struct isolation iso;
	uint32_t nr;

	host.fault = FAULT_NONE;
	assert_int_equal(isolation_open(&iso, host.dir, &hook), 0);
	assert_int_equal(isolation_recover(&iso, NULL, &nr), 0);
	if (owners != UINT32_MAX)
		assert_int_equal(nr, owners);
	isolation_close(&iso);
}

static unused_fn void host_is(const char *wanted)
{
	char *now = fake_snapshot(&host);

	assert_string_equal(now, wanted);
	free(now);
}

/* In a child: with a fault at that step. True: it came to its end, so there is no such step. */
static unused_fn bool child(enum fault fault, unsigned at, void (*fn)(const struct hostfs_hook *hook))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct hostfs_hook hook = fake_hook(&host);

		host.fault = fault;
		host.at = at;
		host.step = 0;
		fn(&hook);
		_exit(host.step > at ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

/* With the tracer in between, where the host has one. */
static unused_fn void apply_and_release(const struct hostfs_hook *hook)
{
	struct isolation iso;
	char why[200];

	if (start(&iso, hook, &cpus23, NULL) == 0) {
		if (isolation_trace_begin(&iso, &cpus23, why, sizeof(why)) == 0)
			(void)!isolation_trace_end(&iso);
		(void)!isolation_release(&iso);
	}
	isolation_close(&iso);
}

static unused_fn unsigned at_every_step(enum fault fault, void (*fn)(const struct hostfs_hook *hook))
{
	char *before = fake_snapshot(&host);
	unsigned at = 0;

	while (!child(fault, at, fn)) {
		recover(UINT32_MAX);
		host_is(before);
		assert_false(fake_has(&host, "/run/thole/isolation.json"));
		at++;
	}
	host_is(before);
	free(before);
	return at;
}

#endif
