/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series.h - readings of counters at regular times, of which a bounded number is kept, however long it goes on.
 *
 * When there is no more room every second reading is dropped, and from then on they are taken half as often. So a
 * window in the middle of all that was seen can be had at the end, without knowing when that comes: what is in it
 * is the steady state, without the start and without the end.
 *
 * Pure; one thread. Owns its readings. Errors: -ENOMEM, not reported.
 */
#ifndef SCHED_SERIES_H
#define SCHED_SERIES_H

#include "vmm/util.h"

#define SERIES_MAX 32u

struct series {
	uint32_t width;       /* counters in a reading */
	uint32_t nr;
	uint64_t interval_ns; /* between readings */
	uint64_t ns[SERIES_MAX];
	uint64_t *values;     /* [SERIES_MAX][width] */
};

int series_init(struct series *s, uint32_t width, uint64_t interval_ns) must_check;
void series_fini(struct series *s);

/* Where the next reading goes, taken at that time: width counters. */
uint64_t *series_add(struct series *s, uint64_t ns);

/* Reading i of s->nr. */
const uint64_t *series_at(const struct series *s, uint32_t i);

/*
 * The readings that the steady state lies between, when all began and ended at those times: the middle half, or
 * what there is of it. False: there are no two readings.
 */
bool series_steady(const struct series *s, uint64_t begin_ns, uint64_t end_ns, uint32_t *first, uint32_t *last);

#endif
