/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.h - the processor's counters over a whole run, by PAPI, natively and for a guest alike.
 *
 * The counters are inherited by the process that is started, with all its threads, and count user mode: a guest's
 * payload runs in ring 3, so it is counted from outside, and no virtual PMU is needed.
 *
 * A metric's key "papi:NAME" names a PAPI event. Threads: one. Errors: counters_missing() says what cannot be
 * counted here; a counter that fails later gives no value, which the runner notices.
 */
#ifndef BENCHMARKS_BENCH_COUNTERS_H
#define BENCHMARKS_BENCH_COUNTERS_H

#include "benchmarks/bench/suite.h"

#define COUNTERS_MAX	8
#define COUNTERS_PREFIX "papi:"

struct counters {
	int set; /* PAPI's event set; -1: none */
	size_t nr;
	struct metric *metric[COUNTERS_MAX];
};

/* NULL if this event can be counted here, else why not; static, or PAPI's own. */
const char *counters_missing(const char *event);

/* Around a run of a bench, for those of its metrics that are counters. */
void counters_start(struct counters *c, struct bench *b);
void counters_take(struct counters *c, enum side side);

#endif
