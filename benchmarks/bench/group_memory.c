/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_memory.c - bandwidth, latency, random updates, floating point, and what page sizes do to them. */
#include <numa.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/suite.h"
#include "benchmarks/bench/text.h"

#define GROUP "memory"
#define GOOD  0.98 /* of native */
#define ROOM  16   /* MiB beside what is measured: image, stacks, tables */

/*
 * Repetitions are of some 10 ms each, also on a slow host: short against a slice (bench_in_turn()). There are enough of
 * them for some slices of each run.
 */

static void stream_metrics(struct bench *b)
{
	static const char *const kernels[] = { "copy", "scale", "add", "triad" };

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		bench_metric(b, NULL, "GB/s", 1e-3, BETTER_HIGHER, GOOD, "%s.%s", b->name, kernels[i]);
	b->payload = text_format("kernels/stream");
}

static void stream_args(struct suite *s, struct bench *b, uint64_t mib_each, const char *node)
{
	bench_args(b, "bytes=%lluK rounds=%llu%s", (unsigned long long)KiB(mib_each),
		(unsigned long long)suite_pick(s, 10, 5, 2), node);
	b->seconds = (double)suite_pick(s, 10, 2, 2) / 10;
	bench_in_turn(s, b);
}

static void stream_add(struct suite *s)
{
	const struct machine *m = s->machine;
	uint64_t mib = suite_pick(s, 384, 96, 3), each = max(min(mib, 1024 / (uint64_t)m->cpus.nr), (uint64_t)1);
	struct bench *b = suite_add(s, GROUP, "How much memory bandwidth does one core get?", "stream");

	bench_memory(s, b, mib + ROOM, NULL);
	stream_args(s, b, mib, "");
	stream_metrics(b);
	b = suite_add(s, GROUP, "How much memory bandwidth do all cores get together?", "stream-all");
	bench_cpus(s, b, 0);
	bench_memory(s, b, each * m->cpus.nr + ROOM, NULL);
	stream_args(s, b, each, "");
	stream_metrics(b);
}

/* From the first node's CPU to the memory of each node. */
static void stream_nodes_add(struct suite *s)
{
	const struct machine *m = s->machine;
	uint64_t mib = suite_pick(s, 192, 48, 3);

	for (uint32_t n = 0; n < max(m->nodes.nr, 2u); n++) {
		struct bench *b = suite_add(s, GROUP, n ? "How much bandwidth does a core get to another node's memory?" :
			"How much bandwidth does a core get to its own node's memory?", "stream-node-0-%u", n);

		stream_metrics(b);
		if (n >= m->nodes.nr || m->nodes.nr < 2) {
			bench_unavailable(b, "this host has one NUMA node");
			continue;
		}
		b->cpus.nr = 0;
		for (uint32_t i = 0; i < m->cpus.nr; i++)
			if (numa_node_of_cpu(m->cpus.cpu[i].os) == m->nodes.cpu[0].os)
				b->cpus.cpu[0] = m->cpus.cpu[i];
		b->cpus.nr = 1;
		b->nodes.cpu = grow(NULL, 1, 2 * sizeof(*b->nodes.cpu));
		b->nodes.cpu[b->nodes.nr++] = m->nodes.cpu[0];
		if (n)
			b->nodes.cpu[b->nodes.nr++] = m->nodes.cpu[n];
		bench_memory(s, b, (mib + ROOM) * b->nodes.nr, NULL);
		stream_args(s, b, mib, n ? " node=1" : " node=0");
	}
}

