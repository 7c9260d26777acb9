/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpus.h - sums and differences of sets of CPUs, and the kernel's masks of them: "f", "ff,00000000".
 *
 * Pure; any thread. A result is the caller's, to be ended with cpulist_fini() or free(). Errors: -ENOMEM, -EINVAL
 * (no mask), -ERANGE (CPULIST_MAX or more); not reported; on failure the result is empty.
 */
#ifndef SCHED_CPUS_H
#define SCHED_CPUS_H

#include "vmm/cpulist.h"

int cpus_minus(struct cpulist *to, const struct cpulist *a, const struct cpulist *b) must_check;
int cpus_union(struct cpulist *to, const struct cpulist *a, const struct cpulist *b) must_check;

/* Has the one a CPU of the other's? Is each of a's in b? */
bool cpus_meet(const struct cpulist *a, const struct cpulist *b);
bool cpus_within(const struct cpulist *a, const struct cpulist *b);

/* Groups of up to 8 hexadecimal digits between commas, the highest first (bitmap_parse() of the kernel). */
int cpus_from_mask(struct cpulist *to, const char *text) must_check;

/* NULL: out of memory. */
char *cpus_to_mask(const struct cpulist *l);
char *cpus_to_list(const struct cpulist *l);

#endif
