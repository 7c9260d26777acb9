/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.h - run a suite: each bench in turn, natively and in a guest, ABBA, and keep every value.
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

#endif
