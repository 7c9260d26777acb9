/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gups.c - how many updates of random places in memory does one core do a second?
 *
 * The HPC Challenge's RandomAccess: t[r] ^= r with r from its x^63 + x^2 + x + 1 generator, over a table of a
 * power of two of bytes. Each update is a TLB miss where pages are small, so this is the measure of page size
 * and of nested paging. Unit: thousands of updates a second; the ideal is the native figure. Self-check:
 * the updates done twice leave the table as it was.
 *
 *   bytes=1G  updates=4M  rounds=6 (made even)  best: print one number only  slice=MS: see kit_uncut()
 */
#include "benchmarks/kernels/kit.h"

#define ROUNDS_MAX 64
#define POLY	   7u

static uint64_t update(uint64_t *table, uint64_t mask, uint64_t updates)
{
	uint64_t r = 1, start = payload_tsc();

	for (uint64_t i = 0; i < updates; i++) {
		r = r << 1 ^ ((int64_t)r < 0 ? POLY : 0);
		table[r & mask] ^= r;
	}
	__asm__ volatile("" : : : "memory");
	return payload_tsc() - start;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t bytes = kit_arg(params, "bytes", 1u << 30), updates = kit_arg(params, "updates", 4u << 20);
	uint64_t rounds = (kit_arg(params, "rounds", 6) + 1) & ~1ull, n = bytes / sizeof(uint64_t);
	uint64_t value[ROUNDS_MAX], *table;

	if (vcpu != 0)
		payload_done();
	table = kit_memory(params, bytes, KIT_ANY_NODE);
	rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	for (uint64_t i = 0; i < n; i++)
		table[i] = i;
	for (uint64_t r = 0; r < rounds; r++)
		value[r] = update(table, n - 1, updates);
	for (uint64_t i = 0; i < n; i++)
		if (table[i] != i)
			kit_wrong("updates did not undo themselves");
	rounds = kit_uncut(params, value, rounds);
	for (uint64_t r = 0; r < rounds; r++)
		value[r] = updates * params->tsc_khz / value[r];
	if (kit_word(params, "best"))
		kit_best(value, rounds);
	kit_samples("gups", value, rounds);
	kit_done();
}
