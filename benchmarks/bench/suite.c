/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suite.c - see suite.h: growing a suite, and its end. Who cannot even get memory for that ends. */
#include "benchmarks/bench/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/text.h"

#define ROUNDS_FEW 3

/* Some repetitions of every kernel, and far less than a wave of a shared machine. */
#define SLICE_MS       200
#define SLICE_QUICK_MS 100

const struct group groups[] = {
	{ "memory", "bandwidth, latency, random updates, floating point, page sizes", memory_add },
	{ "noise", "time that a CPU loses to others: detours, fixed work, fixed time", noise_add },
	{ "events", "the cost of exits, interrupts, timers and first touches", events_add },
	{ "life", "start-up, boot, filling memory, thole's own memory", life_add },
	{ "mpi", "messages between ranks: in one machine, in two", mpi_add },
	{ "applications", "conjugate gradients, a stencil, the HPC Challenge", applications_add },
	{ "counters", "the processor's counters around the kernels", counters_add },
};

const size_t groups_nr = ARRAY_SIZE(groups);

struct bench *suite_add(struct suite *s, const char *group, const char *question, const char *name, ...)
{
	struct bench *b;
	va_list args;

	s->bench = grow(s->bench, s->nr, sizeof(*s->bench));
	b = &s->bench[s->nr++];
	*b = (struct bench){ .group = group, .question = question, .sides = BOTH, .guest_page = "2M", .fill = true,
		.mib = 64, .pages = "4K", .rounds = s->rounds, .seconds = 1 };
	va_start(args, name);
	b->name = text_formatv(name, args);
	va_end(args);
	b->cpus.cpu = grow(NULL, 0, sizeof(*b->cpus.cpu));
	b->cpus.cpu[b->cpus.nr++] = s->machine->cpus.cpu[s->machine->cpus.nr - 1];
	b->exits = json_array();
	for (enum side side = 0; side < SIDES; side++) {
		b->interrupts[side] = json_array();
		b->steal[side] = json_array();
		b->series[side] = json_object();
	}
	return b;
}

struct metric *bench_metric(struct bench *b, const char *key, const char *unit, double scale, enum better better,
	double target, const char *name, ...)
{
	struct metric *m;
	const char *dot;
	va_list args;

	b->metric = grow(b->metric, b->nr_metrics, sizeof(*b->metric));
	m = &b->metric[b->nr_metrics++];
	*m = (struct metric){ .unit = unit, .scale = scale, .better = better, .target = target };
	va_start(args, name);
	m->name = text_formatv(name, args);
	va_end(args);
	dot = strrchr(m->name, '.');
	m->key = text_format("%s", key ? key : dot ? dot + 1 : m->name);
	return m;
}

void bench_args(struct bench *b, const char *format, ...)
{
	va_list args;

	free(b->args);
	va_start(args, format);
	b->args = text_formatv(format, args);
	va_end(args);
}

void bench_unavailable(struct bench *b, const char *format, ...)
{
	va_list args;

	if (b->reason)
		return;
	va_start(args, format);
	b->reason = text_formatv(format, args);
	va_end(args);
}

void bench_memory(const struct suite *s, struct bench *b, uint64_t mib, const char *pages)
{
	const struct machine *m = s->machine;

	/* Whole pages of 2 MiB, on two nodes, too. */
	mib = align_up(mib, 4);
	b->mib = mib;
	b->pages = pages ? pages : m->free_2m_mib >= mib ? "2M" : "4K";
	if (strcmp(b->pages, "1G") == 0) {
		b->mib = align_up(MiB(mib), GiB(1)) >> 20;
		if (m->free_1g_mib < b->mib)
			bench_unavailable(b, "%llu pages of 1 GiB are not free on this host",
				(unsigned long long)(b->mib >> 10));
	} else if (strcmp(b->pages, "2M") == 0 && m->free_2m_mib < mib) {
		bench_unavailable(b, "%llu pages of 2 MiB are not free on each node; root may take them, others reserve "
			"them before", (unsigned long long)(mib / 2));
	}
}

void bench_cpus(const struct suite *s, struct bench *b, uint32_t nr)
{
	const struct cpulist *all = &s->machine->cpus;

	nr = nr ? nr : max(all->nr, 2u);
	if (nr > all->nr) {
		bench_unavailable(b, "this takes %u CPUs, and there %s %u", nr, all->nr == 1 ? "is" : "are", all->nr);
		return;
	}
	b->cpus.nr = 0;
	for (uint32_t i = all->nr - nr; i < all->nr; i++) {
		b->cpus.cpu = grow(b->cpus.cpu, b->cpus.nr, sizeof(*b->cpus.cpu));
		b->cpus.cpu[b->cpus.nr++] = all->cpu[i];
	}
}

/* How much of such pages there is; of small ones some are left to others. */
static uint64_t memory_free_mib(const struct machine *m, const char *pages)
{
	return strcmp(pages, "2M") == 0 ? m->free_2m_mib : strcmp(pages, "1G") == 0 ? m->free_1g_mib : m->available_mib / 4 * 3;
}

void bench_in_turn(const struct suite *s, struct bench *b)
{
	char *args;

	if (s->tiny || b->sides != BOTH || memory_free_mib(s->machine, b->pages) < 2 * b->mib)
		return;
	b->slice_ms = (unsigned)suite_pick(s, SLICE_MS, SLICE_QUICK_MS, 0);
	args = text_format("%s slice=%u", b->args, b->slice_ms);
	free(b->args);
	b->args = args;
}

void bench_few_rounds(const struct suite *s, struct bench *b)
{
	if (s->quick)
		b->rounds = min(b->rounds, (size_t)ROUNDS_FEW);
}

uint64_t suite_pick(const struct suite *s, uint64_t full, uint64_t quick, uint64_t tiny)
{
	return s->tiny ? tiny : s->quick ? quick : full;
}

void metric_append(struct metric *m, enum side side, const double *values, size_t nr)
{
	struct values *v;

	m->run[side] = grow(m->run[side], m->nr_runs[side], sizeof(*v));
	v = &m->run[side][m->nr_runs[side]++];
	*v = (struct values){ 0 };
	for (size_t i = 0; i < nr; i++)
		values_add(v, values[i] * m->scale);
}

static void metric_fini(struct metric *m)
{
	free(m->reason);
	for (enum side side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < m->nr_runs[side]; i++)
			values_fini(&m->run[side][i]);
		free(m->run[side]);
	}
	free(m->name);
	free(m->key);
}

static void bench_fini(struct bench *b)
{
	for (size_t i = 0; i < b->nr_metrics; i++)
		metric_fini(&b->metric[i]);
	free(b->metric);
	for (enum side side = 0; side < SIDES; side++) {
		json_decref(b->interrupts[side]);
		json_decref(b->steal[side]);
		json_decref(b->series[side]);
		text_list_free(b->command[side]);
	}
	text_list_free(b->more);
	json_decref(b->exits);
	json_decref(b->idle_exits);
	json_decref(b->report);
	cpulist_fini(&b->cpus);
	cpulist_fini(&b->nodes);
	free(b->name);
	free(b->reason);
	free(b->failure);
	free(b->payload);
	free(b->args);
}

void suite_fini(struct suite *s)
{
	for (size_t i = 0; i < s->nr; i++)
		bench_fini(&s->bench[i]);
	free(s->bench);
	*s = (struct suite){ 0 };
}
