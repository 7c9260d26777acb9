/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_counters.c - the processor's counters over whole runs of the kernels, natively and in a guest. */
#include <stdlib.h>

#include "benchmarks/bench/counters.h"
#include "benchmarks/bench/text.h"

#define GROUP "counters"

static const struct {
	const char *event, *name;
} events[] = {
	{ "PAPI_TOT_CYC", "cycles" },
	{ "PAPI_TOT_INS", "instructions" },
	{ "PAPI_TLB_DM", "dtlb-misses" },
	{ "PAPI_L2_DCM", "l2-misses" },
};

static void difference(struct metric *m)
{
	m->compare = COMPARE_DIFFERENCE; /* there may be none */
}

static void kernel_add(struct suite *s, const char *kernel, const char *args)
{
	struct bench *b = suite_add(s, GROUP, "What does the processor count around a kernel?", "count-%s", kernel);

	bench_memory(s, b, suite_pick(s, 256, 64, 4) + 16, NULL);
	b->payload = text_format("kernels/%s", kernel);
	b->bare = true; /* reading the proof is no work of the kernel's */
	bench_args(b, "%s", args);
	b->seconds = 0.3;
	bench_few_rounds(s, b);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		char *key = text_format(COUNTERS_PREFIX "%s", events[i].event);
		struct metric *m = bench_metric(b, key, "per run", 1, BETTER_LOWER, NO_TARGET, "%s.%s", kernel, events[i].name);
		const char *why = counters_missing(events[i].event);

		if (why)
			m->reason = text_format("PAPI cannot count %s here: %s", events[i].event, why);
		free(key);
	}
	difference(bench_metric(b, METRIC_FAULTS, "per run", 1, BETTER_LOWER, NO_TARGET, "%s.page-faults", kernel));
	difference(bench_metric(b, METRIC_SWITCHES, "per run", 1, BETTER_LOWER, NO_TARGET, "%s.switches", kernel));
}

void counters_add(struct suite *s)
{
	char *stream = text_format("bytes=%lluM rounds=3", (unsigned long long)suite_pick(s, 192, 48, 3));
	char *gups = text_format("bytes=%lluM updates=%lluK rounds=2", (unsigned long long)suite_pick(s, 256, 64, 4),
		(unsigned long long)suite_pick(s, 2048, 256, 16));

	kernel_add(s, "stream", stream);
	kernel_add(s, "gups", gups);
	free(stream);
	free(gups);
}
