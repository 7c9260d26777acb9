/* SPDX-License-Identifier: GPL-2.0-or-later */
/* values.c - see values.h. */
#include "benchmarks/bench/values.h"

#include <math.h>
#include <stdlib.h>

#include "benchmarks/bench/text.h"
#include "benchmarks/sample.h"

void values_add(struct values *v, double value)
{
	v->value = grow(v->value, v->nr, sizeof(*v->value));
	v->value[v->nr++] = value;
}

static int double_cmp(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void values_sort(struct values *v)
{
	if (v->nr)
		qsort(v->value, v->nr, sizeof(*v->value), double_cmp);
}

double values_median(struct values *v)
{
	values_sort(v);
	return v->nr ? sample_quantile(v->value, v->nr, 0.5) : NAN;
}

void values_fini(struct values *v)
{
	free(v->value);
	*v = (struct values){ 0 };
}
