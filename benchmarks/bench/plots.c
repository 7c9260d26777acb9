/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots.c - what a document has, as data for the gnuplot scripts of page/. */
#include "benchmarks/bench/plots.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/gnuplot.h"
#include "benchmarks/bench/page.h"
#include "benchmarks/bench/plots_mpi.h"
#include "benchmarks/bench/plots_noise.h"
#include "benchmarks/bench/text.h"

#define WIDTH  760
#define HEIGHT 340

const json_t *measured_find(const json_t *document, const char *name)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r)
		if (strcmp(string_of(r, "name"), name) == 0 && strcmp(string_of(r, "status"), "measured") == 0)
			return r;
	return NULL;
}

FILE *plot_begin(char **script, size_t *size)
{
	FILE *out = open_memstream(script, size);

	if (out)
		fputs(page_common, out);
	return out;
}

char *plot_finish(const char *name, unsigned width, unsigned height, const char *how, FILE *out, char **script, int *err)
{
	char *svg;

	if (out)
		fputs(how, out);
	if (!out || fclose(out) != 0) {
		*err = -ENOMEM;
		return NULL;
	}
	svg = gnuplot_svg(name, width, height, *script);
	free(*script);
	if (!svg)
		*err = -EIO;
	return svg;
}

char *plot_drop(FILE *out, char **script)
{
	fclose(out);
	free(*script);
	return NULL;
}

/* Speed in the guest over native speed, whatever the unit's direction: for times, the inverse of the ratio. */
static bool speed_of(const json_t *r, double *speed, double *low, double *high)
{
	double ratio = number_of(r, "ratio"), a = number_of(r, "ci_low"), b = number_of(r, "ci_high");
	bool lower = strcmp(string_of(r, "better"), "lower") == 0;

	if (strcmp(string_of(r, "status"), "measured") != 0 || strcmp(string_of(r, "compare"), "ratio") != 0 ||
		isnan(ratio) || ratio <= 0)
		return false;
	if (isnan(a) || a <= 0)
		a = b = ratio;
	*speed = lower ? 1 / ratio : ratio;
	*low = lower ? 1 / b : a;
	*high = lower ? 1 / a : b;
	return true;
}

#define SPEED_LEAST 0.3 /* beyond these a speed is written at the edge of its drawing */
#define SPEED_MOST  2.0

/* Speeds that are not within the drawing, as labels at its edges. No block of data, which may be empty: gnuplot 5.4 dies of
 * labels of which none can be drawn. */
static void ratios_beyond_put(FILE *out, const json_t *document)
{
	double speed, low, high;
	unsigned row = 0;
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r) {
		if (!speed_of(r, &speed, &low, &high))
			continue;
		row++;
		if (speed < SPEED_LEAST || speed > SPEED_MOST)
			fprintf(out, "set label \"%s%.2g%s\" at %.2f, %u center font ',11' textcolor rgb guest\n",
				speed < SPEED_LEAST ? "< " : "", speed, speed > SPEED_MOST ? " >" : "",
				speed < SPEED_LEAST ? SPEED_LEAST + 0.08 : SPEED_MOST - 0.06, row);
	}
}

static char *ratios_draw(const char *name, const json_t *document, int *err)
{
	char *script = NULL;
	size_t size, i;
	unsigned nr = 0;
	double least = 0.9, most = 1.1, speed, low, high;
	FILE *out = plot_begin(&script, &size);
	json_t *r;

	if (!out)
		return plot_finish(name, 0, 0, "", out, &script, err);
	fputs("$d << EOD\n", out);
	json_array_foreach(json_object_get(document, "results"), i, r) {
		if (!speed_of(r, &speed, &low, &high))
			continue;
		fprintf(out, "%u %.6g %.6g %.6g \"%s\"\n", ++nr, speed, low, high, string_of(r, "name"));
		least = min(least, max(low, SPEED_LEAST));
		most = max(most, min(high, SPEED_MOST));
	}
	fputs("EOD\n", out);
	ratios_beyond_put(out, document);
	fprintf(out, "rows = %u\nleast = %.3f\nmost = %.3f\n", nr, least, most);
	return nr ? plot_finish(name, WIDTH, 90 + 19 * nr, page_ratios, out, &script, err) : plot_drop(out, &script);
}

double bytes_of(const char *name)
{
	char *unit;
	double n = strtod(strchr(name, '.') + 1, &unit);

	return n * (*unit == 'G' ? 0x1p30 : *unit == 'M' ? 0x1p20 : *unit == 'K' ? 0x1p10 : 1);
}

static char *latency_draw(const char *name, const json_t *document, int *err)
{
	static const char *const sides[] = { "native", "virtual" };
	char *script = NULL;
	size_t size, i, nr = 0;
	FILE *out = plot_begin(&script, &size);
	json_t *r;

	for (size_t side = 0; out && side < ARRAY_SIZE(sides); side++) {
		fprintf(out, "$%s << EOD\n", sides[side]);
		json_array_foreach(json_object_get(document, "results"), i, r) {
			const json_t *s = json_object_get(r, sides[side]);

			if (strncmp(string_of(r, "name"), "chase.", 6) != 0 || !json_is_object(s))
				continue;
			fprintf(out, "%.0f %.6g %.6g\n", bytes_of(string_of(r, "name")), number_of(s, "median"), number_of(s, "p99"));
			nr++;
		}
		fputs("EOD\n", out);
	}
	if (nr || !out)
		return plot_finish(name, WIDTH, HEIGHT, page_latency, out, &script, err);
	return plot_drop(out, &script);
}

