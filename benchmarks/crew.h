/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew.h - the same work on several CPUs at once, a thread on each.
 *
 * Threads: crew_run() makes and joins them. Errors: negative errno.
 */
#ifndef BENCHMARKS_CREW_H
#define BENCHMARKS_CREW_H

#include <stddef.h>

#include "vmm/cpulist.h"
#include "vmm/util.h"

/* The first nr of the CPUs that this process may use. Reports errors: -ERANGE if there are fewer. cpulist_fini() in every
 * case. */
int crew_cpus(struct cpulist *cpus, uint32_t nr) must_check;

/* work(share) on each of these CPUs, where share[] has one of so many bytes for each. What failed first, not reported, or
 * 0. */
int crew_run(const struct cpulist *cpus, int (*work)(void *share), void *share, size_t bytes) must_check;

#endif
