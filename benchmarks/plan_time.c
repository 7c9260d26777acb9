/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_time.c - how long it takes to know this machine, and to plan for a large one.
 *
 *   plan_time [ROUNDS]
 *
 * A large one is 16 nodes with 1024 CPUs, planned for with 512 vCPUs. Prints the median and the
 * least of ROUNDS (default 101) in microseconds, one line a figure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "launcher/stderr_log.h"
#include "numa/host_hwloc.h"
#include "numa/host_sysfs.h"
#include "numa/plan.h"

#define LARGE "group:4 package:4 [numa(memory=137438953472)] l3:4 core:8 pu:2"

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int double_cmp(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static const struct host *large;

static int this_by_sysfs(void)
{
	struct host h;
	int err = host_load_sysfs(&h, "");

	host_fini(&h);
	return err;
}

static int this_by_hwloc(void)
{
	struct host h;
	int err = host_load_hwloc(&h);

	host_fini(&h);
	return err;
}

static int plan_once(enum place_policy policy, enum smt_policy smt, uint32_t nodes)
{
	const struct request r = { .nr_vcpus = 512,
		.memory = GiB(512),
		.policy = policy,
		.smt = smt,
		.guest_nodes = nodes };
	struct plan p;
	int err = plan_make(large, &r, &p);

	plan_fini(&p);
	return err;
}

static int plan_like_host(void)
{
	return plan_once(PLACE_LIKE_HOST, SMT_AVOID, 0);
}

static int plan_siblings(void)
{
	return plan_once(PLACE_LIKE_HOST, SMT_USE, 0);
}

static int plan_spread(void)
{
	return plan_once(PLACE_SPREAD, SMT_AVOID, 0);
}

static int plan_64_nodes(void)
{
	return plan_once(PLACE_LIKE_HOST, SMT_AVOID, 64);
}

static const struct {
	const char *name;
	int (*run)(void);
} figures[] = {
	{ "this machine, /sys", this_by_sysfs },
	{ "this machine, hwloc", this_by_hwloc },
	{ "512 vCPUs, like-host", plan_like_host },
	{ "512 vCPUs, siblings", plan_siblings },
	{ "512 vCPUs, spread", plan_spread },
	{ "512 vCPUs, 64 guest nodes", plan_64_nodes },
};

static int figure_print(size_t i, double *us, int rounds)
{
	for (int n = 0; n < rounds; n++) {
		double start = now_us();

		if (figures[i].run() != 0) {
			printf("%-28s failed\n", figures[i].name);
			return 1;
		}
		us[n] = now_us() - start;
	}
	qsort(us, (size_t)rounds, sizeof(*us), double_cmp);
	printf("%-28s %10.0f us median %10.0f us least\n", figures[i].name, us[rounds / 2], us[0]);
	return 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 101, failed = 0;
	double *us = rounds > 0 ? calloc((size_t)rounds, sizeof(*us)) : NULL;
	struct host h;

	stderr_log_install();
	if (!us || host_load_described(&h, LARGE) != 0) {
		free(us);
		return 1;
	}
	large = &h;
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		failed |= figure_print(i, us, rounds);
	host_fini(&h);
	free(us);
	return failed;
}