/* Three by three. */
static char *pages_draw(const char *name, const json_t *document, int *err)
{
	static const char *const sizes[] = { "4K", "2M", "1G" };
	char *script = NULL;
	size_t size, nr = 0;
	FILE *out = plot_begin(&script, &size);

	if (!out)
		return plot_finish(name, 0, 0, "", out, &script, err);
	fputs("$d << EOD\n", out);
	for (size_t guest = 0; guest < ARRAY_SIZE(sizes); guest++)
		for (size_t host = 0; host < ARRAY_SIZE(sizes); host++) {
			char *key = text_format("pages.guest-%s.host-%s", sizes[guest], sizes[host]);
			const json_t *r = measured_find(document, key);

			free(key);
			if (r) {
				double v = number_of(json_object_get(r, "virtual"), "median");

				fprintf(out, "%zu %zu %.4g \"%.3g\"\n", host, guest, v, v);
				nr++;
			} else {
				fprintf(out, "%zu %zu NaN \"not here\"\n", host, guest);
			}
		}
	fputs("EOD\n", out);
	return nr ? plot_finish(name, WIDTH, HEIGHT, page_pages, out, &script, err) : plot_drop(out, &script);
}

/* Results whose names are this and a number of vCPUs, as points. */
static size_t vcpus_put(FILE *out, const json_t *document, const char *prefix, const char *block)
{
	size_t i, nr = 0;
	json_t *r;

	fprintf(out, "$%s << EOD\n", block);
	json_array_foreach(json_object_get(document, "results"), i, r) {
		const char *name = string_of(r, "name");
		const json_t *side = json_object_get(r, "virtual");

		if (strncmp(name, prefix, strlen(prefix)) != 0 || !json_is_object(side))
			continue;
		fprintf(out, "%s %.6g %.6g %.6g\n", name + strlen(prefix), number_of(side, "median"), number_of(side, "min"),
			number_of(side, "max"));
		nr++;
	}
	fputs("EOD\n", out);
	return nr;
}

static char *vcpus_draw(const char *name, const json_t *document, const char *prefix, const char *label, int *err)
{
	char *script = NULL;
	size_t size, nr;
	FILE *out = plot_begin(&script, &size);

	if (!out)
		return plot_finish(name, 0, 0, "", out, &script, err);
	nr = vcpus_put(out, document, prefix, "d");
	fprintf(out, "label = \"%s\"\n", label);
	return nr ? plot_finish(name, WIDTH, 260, page_vcpus, out, &script, err) : plot_drop(out, &script);
}

static char *start_draw(const char *name, const json_t *document, int *err)
{
	return vcpus_draw(name, document, "start.vcpus-", "ms to the last vCPU", err);
}

static char *boot_draw(const char *name, const json_t *document, int *err)
{
	return vcpus_draw(name, document, "linux-to-init.vcpus-", "ms to the guest's init", err);
}

static char *resident_draw(const char *name, const json_t *document, int *err)
{
	return vcpus_draw(name, document, "resident.vcpus-", "MiB beside the guest", err);
}

const struct plot plots[] = {
	{ "ratios", "The guest's speed over native speed",
		"To the left of 1 the guest is slower. For times the ratio is turned over, so that right is better everywhere. "
		"What is outside of the drawing is written at its edge.",
		ratios_draw },
	{ "latency", "Latency over footprint", "Dependent loads at random, from the caches to memory.", latency_draw },
	{ "pages", "What page sizes do to random updates", "In the guest; higher is better.", pages_draw },
	{ "scatter", "Detours over time", "Each point is a moment that the CPU was away from its only program.", scatter_draw },
	{ "distribution", "How long detours are", "Of all detours, the part that is at least so long.", distribution_draw },
	{ "work", "Fixed work: how its time is distributed", "Pieces of the same work, by the time that they took.",
		histogram_draw },
	{ "spectrum", "Fixed time: what comes regularly", "Spectrum of the work done in slots of 100 us, without its mean.",
		spectrum_draw },
	{ "mpi_latency", "MPI: how long a message takes, over its size",
		"From rank to rank: through memory, natively and in one machine; broken lines, by TCP, natively through the loopback "
		"device and between two machines. Bars are intervals of the median, or all of few runs.", mpi_latency_draw },
	{ "mpi_bandwidth", "MPI: bandwidth over the size of messages", "The same ways; higher is better.", mpi_bandwidth_draw },
	{ "mpi_allreduce", "MPI: how long a sum over all ranks takes, over its size", "The same ways; lower is better.",
		mpi_allreduce_draw },
	{ "start", "Start-up over the number of vCPUs", "From thole's start until all vCPUs run; no guest kernel.", start_draw },
	{ "boot", "Boot time over the number of vCPUs", "From thole's start to the first instruction of a Linux guest's init.",
		boot_draw },
	{ "resident", "thole's own memory over the number of vCPUs", "Everything resident but guest memory.", resident_draw },
};

const size_t plots_nr = ARRAY_SIZE(plots);
