/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - a document for people on a terminal; and the small readers of a document that others use, too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/explain.h"
#include "benchmarks/bench/text.h"

double number_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

struct values run_medians(const json_t *side)
{
	struct values all = { 0 };
	size_t i, k;
	json_t *run, *value;

	json_array_foreach(json_object_get(side, "samples"), i, run) {
		struct values one = { 0 };

		json_array_foreach(run, k, value)
			values_add(&one, json_number_value(value));
		values_add(&all, values_median(&one));
		values_fini(&one);
	}
	return all;
}

const char *number_text(double value, char text[24])
{
	double size = fabs(value);

	if (isnan(value))
		snprintf(text, 24, "-");
	else if (size >= 1000)
		snprintf(text, 24, "%.0f", value);
	else if (size >= 100)
		snprintf(text, 24, "%.1f", value);
	else if (size >= 10)
		snprintf(text, 24, "%.2f", value);
	else if (size >= 0.1 || size == 0)
		snprintf(text, 24, "%.3f", value);
	else
		snprintf(text, 24, "%.3g", value);
	return text;
}

/* Digits after the point, so that small ones line up and large ones stay short. */
static int places_of(double value)
{
	return fabs(value) >= 1000 ? 0 : fabs(value) >= 100 ? 1 : 3;
}

const char *interval_text(const json_t *r, char text[48])
{
	double low = number_of(r, "ci_low"), high = number_of(r, "ci_high");

	if (isnan(low))
		snprintf(text, 48, "-");
	else
		snprintf(text, 48, "%.*f to %.*f", places_of(low), low, places_of(high), high);
	return text;
}

const char *comparison_text(const json_t *r, char text[24])
{
	bool ratio = strcmp(string_of(r, "compare"), "ratio") == 0;
	double value = number_of(r, ratio ? "ratio" : "difference");

	if (isnan(value))
		snprintf(text, 24, "-");
	else
		snprintf(text, 24, ratio ? "%.*f" : "%+.*f", places_of(value), value);
	return text;
}

static const char *target_text(const json_t *r, char text[24])
{
	double target = number_of(r, "target");
	bool higher = strcmp(string_of(r, "better"), "higher") == 0;

	if (isnan(target))
		snprintf(text, 24, "-");
	else
		snprintf(text, 24, "%s %.3g", higher ? ">=" : "<=", target);
	return text;
}

static void row_print(const json_t *r)
{
	char native[24], virtual[24], comparison[24], interval[48], target[24], name[48];
	double exits = number_of(json_object_get(r, "exits_per_operation"), "kvm");

	snprintf(name, sizeof(name), "%s, %s", string_of(r, "name"), string_of(r, "unit"));
	printf("%-34s %10s %10s %8s  %-18s %8s  %s", name,
		number_text(number_of(json_object_get(r, "native"), "median"), native),
		number_text(number_of(json_object_get(r, "virtual"), "median"), virtual), comparison_text(r, comparison),
		interval_text(r, interval), target_text(r, target), string_of(r, "verdict"));
	if (!isnan(exits))
		printf("  %.2f exits each", exits);
	putchar('\n');
}

static void groups_print(const json_t *results)
{
	const char *group = "";
	size_t i;
	json_t *r;

	json_array_foreach(results, i, r) {
		if (strcmp(string_of(r, "status"), "measured") != 0)
			continue;
		if (strcmp(group, string_of(r, "group")) != 0) {
			group = string_of(r, "group");
			printf("\n%-34s %10s %10s %8s  %-18s %8s\n", group, "native", "virtual", "ratio", "95 % interval", "target");
		}
		row_print(r);
	}
}

/* Why targets are not shown, and what was counted around those runs. */
static void misses_print(const json_t *results)
{
	const char *bench = "";
	bool any = false;
	size_t i;
	json_t *r;

	json_array_foreach(results, i, r) {
		char *counts;

		if (!*string_of(r, "why"))
			continue;
		if (!any)
			printf("\nNot shown, since\n");
		any = true;
		printf("  %s: %s\n", string_of(r, "name"), string_of(r, "why"));
		if (strcmp(bench, string_of(r, "bench")) == 0)
			continue;
		bench = string_of(r, "bench");
		counts = explain_counts(r);
		if (counts)
			printf("      %s\n", counts);
		free(counts);
	}
}

/* Why something is not there: neighbours with the same reason together. */
static void reasons_print(const json_t *results)
{
	const char *last = "";
	bool any = false;
	size_t i;
	json_t *r;

	json_array_foreach(results, i, r) {
		const char *reason = string_of(r, "reason");

		if (!*reason)
			continue;
		if (!any)
			printf("\nNot measured");
		any = true;
		if (strcmp(last, reason) == 0)
			printf(", %s", string_of(r, "name"));
		else
			printf("\n  %s: %s:\n      %s", strcmp(string_of(r, "status"), "failed") == 0 ? "FAILED" : "not available",
				reason, string_of(r, "name"));
		last = reason;
	}
	if (any)
		putchar('\n');
}

void table_print(const json_t *document)
{
	const json_t *host = json_object_get(document, "host"), *results = json_object_get(document, "results");
	const json_t *kvm = json_object_get(host, "kvm");

	printf("%s, Linux %s, CPUs %s, KVM %s%s; thole %s, %s\n", string_of(host, "cpu"), string_of(host, "kernel"),
		string_of(host, "cpus_used"), string_of(kvm, "backend"),
		json_is_true(json_object_get(kvm, "nested_paging")) ? "" : " (no nested paging)",
		string_of(document, "version"), string_of(document, "ended"));
	if (json_is_true(json_object_get(host, "emulated")))
		puts("This host is emulated: times mean nothing here. Counts, such as exits for each operation, do.");
	groups_print(results);
	misses_print(results);
	reasons_print(results);
	printf("\nRatios are virtual over native; differences have a sign. met: the whole interval is on the target's good side.\n");
}
