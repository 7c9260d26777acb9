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
	if (!(sides & ON(SIDE_NATIVE)))
		bench_few_rounds(s, b); /* there is no ratio, so no interval of one */
	bench_args(b, "%s%sn=%u", args, *args ? " " : "", n);
	bench_metric(b, "cycles", "cycles", 1, BETTER_LOWER, NO_TARGET, "%s", name);
	return b;
}

static const struct {
	const char *name, *payload, *args, *question;
	uint32_t vcpus; /* 0: all CPUs */
} interrupts[] = {
	{ "ipi-self", "kernels/ipi", "self", "How long does an interrupt to itself take?", 1 },
	{ "ipi-self-x2apic", "kernels/ipi", "self x2apic", "How long does an interrupt to itself take?", 1 },
	{ "ipi", "kernels/ipi", "", "How long does an interrupt to another CPU take?", 2 },
	{ "ipi-x2apic", "kernels/ipi", "x2apic", "How long does an interrupt to another CPU take?", 2 },
	{ "ipi-broadcast", "kernels/ipi", "broadcast", "How long until an interrupt has come to all others?", 0 },
	{ "ipi-broadcast-x2apic", "kernels/ipi", "broadcast x2apic", "How long until an interrupt has come to all others?", 0 },
	{ "halt-wake", "kernels/ipi", "halt x2apic", "How long does it take to wake a CPU that sleeps?", 2 },
	{ "doorbell", "kernels/bell", "", "What does a doorbell cost that the kernel takes (ioeventfd)?", 1 },
	{ "doorbell-interrupt", "kernels/bell", "back", "How long is it from a doorbell to the kernel's answer, an MSI through "
		"irqfd?", 1 },
	{ "timer-spin", "kernels/timer", "", "How late does a timer's interrupt come, while the CPU is busy?", 1 },
	{ "timer-halt", "kernels/timer", "halt", "How late does a timer's interrupt come, while the CPU sleeps?", 1 },
};

static void interrupts_add(struct suite *s)
{
	/* Without nested paging all of ring 0 is emulated, at some milliseconds an interrupt. */
	uint32_t n = (uint32_t)(s->machine->nested_paging ? suite_pick(s, 500, 200, 50) : suite_pick(s, 50, 10, 10));

	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++) {
		struct bench *b = event_add(s, interrupts[i].name, interrupts[i].payload, n, ON(SIDE_VIRTUAL),
			interrupts[i].question, interrupts[i].args);

		bench_cpus(s, b, interrupts[i].vcpus ? interrupts[i].vcpus : min(s->machine->cpus.nr, 256u));
		if (!interrupts[i].vcpus && s->machine->cpus.nr < 2)
			bench_unavailable(b, "this takes two CPUs");
	}
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
	event_add(s, "mmio-read", "kernels/mmio", n, ON(SIDE_VIRTUAL), "What does a read of a device's memory in thole cost?", "");
	event_add(s, "msr-read", "kernels/msr", n, ON(SIDE_VIRTUAL), "What does a read of a register that KVM keeps cost?", "");
	event_add(s, "msr-write", "kernels/msr", n, ON(SIDE_VIRTUAL), "What does a write to a register that KVM keeps cost?",
		"write");
	interrupts_add(s);
}
