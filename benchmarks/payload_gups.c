/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_gups.c - how many updates of random places in memory does one core do a second?
 *
 * The HPC Challenge's RandomAccess: t[r] ^= r with r from its x^63 + x^2 + x + 1 generator, over the largest
 * power of two that free memory holds, 1 GiB at most. Each update is a TLB miss where pages are small, so
 * this is the measure of page size and of nested paging. Prints thousands of updates a second, of the best
 * of five rounds. The updates done twice must leave the table as it was, else exit code 1.
 */
#include <thole/payload.h>

#define ROUNDS  6 /* an even number undoes itself */
#define UPDATES (4u << 20)
#define MOST    (128ull << 20) /* elements: 1 GiB */
#define POLY    7u

void _start(uint64_t vcpu, const struct payload_params *params);

static uint64_t updates(uint64_t *table, uint64_t mask)
{
	uint64_t r = 1, start = payload_tsc();

	for (uint32_t i = 0; i < UPDATES; i++) {
		r = r << 1 ^ ((int64_t)r < 0 ? POLY : 0);
		table[r & mask] ^= r;
	}
	__asm__ volatile("" : : : "memory");
	return payload_tsc() - start;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const struct payload_range *range = payload_ranges(params);
	uint64_t *table = (uint64_t *)(uintptr_t)range->base;
	uint64_t n = MOST, best = UINT64_MAX;

	if (vcpu != 0)
		payload_done();
	while (n * sizeof(*table) > range->size)
		n /= 2;
	for (uint64_t i = 0; i < n; i++)
		table[i] = i;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cycles = updates(table, n - 1);

		best = cycles < best ? cycles : best;
	}
	for (uint64_t i = 0; i < n; i++)
		if (table[i] != i)
			payload_exit(1);
	payload_print_u64((uint64_t)UPDATES * params->tsc_khz / best);
	payload_print("\n");
	payload_done();
}
