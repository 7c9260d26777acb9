/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chase.c - how long does one core wait for memory, when each load's address is the last one's value?
 *
 * Cache lines form one ring whose order is that of a linear congruential generator of full period (Knuth, vol. 2,
 * 3.2.1.2), so neither prefetcher nor TLB can guess it; for footprints from `from` to `to`, each `by` times the
 * last. Unit: picoseconds a load, named by the footprint ("64K"). The ideal is the native figure. Self-check:
 * the walk ends where the generator says. A ring is out of the caches at first, as it is after each stop of a run in
 * slices: else what its making has left there would favour the one that is stopped later.
 *
 *   from=16K  to=1G  by=4  loads=512K  rounds=5  best: print thousands of loads a second, and nothing else
 *   slice=MS: see kit_uncut()
 */
#include "benchmarks/kernels/kit.h"

#define ROUNDS_MAX 64
#define CACHED_MAX (128ull << 20) /* of larger rings the caches hold little anyhow, and it would take seconds */
#define STEP_A	   0x5851f42d4c957f2dull /* 5 modulo 8 */
#define STEP_C	   0x14057b7ef767814full /* odd */

struct line {
	const struct line *next;
	uint64_t rest[7];
};

static const struct line *walk(const struct line *at, uint64_t loads, uint64_t *ticks)
{
	uint64_t start = payload_tsc();

	for (uint64_t i = 0; i < loads; i++)
		at = at->next;
	__asm__ volatile("" : : "r"(at) : "memory");
	*ticks = payload_tsc() - start;
	return at;
}

/* The ticks of each round over a ring of that many lines. */
static void footprint_walk(struct line *ring, uint64_t lines, uint64_t loads, uint64_t rounds, uint64_t *ticks)
{
	const struct line *at = ring;
	uint64_t index = 0;

	for (uint64_t i = 0; i < lines; i++)
		ring[i].next = &ring[(i * STEP_A + STEP_C) & (lines - 1)];
	for (uint64_t i = 0; i < lines && lines <= CACHED_MAX / sizeof(*ring); i++)
		__builtin_ia32_clflush(&ring[i]);
	for (uint64_t r = 0; r < rounds; r++)
		at = walk(at, loads, &ticks[r]);
	for (uint64_t i = 0; i < rounds * loads; i++)
		index = (index * STEP_A + STEP_C) & (lines - 1);
	if (at != &ring[index])
		kit_wrong("the walk did not end where it must");
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t from = kit_arg(params, "from", 16u << 10), to = kit_arg(params, "to", 1u << 30);
	uint64_t by = kit_arg(params, "by", 4), loads = kit_arg(params, "loads", 512u << 10) | 1;
	uint64_t rounds = kit_arg(params, "rounds", 5), value[ROUNDS_MAX], kept;
	struct line *ring;

	if (vcpu != 0)
		payload_done();
	ring = kit_memory(params, to, KIT_ANY_NODE);
	rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	for (uint64_t bytes = from; bytes <= to && by > 1; bytes *= by) {
		footprint_walk(ring, bytes / sizeof(*ring), loads, rounds, value);
		kept = kit_uncut(params, value, rounds);
		for (uint64_t r = 0; r < kept; r++)
			value[r] = kit_word(params, "best") ? loads * params->tsc_khz / value[r] :
				kit_ps(params, value[r]) / loads;
		if (kit_word(params, "best"))
			kit_best(value, kept);
		kit_print_size(bytes);
		kit_samples("", value, kept);
	}
	kit_done();
}
