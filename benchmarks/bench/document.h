/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * document.h - the result of a suite as one JSON value, which table, report and comparison read.
 *
 * Threads: one. The caller owns what is returned; NULL or negative errno after a report.
 */
#ifndef BENCHMARKS_BENCH_DOCUMENT_H
#define BENCHMARKS_BENCH_DOCUMENT_H

#include "benchmarks/bench/suite.h"

#define DOCUMENT_SCHEMA "thole-bench/1"
#define LEVEL		0.95

/* A sure interval needs so many pairs for the bootstrap, and so many at all: see METHOD.md. */
#define PAIRS_BOOTSTRAP 10
#define PAIRS_RANGE	6

json_t *document_make(const struct suite *s, double seconds) must_check;

/* What the figures depend on. report: of some run of thole's, or NULL. */
json_t *manifest_make(const struct suite *s, const json_t *report) must_check;

/* Is it such a document? -EINVAL, and why (where, and what is wrong) in why[size]. */
int schema_check(const json_t *document, char *why, size_t size) must_check;

/* From a file, checked. */
json_t *document_load(const char *path) must_check;
int document_save(const json_t *document, const char *path) must_check;

/* For people, on a terminal: rows by group; then what is not available, and why. */
void table_print(const json_t *document);

/* How this one differs from an earlier one, beyond the threshold. The number of regressions, or negative errno. */
int baseline_compare(const json_t *document, const json_t *before, double threshold) must_check;

/* "12.3", "0.0123", "12300": as many digits as say something. */
const char *number_text(double value, char text[24]);

/* Of a result: "0.991 to 1.003"; "0.995", or a difference with its sign. "-" if there is none. */
const char *interval_text(const json_t *result, char text[48]);
const char *comparison_text(const json_t *result, char text[24]);

/* Numbers of a JSON value; NAN for null and anything else. */
double number_of(const json_t *object, const char *key);
const char *string_of(const json_t *object, const char *key);

/* All run medians of a side of a result: {nr, values}; the caller frees the values. */
struct values run_medians(const json_t *side);

#endif
