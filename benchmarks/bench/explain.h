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

/* What was counted around its runs: interrupts, exits, pages; NULL if nothing was. */
char *explain_counts(const json_t *result);

#endif
