/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detour.h - what a log of detours (thole/detour.h) says.
 *
 * Pure; any thread; owns nothing; no errors: a log without anything in it gives zeroes.
 */
#ifndef SCHED_DETOUR_H
#define SCHED_DETOUR_H

#include <thole/detour.h>

#include "vmm/util.h"

/* The part of the time that was lost, 0 to 1. */
double detour_share(const struct detour_log *log);

double detour_per_second(const struct detour_log *log, uint64_t tsc_hz);

/* The length that a part q (0 to 1) of all detours doesn't exceed, in ticks: exact where all events were kept, else
 * the upper end of its bucket, and never more than the longest. */
uint64_t detour_quantile(const struct detour_log *log, double q);

/* Ticks as nanoseconds; 0 if the rate is not known. */
double detour_ns(uint64_t ticks, uint64_t tsc_hz);

/* Add what another log has seen, but for its events. The turn is the lesser one. */
void detour_merge(struct detour_log *into, const struct detour_log *from);

/* The counter's rate, measured against CLOCK_MONOTONIC_RAW for some milliseconds. */
uint64_t detour_tsc_hz(void);

#endif
