/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detour.c - see detour.h. */
#include "sched/detour.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double detour_share(const struct detour_log *log)
{
	return log->watched ? (double)log->lost / (double)log->watched : 0;
}

double detour_ns(uint64_t ticks, uint64_t tsc_hz)
{
	return tsc_hz ? (double)ticks * 1e9 / (double)tsc_hz : 0;
}

double detour_per_second(const struct detour_log *log, uint64_t tsc_hz)
{
	return log->watched ? (double)log->nr * (double)tsc_hz / (double)log->watched : 0;
}

static int by_ticks(const void *a, const void *b)
{
	const struct detour_event *x = a, *y = b;

	return x->ticks < y->ticks ? -1 : x->ticks > y->ticks;
}

/* The rank (from 1) of the element that a part q doesn't exceed. */
static uint64_t rank_of(uint64_t nr, double q)
{
	double at = q * (double)nr;
	uint64_t rank = at > 0 ? (uint64_t)at : 0;

	rank += (double)rank < at;
	return min(max(rank, (uint64_t)1), nr);
}

static uint64_t bucket_quantile(const struct detour_log *log, uint64_t rank)
{
	uint64_t seen = 0;

	for (unsigned b = 0; b < DETOUR_BUCKETS; b++) {
		seen += log->bucket[b];
		if (seen >= rank)
			return min(b == 63 ? UINT64_MAX : (UINT64_C(2) << b) - 1, log->longest);
	}
	return log->longest;
}

uint64_t detour_quantile(const struct detour_log *log, double q)
{
	struct detour_event *sorted;
	uint64_t rank, ticks;

	if (!log->nr)
		return 0;
	rank = rank_of(log->nr, q);
	sorted = log->nr <= log->capacity ? malloc(log->nr * sizeof(*sorted)) : NULL;
	if (!sorted)
		return bucket_quantile(log, rank);
	memcpy(sorted, log->event, log->nr * sizeof(*sorted));
	qsort(sorted, log->nr, sizeof(*sorted), by_ticks);
	ticks = sorted[rank - 1].ticks;
	free(sorted);
	return ticks;
}

void detour_merge(struct detour_log *into, const struct detour_log *from)
{
	if (!into->turn || (from->turn && from->turn < into->turn)) {
		into->turn = from->turn;
		into->threshold = from->threshold;
	}
	into->watched += from->watched;
	into->turns += from->turns;
	into->nr += from->nr;
	into->lost += from->lost;
	into->longest = max(into->longest, from->longest);
	for (unsigned b = 0; b < DETOUR_BUCKETS; b++)
		into->bucket[b] += from->bucket[b];
	into->capacity = 0; /* events are no longer all of them */
}

static uint64_t raw_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Both clocks at one moment: of some tries the one that took least, since an interrupt may come in between. */
static uint64_t both(uint64_t *ns)
{
	uint64_t least = UINT64_MAX, tsc = 0;

	for (int i = 0; i < 16; i++) {
		uint64_t before = detour_tsc(), t = raw_ns(), after = detour_tsc();

		if (after - before < least) {
			least = after - before;
			tsc = before + least / 2;
			*ns = t;
		}
	}
	return tsc;
}

uint64_t detour_tsc_hz(void)
{
	const struct timespec pause = { 0, 20000000 };
	uint64_t ns0, ns1, tsc0 = both(&ns0), tsc1;

	nanosleep(&pause, NULL);
	tsc1 = both(&ns1);
	return ns1 > ns0 ? (uint64_t)((double)(tsc1 - tsc0) * 1e9 / (double)(ns1 - ns0)) : 0;
}
