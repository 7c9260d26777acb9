/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.h - the files of page/: what the report looks like, and how gnuplot draws what is in it.
 *
 * They are in the program as text that ends with a zero; page.c. Threads: any. Errors: none.
 */
#ifndef BENCHMARKS_BENCH_PAGE_H
#define BENCHMARKS_BENCH_PAGE_H

extern const char page_style[]; /* style.css */

/* NAME.gnuplot: scripts that want data before them, which each one's first comment names. */
extern const char page_common[]; /* before the data of each */
extern const char page_distribution[];
extern const char page_latency[];
extern const char page_mpi[];
extern const char page_pages[];
extern const char page_ratios[];
extern const char page_scatter[];
extern const char page_spectrum[];
extern const char page_vcpus[];
extern const char page_work[];

#endif
