/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gnuplot.h - a script in, an SVG drawing out.
 *
 * Threads: one. The caller owns what is returned. Errors: reported.
 */
#ifndef BENCHMARKS_BENCH_GNUPLOT_H
#define BENCHMARKS_BENCH_GNUPLOT_H

#include "vmm/util.h"

/* Is there one? -ENOENT. */
int gnuplot_check(void) must_check;

/* The <svg> element that the script draws, for putting into HTML; NULL. name: for its ids. */
char *gnuplot_svg(const char *name, unsigned width, unsigned height, const char *script) must_check;

#endif
