/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.h - a document as one HTML file with its plots in it, for any browser, without a network.
 *
 * Threads: one. Errors: negative errno, reported.
 */
#ifndef BENCHMARKS_BENCH_HTML_H
#define BENCHMARKS_BENCH_HTML_H

#include <jansson.h>

#include "vmm/util.h"

/* Is there a place for it, and gnuplot? Before much time is spent. */
int html_prepare(const char *dir) must_check;

/* dir/index.html, and its path on standard output. */
int html_write(const json_t *document, const char *dir) must_check;

#endif
