/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_events.c - what single events cost: instructions that exit, interrupts, timers, first touches. */
#include "benchmarks/bench/suite.h"
#include "benchmarks/bench/text.h"

#define GROUP "events"

/* So many operations, of which each gives a sample in cycles. */
static struct bench *event_add(struct suite *s, const char *name, const char *payload, uint32_t n, unsigned sides,
	const char *question, const char *args)
{
	struct bench *b = suite_add(s, GROUP, question, "%s", name);

	bench_memory(s, b, 32, "4K");
	b->payload = text_format("%s", payload);
	b->sides = sides;
	b->operations = n;
	b->seconds = 0.2;
	bench_args(b, "%s%sn=%u", args, *args ? " " : "", n);
	bench_metric(b, "cycles", "cycles", 1, BETTER_LOWER, NO_TARGET, "%s", name);
	return b;
}

void events_add(struct suite *s)
{
	uint32_t n = (uint32_t)suite_pick(s, 2000, 500, 200);
	struct bench *b;

	event_add(s, "cpuid", "kernels/cpuid", n, BOTH, "What does an exit cost that KVM answers itself?", "");
	event_add(s, "port-out", "guest/io", n, ON(SIDE_VIRTUAL), "What does a write to a port of thole's cost?", "out samples");
	event_add(s, "port-in", "guest/io", n, ON(SIDE_VIRTUAL), "What does a read of a port of thole's cost?", "in samples");
	b = event_add(s, "first-touch", "kernels/touch", n, BOTH, "What does the first touch of a page cost?", "");
	b->fill = false;
}
