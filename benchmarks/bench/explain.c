/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - see explain.h. */
#include "benchmarks/bench/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/detours.h"
#include "benchmarks/bench/document.h"
#include "benchmarks/bench/text.h"

/* How far apart the values of the runs are, in percent of their median. */
static double scatter(const json_t *side)
{
	struct values v = run_medians(side);
	double low = INFINITY, high = -INFINITY, median = number_of(side, "median");

	for (size_t i = 0; i < v.nr; i++) {
		low = min(low, v.value[i]);
		high = max(high, v.value[i]);
	}
	free(v.value);
	return median != 0 ? 100 * (high - low) / fabs(median) : 0;
}

static double mean(const json_t *list)
{
	double sum = 0;
	size_t i;
	json_t *n;

	json_array_foreach(list, i, n)
		sum += json_number_value(n);
	return i ? sum / (double)i : 0;
}

static double exits_mean(const json_t *list, const char *key)
{
	double sum = 0;
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		sum += number_of(one, key);
	return i ? sum / (double)i : 0;
}

static bool straddles(const json_t *r)
{
	double target = number_of(r, "target");

	return number_of(r, "ci_low") <= target && target <= number_of(r, "ci_high");
}

json_t *explain_miss(const json_t *r, bool emulated)
{
	char text[200];

	if (strcmp(string_of(r, "verdict"), "not shown") != 0)
		return NULL;
	if (emulated)
		return json_string("this host is emulated: its times mean nothing");
	if (isnan(number_of(r, "ci_low")))
		return json_string("there are too few pairs of runs for an interval");
	snprintf(text, sizeof(text), "the %s; runs differ by %.1f %% natively, by %.1f %% in the guest",
		straddles(r) ? "target is within the interval" : "whole interval is on the wrong side of the target",
		scatter(json_object_get(r, "native")), scatter(json_object_get(r, "virtual")));
	return json_string(text);
}

struct counts explain_numbers(const json_t *r)
{
	const json_t *interrupts = json_object_get(r, "host_interrupts"), *exits = json_object_get(r, "exits");
	const json_t *steal = json_object_get(r, "host_steal_ms");

	return (struct counts){ mean(json_object_get(interrupts, "native")), mean(json_object_get(interrupts, "virtual")),
		mean(json_object_get(steal, "native")), mean(json_object_get(steal, "virtual")), exits_mean(exits, "kvm"),
		exits_mean(exits, "user") };
}

/* How often both sides were away for long, and for how long; "" where nobody has looked. */
static char *detours_text(const json_t *r)
{
	struct detours_long native = detours_long(r, "native"), guest = detours_long(r, "virtual");

	if (isnan(native.median_us) || isnan(guest.median_us))
		return text_format("%s", "");
	return text_format("; away for %d us or more %.0f times natively, %.0f us in the median, and %.0f times in the "
		"guest, %.0f us", DETOUR_LONG_US, native.a_run, native.median_us, guest.a_run, guest.median_us);
}

char *explain_counts(const json_t *r)
{
	const json_t *kvm = json_object_get(r, "kvm_pages");
	struct counts n = explain_numbers(r);
	char *pages, *text, *below, *kvms, *detours;

	if (!json_array_size(json_object_get(r, "exits")))
		return NULL;
	pages = json_is_number(json_object_get(kvm, "pages_4k")) ? text_format("; KVM maps the guest's memory by %.0f pages of "
		"1G, %.0f of 2M, %.0f of 4K", number_of(kvm, "pages_1g"), number_of(kvm, "pages_2m"), number_of(kvm, "pages_4k")) :
		text_format("%s", "");
	below = n.steal_native + n.steal_virtual > 0 ? text_format("; a hypervisor below this host took %.1f ms of a run "
		"natively, %.1f ms with the guest", n.steal_native, n.steal_virtual) : text_format("%s", "");
	kvms = isnan(n.exits_kvm) ? text_format("exits that this kernel does not count") :
		text_format("%.0f exits that KVM served", n.exits_kvm);
	detours = detours_text(r);
	text = text_format("in a run %.0f host interrupts natively, %.0f with the guest%s; %s, of which thole %.0f%s%s",
		n.interrupts_native, n.interrupts_virtual, detours, kvms, n.exits_thole, pages, below);
	free(detours);
	free(kvms);
	free(below);
	free(pages);
	return text;
}
