/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots_mpi.c - see plots_mpi.h. */
#include "benchmarks/bench/plots_mpi.h"

#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/page.h"
#include "benchmarks/bench/plots.h"
#include "benchmarks/bench/plots_noise.h"
#include "benchmarks/bench/text.h"

#define WIDTH  760
#define HEIGHT 340

static const struct curve {
	const char *block, *prefix, *side;
} curves[] = {
	{ "n1", "mpi-", "native" },
	{ "v1", "mpi-", "virtual" },
	{ "n2", "mpi-2-", "native" },
	{ "v2", "mpi-2-", "virtual" },
};

/* Medians with their intervals, or with least and most where there are too few runs. How many there are. */
static size_t curve_put(FILE *out, const json_t *document, const struct curve *c, const char *program)
{
	char *start = text_format("%s%s.", c->prefix, program);
	size_t i, nr = 0;
	json_t *r;

	fprintf(out, "$%s << EOD\n", c->block);
	json_array_foreach(json_object_get(document, "results"), i, r) {
		const char *name = string_of(r, "name");
		const json_t *side = json_object_get(r, c->side);
		bool sure = json_is_number(json_object_get(side, "ci_low"));

		if (strncmp(name, start, strlen(start)) != 0 || !json_is_object(side))
			continue;
		fprintf(out, "%.0f %.6g %.6g %.6g\n", bytes_of(name), number_of(side, "median"),
			number_of(side, sure ? "ci_low" : "min"), number_of(side, sure ? "ci_high" : "max"));
		nr++;
	}
	fputs("EOD\n", out);
	free(start);
	return nr;
}

static char *sizes_draw(const char *name, const json_t *document, const char *program, const char *label, int *err)
{
	bool there[ARRAY_SIZE(curves)];
	char *script = NULL;
	size_t size, nr = 0;
	FILE *out = plot_begin(&script, &size);

	if (!out)
		return plot_finish(name, 0, 0, "", out, &script, err);
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
		there[i] = curve_put(out, document, &curves[i], program) > 0;
		nr += there[i];
	}
	fprintf(out, "label = \"%s\"\ncurves = \"", label);
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		fprintf(out, "%s ", there[i] ? curves[i].block : "");
	fputs("\"\n", out);
	return nr ? plot_finish(name, WIDTH, HEIGHT, page_mpi, out, &script, err) : plot_drop(out, &script);
}

char *mpi_latency_draw(const char *name, const json_t *document, int *err)
{
	return sizes_draw(name, document, "latency", "us", err);
}

char *mpi_bandwidth_draw(const char *name, const json_t *document, int *err)
{
	return sizes_draw(name, document, "bandwidth", "MB/s", err);
}

char *mpi_allreduce_draw(const char *name, const json_t *document, int *err)
{
	return sizes_draw(name, document, "allreduce", "us", err);
}
