/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmio.c - what does a read of a device's memory cost, when the device is in user space?
 *
 * A load from an address of the PCI window that belongs to nobody: an exit, the kernel's decoding of the instruction,
 * and thole's answer. Unit: cycles each. The ideal is a port's cost (guest/io.c), which needs no decoding. Self-check: an
 * address that is nobody's reads as ones.
 *
 *   n=1000
 */
#include "benchmarks/kernels/ring0.h"

#define ADDRESS 0xdff00000u /* the end of the 32-bit window */
#define MOST	4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];

void _start(uint64_t vcpu, const struct payload_params *params)
{
	volatile const uint32_t *at = (volatile const uint32_t *)(uintptr_t)ADDRESS;
	uint64_t n = kit_arg(params, "n", 1000);

	if (vcpu != 0)
		payload_done();
	n = n > MOST ? MOST : n;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = payload_tsc();
		uint32_t got = *at;

		value[i] = payload_tsc() - start;
		if (got != ~0u)
			kit_wrong("an empty address does not read as ones");
	}
	kit_samples("cycles", value, n);
	kit_done();
}
