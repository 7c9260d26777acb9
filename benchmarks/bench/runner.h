/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.h - run a suite: each bench in turn, natively and in a guest, run by run (ABBA) or slice by
 * slice (slices.h), and keep every value.
 *
 * Threads: one. Errors: -EINTR if this process was asked to end. What goes wrong with one bench is said in
 * bench.failure, and is no error of suite_run().
 */
#ifndef BENCHMARKS_BENCH_RUNNER_H
#define BENCHMARKS_BENCH_RUNNER_H

#include "benchmarks/bench/suite.h"

int suite_run(struct suite *s) must_check;

/* The command that a side runs, NULL-terminated; text_list_free() it. args: in place of the bench's own, or NULL. */
char **side_command(const struct suite *s, const struct bench *b, enum side side, const char *args);

/*
 * Is there time for one more round of a bench? part: of the whole, by what benches are guessed to take, up to this one's
 * end. The budget is dealt out by that; what a bench has not used is the next one's, and so is what it has taken too much.
 */
#define RUNNER_ROUNDS_LEAST 2
bool runner_has_time(double budget_s, double elapsed_s, double part, size_t round);

#endif
