/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots_noise.c - detours over time and by length, fixed work, and the spectrum of fixed time. */
#include "benchmarks/bench/plots_noise.h"

#include <math.h>
#include <stdlib.h>

#include "benchmarks/bench/detours.h"
#include "benchmarks/bench/document.h"
#include "benchmarks/bench/page.h"
#include "benchmarks/bench/plots.h"
#include "benchmarks/bench/text.h"

#define WIDTH	   760
#define HEIGHT	   320
#define POINTS_MAX 3000 /* of a scatter, for each side: more only make the file large */
#define SPECTRUM   2048 /* slots of which a spectrum is made */
#define SLOT_HZ	   10000.0

static const char *const sides[] = { "native", "virtual" };

char *scatter_draw(const char *name, const json_t *document, int *err)
{
	char *script = NULL;
	size_t size;
	const json_t *r = measured_find(document, "detour.lost");
	FILE *out = r ? plot_begin(&script, &size) : NULL;

	if (!out)
		return NULL;
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		const json_t *run = json_array_get(detours_of(r, sides[s]), 0);
		size_t pairs = json_array_size(run) / 2;

		fprintf(out, "$%s << EOD\n", sides[s]);
		for (size_t i = 0; i < pairs; i += 1 + pairs / POINTS_MAX)
			fprintf(out, "%.6g %.6g\n", json_number_value(json_array_get(run, 2 * i)) / 1e6,
				json_number_value(json_array_get(run, 2 * i + 1)) / 1e3);
		fputs(pairs ? "EOD\n" : "0 NaN\nEOD\n", out);
	}
	return plot_finish(name, WIDTH, HEIGHT, page_scatter, out, &script, err);
}

/* The numbers of all runs' lists. */
static struct values flatten(const json_t *runs)
{
	struct values all = { 0 };
	size_t i;
	json_t *run;

	json_array_foreach(runs, i, run)
		for (size_t k = 0; k < json_array_size(run); k++)
			values_add(&all, json_number_value(json_array_get(run, k)));
	values_sort(&all);
	return all;
}

char *distribution_draw(const char *name, const json_t *document, int *err)
{
	char *script = NULL;
	size_t size;
	const json_t *r = measured_find(document, "detour.lost");
	FILE *out = r ? plot_begin(&script, &size) : NULL;

	if (!out)
		return NULL;
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		struct values v = detours_lengths(r, sides[s]);

		fprintf(out, "$%s << EOD\n", sides[s]);
		/* All of the tail, and ever fewer points towards the many short ones. */
		for (size_t i = 0; i < v.nr; i += 1 + (v.nr - i) / 400)
			fprintf(out, "%.6g %.6g\n", v.value[i] / 1e3, (double)(v.nr - i) / (double)v.nr);
		fputs(v.nr ? "EOD\n" : "1 NaN\nEOD\n", out);
		free(v.value);
	}
	return plot_finish(name, WIDTH, HEIGHT, page_distribution, out, &script, err);
}

static const json_t *samples_of(const json_t *r, const char *side)
{
	return json_object_get(json_object_get(r, side), "samples");
}

char *histogram_draw(const char *name, const json_t *document, int *err)
{
	const json_t *r = measured_find(document, "fwq.time");
	char *script = NULL;
	size_t size;
	FILE *out = r ? plot_begin(&script, &size) : NULL;

	if (!out)
		return NULL;
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		struct values v = flatten(samples_of(r, sides[s]));

		fprintf(out, "$%s << EOD\n", sides[s]);
		for (size_t i = 0; i < v.nr;) {
			/* Bins are 2 % wide. */
			double low = v.value[i];
			size_t first = i;

			while (i < v.nr && v.value[i] <= low * 1.02)
				i++;
			fprintf(out, "%.6g %.6g\n", low, (double)(i - first) / (double)v.nr);
		}
		fputs(v.nr ? "EOD\n" : "1 NaN\nEOD\n", out);
		free(v.value);
	}
	return plot_finish(name, WIDTH, HEIGHT, page_work, out, &script, err);
}

/* |DFT| of the slots without their mean, by its definition: a few million products. */
static void spectrum_put(FILE *out, const json_t *run)
{
	size_t nr = min(json_array_size(run), (size_t)SPECTRUM);
	double *v = nr ? calloc(nr, sizeof(*v)) : NULL, mean = 0;

	for (size_t i = 0; v && i < nr; i++)
		mean += (v[i] = json_number_value(json_array_get(run, i))) / (double)nr;
	for (size_t k = 1; v && k < nr / 2; k++) {
		double re = 0, im = 0, step = 2 * M_PI * (double)k / (double)nr;

		for (size_t i = 0; i < nr; i++) {
			re += (v[i] - mean) * cos(step * (double)i);
			im += (v[i] - mean) * sin(step * (double)i);
		}
		fprintf(out, "%.6g %.6g\n", (double)k * SLOT_HZ / (double)nr,
			200 * sqrt(re * re + im * im) / (double)nr / (mean > 0 ? mean : 1));
	}
	free(v);
}

char *spectrum_draw(const char *name, const json_t *document, int *err)
{
	const json_t *r = measured_find(document, "ftq.work");
	char *script = NULL;
	size_t size;
	FILE *out = r ? plot_begin(&script, &size) : NULL;

	if (!out)
		return NULL;
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		fprintf(out, "$%s << EOD\n", sides[s]);
		spectrum_put(out, json_array_get(samples_of(r, sides[s]), 0));
		fputs("EOD\n", out);
	}
	return plot_finish(name, WIDTH, HEIGHT, page_spectrum, out, &script, err);
}
