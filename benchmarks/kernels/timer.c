/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timer.c - how late does a timer's interrupt come?
 *
 * The local APIC's timer in TSC-deadline mode, armed for 500 microseconds ahead; lateness is from the deadline to the first
 * instruction of the handler, while the CPU spins, or, with `halt`, sleeps: as cyclictest measures it. Unit: cycles. The
 * ideal is some hundreds, as on the metal. Self-check: every timer fires, once, and none early.
 *
 *   n=200
 */
#include "benchmarks/kernels/ring0.h"

#define VECTOR 0x41
#define MOST   4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];
static uint64_t fired, at;

RING0_HANDLER static void on_timer(struct ring0_frame *frame)
{
	(void)frame;
	at = payload_tsc();
	apic_eoi();
	__atomic_add_fetch(&fired, 1, __ATOMIC_RELEASE);
}

static int has_deadline(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (c >> 24 & 1) != 0;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 200), ahead = params->tsc_khz / 2;
	int halts = kit_word(params, "halt") != (const char *)0;

	if (vcpu != 0)
		payload_done();
	if (!has_deadline() || !ahead)
		kit_wrong("this machine's timer has no TSC-deadline mode");
	n = n > MOST ? MOST : n;
	ring0_gate(VECTOR, on_timer);
	ring0_start(params);
	apic_write(APIC_LVT_TIMER, VECTOR | APIC_TIMER_DEADLINE);
	__asm__ volatile("mfence" : : : "memory"); /* SDM 11.5.4.1: before the first deadline */
	irq_on();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t deadline = payload_tsc() + ahead;

		irq_off();
		msr_write(MSR_TSC_DEADLINE, deadline);
		if (halts)
			irq_halt();
		else
			irq_on();
		ring0_await(params, &fired, i + 1);
		if (at < deadline)
			kit_wrong("a timer fired before its deadline");
		value[i] = at - deadline;
	}
	kit_samples("cycles", value, n);
	kit_done();
}
