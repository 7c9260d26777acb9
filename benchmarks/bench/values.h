/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * values.h - a list of numbers that grows, and its median.
 *
 * Threads: any, one at a time for each. Ownership: values_fini(). Errors: none; the process ends without memory.
 */
#ifndef BENCHMARKS_BENCH_VALUES_H
#define BENCHMARKS_BENCH_VALUES_H

#include "vmm/util.h"

struct values {
	size_t nr;
	double *value;
};

void values_add(struct values *v, double value);
void values_sort(struct values *v);

/* Of any order, which is changed to that of their size; NAN if there are none. */
double values_median(struct values *v);

void values_fini(struct values *v);

#endif
