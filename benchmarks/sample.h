/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.h - what a handful of measurements says: order statistics, and how sure the median is.
 *
 * Values in, values out: no state, no input or output, any thread. The same values always give the
 * same answer, since the bootstrap's random numbers start from a fixed seed.
 */
#ifndef BENCHMARKS_SAMPLE_H
#define BENCHMARKS_SAMPLE_H

#include <stddef.h>

#include "vmm/util.h"

struct interval {
	double low, high;
};

struct sample {
	size_t n;
	double min, max;
	double q1, median, q3, p99;
	struct interval sure; /* of the median, at the level asked for */
};

/* The q-quantile (0 to 1) of n > 0 ascending values, between neighbours by their distance (Hyndman and
 * Fan's type 7, the default of R and numpy). */
double sample_quantile(const double *sorted, size_t n, double q);

/*
 * Describe n values, in any order. level: of the confidence interval, 0.95 say. That is the
 * percentile bootstrap's of the median; it makes no assumption about the distribution, but expects
 * independent values, and with n below about 10 it is too narrow.
 * Errors: -EINVAL (no value, one that is not finite, a level outside 0 to 1), -ENOMEM.
 */
int sample_describe(const double *values, size_t n, double level, struct sample *out) must_check;

/* The same for over[i] / under[i], which is what values measured side by side are good for: what
 * disturbs both halves of a pair cancels. No under[i] may be 0. */
int sample_describe_ratio(const double *over, const double *under, size_t n, double level,
	struct sample *out) must_check;

/* The same for over[i] - under[i]: for what may be 0, such as a share of time that was lost. */
int sample_describe_difference(const double *over, const double *under, size_t n, double level,
	struct sample *out) must_check;

/* Two samples that have nothing to do with each other, such as of two days: the ratio of their medians,
 * a over b, and its interval, for which each is drawn anew by itself. Errors as above, and -EINVAL if b's
 * values are not all positive. */
int sample_compare(const double *a, size_t nr_a, const double *b, size_t nr_b, double level, double *ratio,
	struct interval *sure) must_check;

#endif
