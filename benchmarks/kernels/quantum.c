/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quantum.c - does a piece of work take the same time whenever it is done?
 *
 * FWQ and FTQ (Sottile and Minnich, Cluster 2004). Fixed work: `fwq` is the time, in ns, of each of many equal pieces of
 * work of about `us` microseconds. Fixed time: `ftq` is how much work was done in each slot of that length, in
 * thousandths of a loop turn per microsecond; slots lie on a fixed grid, so that a spectrum can be made of them.
 * `fwq-lost` and `ftq-lost` are the parts of the time, in billionths, that would not have been needed at the best speed. Ideal: all the same; the measure is
 * the native figure. Self-check: the work's result.
 *
 *   us=100  slots=4096  ftq: fixed time; else fixed work
 */
#include "benchmarks/kernels/kit.h"

#define SLOTS_MAX 16384
#define PIECE	  64 /* turns between two looks at the clock */

static uint64_t value[SLOTS_MAX];
static uint64_t state = 1, turns_done;

/* A chain of multiplications, which nothing can hurry. */
static void work(uint64_t turns)
{
	uint64_t s = state;

	for (uint64_t i = 0; i < turns; i++)
		s = s * 0x5851f42d4c957f2dull + 1;
	state = s;
	turns_done += turns;
	__asm__ volatile("" : : : "memory");
}

/* Its n-th value, by squaring: x -> a x + c, n times. */
static uint64_t work_result(uint64_t n)
{
	uint64_t a = 0x5851f42d4c957f2dull, c = 1, x = 1;

	for (; n; n >>= 1) {
		if (n & 1)
			x = a * x + c;
		c += a * c;
		a *= a;
	}
	return x;
}

static uint64_t turns_for(uint64_t ticks)
{
	uint64_t best = UINT64_MAX, turns = 1u << 14;

	for (int i = 0; i < 32; i++) {
		uint64_t start = payload_tsc(), took;

		work(turns);
		took = payload_tsc() - start;
		best = took < best ? took : best;
	}
	return turns * ticks / (best ? best : 1) + 1;
}

static void fixed_work(const struct payload_params *params, uint64_t ticks, uint64_t slots)
{
	uint64_t turns = turns_for(ticks), sum = 0, least = UINT64_MAX;

	for (uint64_t i = 0; i < slots; i++) {
		uint64_t start = payload_tsc();

		work(turns);
		value[i] = payload_tsc() - start;
	}
	for (uint64_t i = 0; i < slots; i++) {
		sum += value[i];
		least = value[i] < least ? value[i] : least;
		value[i] = kit_ns(params, value[i]);
	}
	kit_samples("fwq", value, slots);
	kit_sample("fwq-lost", kit_scale(sum - slots * least, 1000000000, sum));
}

static void fixed_time(const struct payload_params *params, uint64_t ticks, uint64_t slots)
{
	uint64_t next = payload_tsc() + ticks, sum = 0, most = 0;

	for (uint64_t i = 0; i < slots; i++, next += ticks) {
		uint64_t done = 0;

		while (payload_tsc() < next) {
			work(PIECE);
			done += PIECE;
		}
		value[i] = done;
	}
	for (uint64_t i = 0; i < slots; i++) {
		sum += value[i];
		most = value[i] > most ? value[i] : most;
		value[i] = value[i] * params->tsc_khz / ticks;
	}
	kit_samples("ftq", value, slots);
	kit_sample("ftq-lost", kit_scale(slots * most - sum, 1000000000, slots * most));
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t slots = kit_arg(params, "slots", 4096), ticks = kit_arg(params, "us", 100) * params->tsc_khz / 1000;

	if (vcpu != 0)
		payload_done();
	if (!ticks)
		kit_wrong("the counter's rate is not known");
	slots = slots > SLOTS_MAX ? SLOTS_MAX : slots;
	memset(value, 0, sizeof(value));
	work(1u << 20); /* to full speed */
	if (kit_word(params, "ftq"))
		fixed_time(params, ticks, slots);
	else
		fixed_work(params, ticks, slots);
	if (state != work_result(turns_done))
		kit_wrong("the work has a wrong result");
	kit_done();
}
