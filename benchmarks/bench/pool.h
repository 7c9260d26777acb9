/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.h - 2 MiB pages from the kernel for the time of a run, and back, however it ends.
 *
 * A process of its own keeps the former counts and restores them as soon as the one that took the pages is gone,
 * killed or not.
 *
 * Threads: one. Errors: none: who gets no pages finds that out by looking (machine_look_pages()).
 */
#ifndef BENCHMARKS_BENCH_POOL_H
#define BENCHMARKS_BENCH_POOL_H

#include <sys/types.h>

#include "vmm/cpulist.h"

struct pool {
	pid_t keeper; /* 0: nothing was taken */
	int fd;
};

/* See that mib are free on each of the nodes, as far as the kernel gives them. */
void pool_take(struct pool *p, const struct cpulist *nodes, uint64_t mib);

void pool_give_back(struct pool *p);

#endif
