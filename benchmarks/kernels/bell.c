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
 *   n=200
 */
#include "benchmarks/kernels/ring0.h"

#define MOST 4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];
static uint64_t came, at;

RING0_HANDLER static void on_interrupt(struct ring0_frame *frame)
{
	(void)frame;
	at = payload_tsc();
	apic_eoi();
	__atomic_add_fetch(&came, 1, __ATOMIC_RELEASE);
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 200);
	int back = kit_word(params, "back") != (const char *)0;
	volatile uint32_t *bell = (volatile uint32_t *)(uintptr_t)(back ? PAYLOAD_BELL_BACK : PAYLOAD_BELL);

	if (vcpu != 0)
		payload_done();
	n = n > MOST ? MOST : n;
	ring0_gate(PAYLOAD_BELL_VECTOR, on_interrupt);
	ring0_start(params);
	irq_on();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = payload_tsc();

		*bell = 1;
		if (back)
			ring0_await(params, &came, i + 1);
		else
			at = payload_tsc();
		value[i] = at - start;
	}
	irq_off();
	if (came != (back ? n : 0))
		kit_wrong("there were more interrupts than doorbells");
	kit_samples("cycles", value, n);
	kit_done();
}
