/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_noise.c - the time that a CPU loses to others, and whether equal work takes equal time. */
#include <string.h>

#include "benchmarks/bench/suite.h"
#include "benchmarks/bench/text.h"

#define GROUP	    "noise"
#define LOST_POINTS 0.2 /* more than natively, at most: percentage points */

/*
 * Many short pairs of runs rather than few long ones: what a shared machine loses comes in waves of seconds, in which
 * both runs of a pair have to be. Slices would do that better, but their stops look like noise.
 */
#define PAIRS_DETOUR  4 /* for each of other benches */
#define PAIRS_QUANTUM 2

static struct metric *difference(struct metric *m)
{
	m->compare = COMPARE_DIFFERENCE;
	return m;
}

static void more_rounds(const struct suite *s, struct bench *b, size_t times)
{
	if (!s->quick && !s->tiny)
		b->rounds *= times;
}

static struct bench *detour_add(struct suite *s, const char *name, const char *question)
{
	struct bench *b = suite_add(s, GROUP, question, "%s", name);

	bench_memory(s, b, 32, NULL);
	b->payload = text_format("kernels/detour");
	bench_args(b, "ms=%llu", (unsigned long long)suite_pick(s, 250, 100, 50));
	more_rounds(s, b, PAIRS_DETOUR);
	b->seconds = (double)suite_pick(s, 3, 2, 3) / 10;
	difference(bench_metric(b, NULL, "% of time", 1e-7, BETTER_LOWER, LOST_POINTS, "%s.lost", name));
	difference(bench_metric(b, NULL, "/s", 1e-3, BETTER_LOWER, NO_TARGET, "%s.detours", name));
	difference(bench_metric(b, NULL, "us", 1e-3, BETTER_LOWER, NO_TARGET, "%s.longest", name));
	return b;
}

/* A guest only: a native program has nobody who isolates its CPU. To be read beside the guest's column of "detour". */
static void isolated_add(struct suite *s)
{
	struct bench *b = detour_add(s, "detour-isolated", "How much of its time does a guest's core lose when thole isolates it?");

	b->sides = ON(SIDE_VIRTUAL);
	b->metric[0].target = NO_TARGET;
	b->more = text_words("--isolation\tauto");
	bench_few_rounds(s, b);
	if (!s->isolation)
		bench_unavailable(b, "--isolation lets thole isolate a guest's CPU from the rest of this host, as root");
}

/* kernel: "fwq" or "ftq", which is what it calls its figures. */
static struct bench *quantum_add(struct suite *s, const char *name, const char *kernel, const char *question)
{
	struct bench *b = suite_add(s, GROUP, question, "%s", name);
	bool work = strcmp(kernel, "fwq") == 0;

	bench_memory(s, b, 32, NULL);
	b->payload = text_format("kernels/quantum");
	bench_args(b, "us=100 slots=%llu %s", (unsigned long long)suite_pick(s, 2048, 1024, 64), kernel);
	more_rounds(s, b, PAIRS_QUANTUM);
	b->seconds = (double)suite_pick(s, 3, 2, 2) / 10;
	if (work)
		bench_metric(b, kernel, "us", 1e-3, BETTER_LOWER, NO_TARGET, "%s.time", name);
	else
		bench_metric(b, kernel, "turns/us", 1e-3, BETTER_HIGHER, NO_TARGET, "%s.work", name);
	difference(bench_metric(b, work ? "fwq-lost" : "ftq-lost", "% of time", 1e-7, BETTER_LOWER, LOST_POINTS, "%s.lost", name));
	return b;
}

void noise_add(struct suite *s)
{
	detour_add(s, "detour", "How much of its time does one core lose, and how long at once?");
	bench_cpus(s, detour_add(s, "detour-all", "How much do all cores lose when all are busy?"), 0);
	isolated_add(s);
	quantum_add(s, "fwq", "fwq", "Does the same work always take the same time?");
	bench_cpus(s, quantum_add(s, "fwq-all", "fwq", "Does it when all cores are busy?"), 0);
	quantum_add(s, "ftq", "ftq", "Is the same work done in each slot of time?");
	bench_cpus(s, quantum_add(s, "ftq-all", "ftq", "Is it when all cores are busy?"), 0);
}
