/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detours.h - the detours that a result has recorded: moments that a CPU was away from its only program.
 *
 * Pure. Threads: any. The caller owns values that are returned. Errors: none.
 */
#ifndef BENCHMARKS_BENCH_DETOURS_H
#define BENCHMARKS_BENCH_DETOURS_H

#include <jansson.h>

#include "benchmarks/bench/values.h"

/* Of that side ("native", "virtual"): for each run [start, length, start, length, ...], in ns. NULL if there are none. */
const json_t *detours_of(const json_t *result, const char *side);

/* Of all runs of a side, in ns and by size. */
struct values detours_lengths(const json_t *result, const char *side);

/* As long as an interrupt, or longer; shorter ones are the loop's own, its caches' and the processor's. */
#define DETOUR_LONG_US 20

struct detours_long {
	double a_run;	  /* so many on average */
	double median_us; /* NAN if there are none */
};

struct detours_long detours_long(const json_t *result, const char *side);

#endif
