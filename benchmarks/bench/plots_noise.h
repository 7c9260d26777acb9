/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots_noise.h - the drawings of noise, and what drawings share. See plots.h. */
#ifndef BENCHMARKS_BENCH_PLOTS_NOISE_H
#define BENCHMARKS_BENCH_PLOTS_NOISE_H

#include <jansson.h>
#include <stdio.h>

/* A script that begins as all do, and its end: the drawing. */
FILE *plot_begin(char **script, size_t *size);
char *plot_finish(const char *name, unsigned width, unsigned height, FILE *out, char **script, int *err);

char *scatter_draw(const char *name, const json_t *document, int *err);
char *distribution_draw(const char *name, const json_t *document, int *err);
char *histogram_draw(const char *name, const json_t *document, int *err);
char *spectrum_draw(const char *name, const json_t *document, int *err);

#endif
