/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detours.c - see detours.h. */
#include "benchmarks/bench/detours.h"

#include <math.h>

const json_t *detours_of(const json_t *result, const char *side)
{
	return json_object_get(json_object_get(json_object_get(result, "series"), side), "detours");
}

struct values detours_lengths(const json_t *result, const char *side)
{
	struct values all = { 0 };
	size_t i;
	json_t *run;

	json_array_foreach(detours_of(result, side), i, run)
		for (size_t k = 1; k < json_array_size(run); k += 2)
			values_add(&all, json_number_value(json_array_get(run, k)));
	values_sort(&all);
	return all;
}

struct detours_long detours_long(const json_t *result, const char *side)
{
	struct values all = detours_lengths(result, side);
	size_t runs = json_array_size(detours_of(result, side)), nr = 0;
	struct detours_long sum = { 0, NAN };

	while (nr < all.nr && all.value[all.nr - 1 - nr] >= DETOUR_LONG_US * 1e3)
		nr++;
	if (nr) {
		const double *at = all.value + all.nr - nr;

		sum = (struct detours_long){ (double)nr / (double)runs, (at[(nr - 1) / 2] + at[nr / 2]) / 2e3 };
	}
	values_fini(&all);
	return sum;
}
