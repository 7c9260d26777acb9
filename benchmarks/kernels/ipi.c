/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi.c - how long does an interrupt from one CPU to another take, or to all others, or to itself?
 *
 * From before the write to the interrupt command register until the first instruction of the handler there; with
 * `broadcast`, of the last of all others; with `self`, of the own one; with `halt`, of one that sleeps in HLT, which has
 * to be woken. Unit: cycles. By xAPIC (memory) or, with `x2apic`, by its registers. The ideal is hardware that sends
 * without an exit (AVIC, IPI virtualization). Self-check: every interrupt comes, and once.
 *
 *   n=200
 */
#include "benchmarks/kernels/ring0.h"

#define VECTOR	 0x40
#define CPUS_MAX 256
#define MOST	 4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];
static uint64_t received, over, asleep;
static uint64_t latest;	 /* of the handlers' first reads of the counter */
static uint32_t id_of[CPUS_MAX];

RING0_HANDLER static void on_interrupt(struct ring0_frame *frame)
{
	uint64_t now = payload_tsc(), before = __atomic_load_n(&latest, __ATOMIC_RELAXED);

	(void)frame;
	while (now > before && !__atomic_compare_exchange_n(&latest, &before, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	apic_eoi();
	__atomic_add_fetch(&received, 1, __ATOMIC_RELEASE);
}

static __attribute__((noreturn)) void receive(int halts)
{
	irq_on();
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		if (halts) {
			irq_off();
			__atomic_add_fetch(&asleep, 1, __ATOMIC_RELEASE);
			irq_halt();
		} else {
			__builtin_ia32_pause();
		}
	}
	irq_off();
	payload_done();
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 200);
	int self = kit_word(params, "self") != (const char *)0, halts = kit_word(params, "halt") != (const char *)0;
	int broadcast = kit_word(params, "broadcast") != (const char *)0;
	uint32_t command = VECTOR | APIC_ICR_ASSERT | (self ? APIC_ICR_SELF : broadcast ? APIC_ICR_OTHERS : 0);
	uint64_t each = broadcast ? params->nr_cpus - 1 : 1;

	if (params->nr_cpus > CPUS_MAX || (!self && params->nr_cpus < 2))
		kit_wrong("this needs two vCPUs, and takes 256 at most");
	n = n > MOST ? MOST : n;
	if (vcpu == 0)
		ring0_gate(VECTOR, on_interrupt);
	kit_barrier(params);
	ring0_start(params);
	id_of[vcpu] = apic_id();
	kit_barrier(params);
	if (vcpu != 0)
		receive(halts);
	if (self)
		irq_on();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start;

		if (halts) {
			ring0_await(params, &asleep, i + 1);
			ring0_idle(params->tsc_khz / 5); /* 200 us: long asleep, beyond the polling for a wake-up */
		}
		start = payload_tsc();
		apic_send(self || broadcast ? 0 : id_of[1], command);
		ring0_await(params, &received, (i + 1) * each);
		value[i] = latest - start;
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	if (halts)
		apic_send(id_of[1], command);
	kit_samples("cycles", value, n);
	kit_done();
}
