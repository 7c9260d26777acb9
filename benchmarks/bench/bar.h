/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bar.h - how far a suite is, and how long it will still take.
 *
 * The rest is estimated from the guesses that the catalog has, corrected by how long what is done did take.
 * On a terminal it is a bar that is drawn again and again; elsewhere one line for each bench.
 *
 * Threads: one. Prints to standard error.
 */
#ifndef BENCHMARKS_BENCH_BAR_H
#define BENCHMARKS_BENCH_BAR_H

#include "vmm/util.h"

struct bar {
	bool terminal;
	uint64_t start_ns, step_ns; /* the begin of all, and of the current step */
	double expected, done;	    /* in guessed seconds */
	const char *name;
	size_t steps, step;
	double each;
};

struct bar bar_start(void);

/* Before the first one is begun. */
void bar_expect(struct bar *b, size_t steps, double seconds_each);

void bar_name(struct bar *b, const char *name, size_t steps, double seconds_each);
void bar_step(struct bar *b);
void bar_done(struct bar *b);
void bar_end(struct bar *b);

/* Seconds since the begin of all. */
double bar_elapsed(const struct bar *b);

/* Seconds left, by guesses and what they were worth so far. */
double bar_left(double elapsed, double done, double expected);

#endif
