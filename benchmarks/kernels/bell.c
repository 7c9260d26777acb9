/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bell.c - what does a doorbell cost that the kernel takes, and how long is it until a device's interrupt is there?
 *
 * A store to an ioeventfd's address: an exit that the kernel serves without thole, as for every queue of a virtio device
 * that is off-loaded to it. With `back`, the kernel answers the doorbell by a message-signalled interrupt through an
 * irqfd: from before the store until the first instruction of the handler, so a doorbell and an interrupt. Unit: cycles
 * each. The ideal is the cost of CPUID's exit; of `back`, little more where interrupts are posted. Self-check: every
 * interrupt comes, and once, and none without `back`; that doorbells are the kernel's shows in thole's exits, of which
 * there must be none.
 *
 * With `across` the doorbells are vCPU 1's, and vCPU 0 has nothing to do but to be interrupted: what KVM counts of its
 * exits with `back`, less than without, is what interrupts to a running vCPU cost.
 *
 *   n=200
 */
#include "benchmarks/kernels/ring0.h"

#define MOST 4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];
static uint64_t came, at, ready, rung;

RING0_HANDLER static void on_interrupt(struct ring0_frame *frame)
{
	(void)frame;
	at = payload_tsc();
	apic_eoi();
	__atomic_add_fetch(&came, 1, __ATOMIC_RELEASE);
}

static void ring(const struct payload_params *params, uint64_t n, int back)
{
	volatile uint32_t *bell =
		(volatile uint32_t *)(uintptr_t)(back ? PAYLOAD_BELL_BACK : PAYLOAD_BELL);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = payload_tsc();

		*bell = 1;
		if (back)
			ring0_await(params, &came, i + 1);
		else
			at = payload_tsc();
		value[i] = at - start;
	}
	__atomic_store_n(&rung, 1, __ATOMIC_RELEASE);
}

/* Until vCPU 1, which watches over each interrupt, has rung them all. No PAUSE: in a loop it may exit. */
static void be_interrupted(void)
{
	__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&rung, __ATOMIC_ACQUIRE))
		;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 200);
	int back = kit_word(params, "back") != (const char *)0;
	int across = kit_word(params, "across") != (const char *)0;

	n = n > MOST ? MOST : n;
	if (vcpu == 1 && across) {
		ring0_await(params, &ready, 1);
		ring(params, n, back);
	}
	if (vcpu != 0)
		payload_done();
	if (across && params->nr_cpus < 2)
		kit_wrong("doorbells of another vCPU take two");
	ring0_gate(PAYLOAD_BELL_VECTOR, on_interrupt);
	ring0_start(params);
	irq_on();
	if (across)
		be_interrupted();
	else
		ring(params, n, back);
	irq_off();
	if (came != (back ? n : 0))
		kit_wrong("there were more interrupts than doorbells");
	kit_samples("cycles", value, n);
	kit_done();
}
