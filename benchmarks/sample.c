/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.c - quantiles of a sorted copy, and the bootstrap: draw n of the n values with replacement,
 * take the median, many times over; the middle 95 % of those medians is the interval.
 *
 * Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13 (percentile intervals).
 */
#include "benchmarks/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 9999
#define SEED      0x74686f6c65ull

/* Steele, Lea and Flood's SplitMix64: short, and good enough to draw with. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From 0 to n - 1; the bias is n / 2^64. */
static size_t random_below(uint64_t *state, size_t n)
{
	return (size_t)((unsigned __int128)random_next(state) * n >> 64);
}

static int value_order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double sample_quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t below = (size_t)at;
	size_t above = min(below + 1, n - 1);

	return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

/* The median of one draw. As the values are in order, counting which were drawn sorts the draw. */
static double median_redrawn(const double *sorted, size_t n, size_t *drawn, uint64_t *random)
{
	size_t lower = (n - 1) / 2;
	size_t upper = n / 2;
	size_t seen = 0;
	size_t i = 0;
	double low;

	memset(drawn, 0, n * sizeof(*drawn));
	for (size_t k = 0; k < n; k++)
		drawn[random_below(random, n)]++;
	while ((seen += drawn[i]) <= lower)
		i++;
	low = sorted[i];
	while (seen <= upper)
		seen += drawn[++i];
	return (low + sorted[i]) / 2;
}

static int median_interval(const double *sorted, size_t n, double level, struct interval *out)
{
	double *medians = malloc(RESAMPLES * sizeof(*medians));
	size_t *drawn = malloc(n * sizeof(*drawn));
	uint64_t random = SEED;
	int err = medians && drawn ? 0 : -ENOMEM;

	for (size_t i = 0; i < RESAMPLES && !err; i++)
		medians[i] = median_redrawn(sorted, n, drawn, &random);
	if (!err) {
		qsort(medians, RESAMPLES, sizeof(*medians), value_order);
		out->low = sample_quantile(medians, RESAMPLES, (1 - level) / 2);
		out->high = sample_quantile(medians, RESAMPLES, (1 + level) / 2);
	}
	free(drawn);
	free(medians);
	return err;
}

/* Sorts the values. */
static int describe(double *values, size_t n, double level, struct sample *out)
{
	if (!n || !(level > 0 && level < 1))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return -EINVAL;
	qsort(values, n, sizeof(*values), value_order);
	*out = (struct sample){
		.n = n,
		.min = values[0],
		.max = values[n - 1],
		.q1 = sample_quantile(values, n, 0.25),
		.median = sample_quantile(values, n, 0.5),
		.q3 = sample_quantile(values, n, 0.75),
		.p99 = sample_quantile(values, n, 0.99),
	};
	return median_interval(values, n, level, &out->sure);
}

int sample_describe(const double *values, size_t n, double level, struct sample *out)
{
	double *copy = calloc(max(n, (size_t)1), sizeof(*copy));
	int err;

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, values, n * sizeof(*copy));
	err = describe(copy, n, level, out);
	free(copy);
	return err;
}

int sample_describe_ratio(const double *over, const double *under, size_t n, double level, struct sample *out)
{
	double *ratio = calloc(max(n, (size_t)1), sizeof(*ratio));
	int err;

	if (!ratio)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		ratio[i] = under[i] == 0 ? NAN : over[i] / under[i];
	err = describe(ratio, n, level, out);
	free(ratio);
	return err;
}

int sample_describe_difference(const double *over, const double *under, size_t n, double level, struct sample *out)
{
	double *difference = calloc(max(n, (size_t)1), sizeof(*difference));
	int err;

	if (!difference)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		difference[i] = over[i] - under[i];
	err = describe(difference, n, level, out);
	free(difference);
	return err;
}

/* A sorted copy of n values that may be compared; *err says why not. */
static double *sorted_copy(const double *values, size_t n, bool positive, int *err)
{
	double *copy = n ? malloc(n * sizeof(*copy)) : NULL;

	*err = n ? -ENOMEM : -EINVAL;
	if (!copy)
		return NULL;
	memcpy(copy, values, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), value_order);
	*err = 0;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(copy[i]) || (positive && copy[i] <= 0))
			*err = -EINVAL;
	return copy;
}

static int ratios_draw(const double *a, size_t nr_a, const double *b, size_t nr_b, double level,
	struct interval *sure)
{
	double *ratios = malloc(RESAMPLES * sizeof(*ratios));
	size_t *drawn = malloc(max(nr_a, nr_b) * sizeof(*drawn));
	uint64_t random = SEED;
	int err = ratios && drawn ? 0 : -ENOMEM;

	for (size_t i = 0; i < RESAMPLES && !err; i++) {
		double over = median_redrawn(a, nr_a, drawn, &random);

		ratios[i] = over / median_redrawn(b, nr_b, drawn, &random);
	}
	if (!err) {
		qsort(ratios, RESAMPLES, sizeof(*ratios), value_order);
		sure->low = sample_quantile(ratios, RESAMPLES, (1 - level) / 2);
		sure->high = sample_quantile(ratios, RESAMPLES, (1 + level) / 2);
	}
	free(drawn);
	free(ratios);
	return err;
}

int sample_compare(const double *a, size_t nr_a, const double *b, size_t nr_b, double level, double *ratio,
	struct interval *sure)
{
	int err_a, err_b, err;
	double *x = sorted_copy(a, nr_a, false, &err_a);
	double *y = sorted_copy(b, nr_b, true, &err_b);

	err = err_a ? err_a : err_b;
	if (!err && !(level > 0 && level < 1))
		err = -EINVAL;
	if (!err) {
		*ratio = sample_quantile(x, nr_a, 0.5) / sample_quantile(y, nr_b, 0.5);
		err = ratios_draw(x, nr_a, y, nr_b, level, sure);
	}
	free(x);
	free(y);
	return err;
}
