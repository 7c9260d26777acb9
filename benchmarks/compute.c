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
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sched/affinity.h"
#include "vmm/util.h"

#define CHAINS 6 /* of multiplications that do not wait for each other: enough to keep a core's multiplier busy */

struct worker {
	pthread_t thread;
	hcpu_t cpu;
	uint64_t steps;
	uint64_t result; /* so that the work is not left out */
	int err;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t x[CHAINS] = { 1, 2, 3, 4, 5, 6 };

	for (uint64_t i = 0; i < w->steps; i++)
		for (unsigned k = 0; k < CHAINS; k++)
			x[k] = x[k] * 6364136223846793005ull + 1;
	for (unsigned k = 0; k < CHAINS; k++)
		w->result ^= x[k];
	return NULL;
}

static int worker_start(struct worker *w)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	w->err = affinity_attr(&attr, w->cpu);
	if (!w->err)
		w->err = -pthread_create(&w->thread, &attr, work, w);
	pthread_attr_destroy(&attr);
	return w->err;
}

static uint32_t workers_place(struct worker *worker, uint32_t nr, uint64_t steps)
{
	struct affinity a;
	uint32_t found = 0;

	if (affinity_get(&a))
		return 0;
	for (int i = 0; i < CPULIST_MAX && found < nr; i++)
		if (CPU_ISSET_S((size_t)i, sizeof(a.set), a.set))
			worker[found++] = (struct worker){ .cpu = { i }, .steps = steps };
	return found;
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : 0, millions = argc > 2 ? atol(argv[2]) : 100;
	struct worker *worker;
	uint64_t start;
	uint32_t made = 0;

	if (nr < 1 || nr > CPULIST_MAX || millions < 1 || millions > 1000000) {
		fputs("usage: compute THREADS [MILLIONS]\n", stderr);
		return 1;
	}
	worker = calloc((size_t)nr, sizeof(*worker));
	if (!worker || workers_place(worker, (uint32_t)nr, (uint64_t)millions * 1000000) < nr) {
		fprintf(stderr, "compute: there are no %ld CPUs here\n", nr);
		free(worker);
		return 1;
	}
	start = now_ns();
	while (made < nr && worker_start(&worker[made]) == 0)
		made++;
	for (uint32_t i = 0; i < made; i++)
		pthread_join(worker[i].thread, NULL);
	if (made == nr)
		printf("%.3f\n", (double)nr * (double)millions * 1e9 / (double)(now_ns() - start));
	else
		fprintf(stderr, "compute: no thread: error %d\n", -worker[made].err);
	free(worker);
	return made == nr ? 0 : 1;
}
