/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots_noise.h - the drawings of noise, and what drawings share. See plots.h. */
#ifndef BENCHMARKS_BENCH_PLOTS_NOISE_H
#define BENCHMARKS_BENCH_PLOTS_NOISE_H

#include <jansson.h>
#include <stdio.h>

/*
 * A script: how all begin, then the data that the caller writes, then how these are drawn (page.h), which gives the drawing.
 * Or, without data, no drawing.
 */
FILE *plot_begin(char **script, size_t *size);
char *plot_finish(const char *name, unsigned width, unsigned height, const char *how, FILE *out, char **script, int *err);
char *plot_drop(FILE *out, char **script);

char *scatter_draw(const char *name, const json_t *document, int *err);
char *distribution_draw(const char *name, const json_t *document, int *err);
char *histogram_draw(const char *name, const json_t *document, int *err);
char *spectrum_draw(const char *name, const json_t *document, int *err);

#endif
