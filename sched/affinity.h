/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.h - on which CPUs a thread may run.
 *
 *   affinity_get() -> affinity_set() … -> affinity_restore()
 *
 * CPUs are the kernel's numbers, which in a cpuset don't start at 0; sets hold CPULIST_MAX of them.
 *
 * Threads: each sets its own. Owns nothing. Errors: negative errno, not reported but for
 * affinity_verify(): callers know what for.
 */
#ifndef SCHED_AFFINITY_H
#define SCHED_AFFINITY_H

#include <pthread.h>
#include <sched.h>

#include "vmm/cpulist.h"
#include "vmm/types.h"
#include "vmm/util.h"

struct affinity {
	cpu_set_t set[CPULIST_MAX / CPU_SETSIZE];
};

void affinity_add(struct affinity *a, hcpu_t cpu);

/* Of the calling thread. */
int affinity_get(struct affinity *a) must_check;
int affinity_restore(const struct affinity *a) must_check;

/* The calling thread runs on these from now on; no CPUs: it stays where it is. */
int affinity_set(const struct cpulist *cpus) must_check;

/* A thread made with attr begins on that CPU. */
int affinity_attr(pthread_attr_t *attr, hcpu_t cpu) must_check;

/* A thread made with attr begins on another CPU than the caller's, which might else wait for it. -ENOENT: there is none. */
int affinity_attr_elsewhere(pthread_attr_t *attr) must_check;

/* Is the calling thread on that CPU, and bound to it alone? 0, or reported: -EXDEV, and errors. */
int affinity_verify(const char *who, hcpu_t cpu) must_check;

#endif
