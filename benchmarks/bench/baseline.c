/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * baseline.c - this run against an earlier one: is anything worse, for sure and by more than a threshold?
 *
 * What has a native side is compared by virtual over native, which a host that changed as a whole leaves alone; the
 * rest by the virtual runs' values. What may be zero (differences) is not compared. METHOD.md says more.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "vmm/log.h"

static const json_t *result_find(const json_t *document, const char *name)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(document, "results"), i, r)
		if (strcmp(string_of(r, "name"), name) == 0)
			return r;
	return NULL;
}

static bool has_ratio(const json_t *r)
{
	return !isnan(number_of(r, "ratio"));
}

/* The values that stand for a result: of pairs, or of the virtual runs. */
static struct values values_of(const json_t *r, bool ratios)
{
	struct values v = run_medians(json_object_get(r, "virtual"));

	if (ratios) {
		struct values native = run_medians(json_object_get(r, "native"));

		v.nr = min(v.nr, native.nr);
		for (size_t i = 0; i < v.nr; i++)
			v.value[i] /= native.value[i];
		free(native.value);
	}
	return v;
}

/* For few values, the worst that any two of them say: the bootstrap would be too sure. */
static void range_ratio(const struct values *a, const struct values *b, struct interval *sure)
{
	double a_low = INFINITY, a_high = 0, b_low = INFINITY, b_high = 0;

	for (size_t i = 0; i < a->nr; i++) {
		a_low = min(a_low, a->value[i]);
		a_high = max(a_high, a->value[i]);
	}
	for (size_t i = 0; i < b->nr; i++) {
		b_low = min(b_low, b->value[i]);
		b_high = max(b_high, b->value[i]);
	}
	*sure = (struct interval){ a_low / b_high, a_high / b_low };
}

/* False if these two cannot be compared. */
static bool compare(const json_t *now, const json_t *before, double *ratio, struct interval *sure)
{
	bool ratios = has_ratio(now) && has_ratio(before);
	struct values a = values_of(now, ratios), b = values_of(before, ratios);
	bool good = min(a.nr, b.nr) >= PAIRS_RANGE &&
		sample_compare(a.value, a.nr, b.value, b.nr, LEVEL, ratio, sure) == 0;

	if (good && min(a.nr, b.nr) < PAIRS_BOOTSTRAP)
		range_ratio(&a, &b, sure);
	free(a.value);
	free(b.value);
	return good;
}

static bool comparable(const json_t *r)
{
	return r && strcmp(string_of(r, "status"), "measured") == 0 && strcmp(string_of(r, "compare"), "ratio") == 0;
}

static void hosts_compare(const json_t *now, const json_t *before)
{
	static const char *const keys[] = { "cpu", "microcode", "kernel", "cmdline", "cpus_used" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *a = string_of(json_object_get(now, "host"), keys[i]);
		const char *b = string_of(json_object_get(before, "host"), keys[i]);

		if (strcmp(a, b) != 0)
			log_warn("the baseline is of a host whose %s is \"%s\", not \"%s\"", keys[i], b, a);
	}
}

int baseline_compare(const json_t *document, const json_t *before, double threshold)
{
	int worse = 0, better = 0, same = 0, skipped = 0;
	size_t i;
	json_t *r;

	hosts_compare(document, before);
	json_array_foreach(json_object_get(document, "results"), i, r) {
		const json_t *old = result_find(before, string_of(r, "name"));
		bool higher = strcmp(string_of(r, "better"), "higher") == 0;
		struct interval sure;
		enum change change;
		double ratio;

		if (!comparable(r) || !comparable(old) || !compare(r, old, &ratio, &sure)) {
			skipped++;
			continue;
		}
		change = change_of(higher ? BETTER_HIGHER : BETTER_LOWER, sure, threshold);
		worse += change == CHANGE_WORSE;
		better += change == CHANGE_BETTER;
		same += change == CHANGE_NONE;
		if (change != CHANGE_NONE)
			printf("%-34s %s: %.3f of the baseline, %.3f to %.3f\n", string_of(r, "name"),
				change == CHANGE_WORSE ? "WORSE" : "better", ratio, sure.low, sure.high);
	}
	printf("against the baseline, beyond %.3g %%: %d worse, %d better, %d not shown to differ, %d not compared\n",
		threshold * 100, worse, better, same, skipped);
	return worse;
}
