/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_chase.c - how long does one core wait for memory, when each load's address is the last's value?
 *
 * Cache lines of free memory (the largest power of two of bytes, 1 GiB at most) form one ring whose order is that of a
 * linear congruential generator of full period (Knuth, vol. 2, 3.2.1.2), so neither prefetcher nor TLB
 * can guess it. Prints thousands of loads a second, of the best of five rounds. Exit code 1: the walk
 * did not come to where the generator says.
 */
#include <thole/payload.h>

#define ROUNDS 5
#define LOADS  (2u << 20)
#define MOST   (16ull << 20) /* lines: 1 GiB */
#define STEP_A 0x5851f42d4c957f2dull /* 5 modulo 8 */
#define STEP_C 0x14057b7ef767814full /* odd */

struct line {
	const struct line *next;
	uint64_t rest[7];
};

void _start(uint64_t vcpu, const struct payload_params *params);

static const struct line *walk(const struct line *at, uint64_t *cycles)
{
	uint64_t start = payload_tsc();

	for (uint32_t i = 0; i < LOADS; i++)
		at = at->next;
	__asm__ volatile("" : : "r"(at) : "memory");
	*cycles = payload_tsc() - start;
	return at;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const struct payload_range *range = payload_ranges(params);
	struct line *ring = (struct line *)(uintptr_t)range->base;
	const struct line *at = ring;
	uint64_t n = MOST, best = UINT64_MAX, index = 0;

	if (vcpu != 0)
		payload_done();
	while (n * sizeof(*ring) > range->size)
		n /= 2;
	for (uint64_t i = 0; i < n; i++)
		ring[i].next = &ring[(i * STEP_A + STEP_C) & (n - 1)];
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cycles;

		at = walk(at, &cycles);
		best = cycles < best ? cycles : best;
	}
	for (uint32_t i = 0; i < ROUNDS * LOADS; i++)
		index = (index * STEP_A + STEP_C) & (n - 1);
	if (at != &ring[index])
		payload_exit(1);
	payload_print_u64((uint64_t)LOADS * params->tsc_khz / best);
	payload_print("\n");
	payload_done();
}
