/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - read what a benchmark program prints: lines "NAME: NUMBER NUMBER ...", or "wrong: TEXT".
 *
 * Pure; any thread. The text may be anything: -EINVAL for what is no such line, with why[] saying what it was; -EBADMSG
 * for "wrong:", whose text is then in why[].
 */
#ifndef BENCHMARKS_BENCH_OUTPUT_H
#define BENCHMARKS_BENCH_OUTPUT_H

#include "vmm/util.h"

#define OUTPUT_WHY 160

/* values[nr] are valid during the call only. Not 0: stop, and return that. */
typedef int output_fn(void *ctx, const char *name, const double *values, size_t nr);

int output_parse(const char *text, output_fn *fn, void *ctx, char why[OUTPUT_WHY]) must_check;

#endif
