/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - why a target was not shown to be met, as far as what was counted tells.
 *
 * Pure. The caller owns what is returned.
 */
#ifndef BENCHMARKS_BENCH_EXPLAIN_H
#define BENCHMARKS_BENCH_EXPLAIN_H

#include <jansson.h>

#include "vmm/util.h"

/* A string for a result whose verdict is "not shown"; NULL for others. */
json_t *explain_miss(const json_t *result, bool emulated);

/* Of one run, on average: what was counted around it. exits_kvm is NAN where the kernel does not count them. */
struct counts {
	double interrupts_native, interrupts_virtual;
	double steal_native, steal_virtual; /* ms */
	double exits_kvm, exits_thole;
};

struct counts explain_numbers(const json_t *result);

/* The same in words, with the pages that KVM used; NULL if nothing was counted. */
char *explain_counts(const json_t *result);

#endif
