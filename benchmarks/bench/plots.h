/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plots.h - the drawings of a report, from a document.
 *
 * Threads: one. The caller owns what is returned: an <svg> element, or NULL if the document has nothing for it (or
 * gnuplot failed, which is then reported and in *err).
 */
#ifndef BENCHMARKS_BENCH_PLOTS_H
#define BENCHMARKS_BENCH_PLOTS_H

#include <jansson.h>

#include "vmm/util.h"

struct plot {
	const char *name;    /* its id */
	const char *title;
	const char *caption;
	char *(*draw)(const char *name, const json_t *document, int *err);
};

extern const struct plot plots[];
extern const size_t plots_nr;

/* The result of that name, measured; or NULL. */
const json_t *measured_find(const json_t *document, const char *name);

/* The size that a result's name ends with: "chase.16K" -> 16384, "mpi-latency.8" -> 8. */
double bytes_of(const char *name);

#endif
