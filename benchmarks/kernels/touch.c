/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * touch.c - what does the first touch of a page cost, when memory was not filled before the start?
 *
 * Natively a page fault; in a guest an exit for the nested fault, and the same page fault in the host. Unit: cycles for
 * each page, `cycles`. The ideal is the native figure; filling memory in advance (--prefault) makes it none at
 * all. Self-check: the memory was zero.
 *
 *   n=4096
 */
#include "benchmarks/kernels/kit.h"

#define MOST 16384
#define PAGE 4096

static uint64_t value[MOST];

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t pages = kit_arg(params, "n", 4096), sum = 0;
	volatile uint64_t *at;

	if (vcpu != 0)
		payload_done();
	pages = pages > MOST ? MOST : pages;
	memset(value, 0, sizeof(value));
	at = kit_memory(params, pages * PAGE, KIT_ANY_NODE);
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t start = payload_tsc();

		sum += *at;
		*at = 1;
		value[i] = payload_tsc() - start;
		at += PAGE / sizeof(*at);
	}
	if (sum)
		kit_wrong("memory was not zero");
	kit_samples("cycles", value, pages);
	kit_done();
}