static void chase_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How long does a load take whose address is the last one's value?", "chase");
	uint64_t to = suite_pick(s, 1024, 64, 4);

	bench_memory(s, b, to + ROOM, NULL);
	b->payload = text_format("kernels/chase");
	bench_args(b, "from=16K to=%lluM by=4 loads=%lluK rounds=%llu", (unsigned long long)to,
		(unsigned long long)suite_pick(s, 128, 64, 4), (unsigned long long)suite_pick(s, 20, 3, 2));
	bench_in_turn(s, b);
	b->seconds = (double)suite_pick(s, 20, 3, 2) / 10;
	for (uint64_t kib = 16; kib <= to << 10; kib *= 4)
		bench_metric(b, NULL, "ns", 1e-3, BETTER_LOWER, 1 / GOOD, "chase.%llu%c",
			(unsigned long long)(kib >= 1 << 20 ? kib >> 20 : kib >= 1 << 10 ? kib >> 10 : kib),
			kib >= 1 << 20 ? 'G' : kib >= 1 << 10 ? 'M' : 'K');
}

static void gups_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How many updates of random places in memory does one core do?", "gups");
	uint64_t mib = suite_pick(s, 1024, 64, 4);

	bench_memory(s, b, mib + ROOM, NULL);
	b->payload = text_format("kernels/gups");
	bench_args(b, "bytes=%lluM updates=%lluK rounds=%llu", (unsigned long long)mib,
		(unsigned long long)suite_pick(s, 1024, 512, 16), (unsigned long long)suite_pick(s, 64, 4, 2));
	bench_in_turn(s, b);
	b->seconds = (double)suite_pick(s, 12, 2, 2) / 10;
	bench_metric(b, NULL, "M/s", 1e-3, BETTER_HIGHER, GOOD, "gups");
}

static void dgemm_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "Does a core compute as fast as natively?", "dgemm");

	bench_memory(s, b, ROOM + ROOM, NULL);
	b->payload = text_format("kernels/dgemm");
	bench_args(b, "n=%llu rounds=%llu", (unsigned long long)suite_pick(s, 448, 256, 64),
		(unsigned long long)suite_pick(s, 16, 5, 2));
	bench_in_turn(s, b);
	b->seconds = (double)suite_pick(s, 8, 2, 2) / 10;
	bench_metric(b, NULL, "GFLOP/s", 1e-3, BETTER_HIGHER, GOOD, "dgemm");
}

/* Random updates again, for each size of pages in the guest's tables over each size behind its memory. */
static void pages_add(struct suite *s)
{
	static const char *const sizes[] = { "4K", "2M", "1G" };
	uint64_t mib = suite_pick(s, 256, 64, 4);

	for (size_t guest = 0; guest < ARRAY_SIZE(sizes); guest++) {
		for (size_t backing = 0; backing < ARRAY_SIZE(sizes); backing++) {
			struct bench *b = suite_add(s, GROUP, "What do page sizes cost random updates?", "pages-%s-%s",
				sizes[guest], sizes[backing]);
			bool whole = strcmp(sizes[guest], "1G") == 0; /* a smaller guest has no such page */

			b->guest_page = sizes[guest];
			if (whole && !s->machine->page_1g)
				bench_unavailable(b, "this host's KVM offers guests no pages of 1 GiB");
			bench_memory(s, b, whole ? 1024 + ROOM : mib + ROOM, sizes[backing]);
			b->fill = !(whole && s->tiny);
			b->payload = text_format("kernels/gups");
			bench_args(b, "bytes=%lluM updates=%lluK rounds=%llu", (unsigned long long)mib,
				(unsigned long long)suite_pick(s, 512, 256, 16), (unsigned long long)suite_pick(s, 8, 2, 2));
			bench_in_turn(s, b);
			bench_few_rounds(s, b);
			b->seconds = (double)suite_pick(s, 6, 1, 2) / 10;
			bench_metric(b, "gups", "M/s", 1e-3, BETTER_HIGHER, NO_TARGET, "pages.guest-%s.host-%s",
				sizes[guest], sizes[backing]);
		}
	}
}

void memory_add(struct suite *s)
{
	stream_add(s);
	stream_nodes_add(s);
	chase_add(s);
	gups_add(s);
	dgemm_add(s);
	pages_add(s);
}
