/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compute.c - how much do several CPUs compute beside each other, with no memory in it?
 *
 *   compute THREADS [MILLIONS]
 *
 * Each thread has one of the first THREADS of the CPUs that this process may use and does MILLIONS (default
 * 100) of steps, each of several multiplications that keep a core's multiplier busy. Prints the million steps a second of
 * all of them. Of cores that are their own, T do T times as much as one; two threads of one core, or CPUs that
 * somebody else has, too, do less.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "benchmarks/crew.h"
#include "launcher/exit_code.h"
#include "launcher/stderr_log.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define CHAINS 6 /* of multiplications that do not wait for each other: enough to keep a core's multiplier busy */

struct share {
	uint64_t steps;
	uint64_t result; /* so that the work is not left out */
};

static int compute(void *arg)
{
	struct share *s = arg;
	uint64_t x[CHAINS] = { 1, 2, 3, 4, 5, 6 };

	for (uint64_t i = 0; i < s->steps; i++)
		for (unsigned k = 0; k < CHAINS; k++)
			x[k] = x[k] * 6364136223846793005ull + 1;
	for (unsigned k = 0; k < CHAINS; k++)
		s->result ^= x[k];
	return 0;
}

static int measure(const struct cpulist *cpus, uint64_t steps)
{
	struct share *share = calloc(cpus->nr, sizeof(*share));
	uint64_t start;
	int err;

	if (!share)
		return -ENOMEM;
	for (uint32_t i = 0; i < cpus->nr; i++)
		share[i].steps = steps;
	start = clock_now_ns();
	err = crew_run(cpus, compute, share, sizeof(*share));
	if (!err)
		printf("%.3f\n", (double)cpus->nr * (double)steps * 1e3 / (double)(clock_now_ns() - start));
	free(share);
	return err;
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : 0, millions = argc > 2 ? atol(argv[2]) : 100;
	struct cpulist cpus;
	int err;

	stderr_log_install();
	if (nr < 1 || nr > CPULIST_MAX || millions < 1 || millions > 1000000) {
		fputs("usage: compute THREADS [MILLIONS]\n", stderr);
		return EXIT_CODE_FAILED;
	}
	err = crew_cpus(&cpus, (uint32_t)nr);
	if (!err && (err = measure(&cpus, (uint64_t)millions * 1000000)) != 0)
		log_errno(err, "compute: %m");
	cpulist_fini(&cpus);
	return err ? EXIT_CODE_FAILED : 0;
}
