/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quantum.c - does a piece of work take the same time whenever it is done?
 *
 * FWQ and FTQ (Sottile and Minnich, Cluster 2004). Fixed work: `fwq` is the time, in ns, of each of many equal pieces of
 * work of about `us` microseconds. Fixed time: `ftq` is how much work was done in each slot of that length, in
 * thousandths of a loop turn per microsecond; slots lie on a fixed grid, so that a spectrum can be made of them.
 * All vCPUs work at the same time, and what each of them found comes one after the other. `fwq-lost` and `ftq-lost` are
 * the parts of the time, in billionths, that would not have been needed at the best speed, a value for each vCPU. Ideal:
 * all the same; the measure is the native figure. Self-check: each vCPU's result of the work.
 *
 *   us=100  slots=4096  ftq: fixed time; else fixed work
 */
#include "benchmarks/kernels/kit.h"

#define CPUS_MAX  256
#define SLOTS_MAX 32768 /* of all vCPUs together */
#define PIECE	  64	/* turns between two looks at the clock */

static uint64_t value[SLOTS_MAX];

/* What one vCPU has, in cache lines of its own. */
struct lane {
	uint64_t state, turns_done;
	uint64_t *value; /* [slots] */
	uint64_t lost;
} __attribute__((aligned(128)));

static struct lane lanes[CPUS_MAX];

/* A chain of multiplications, which nothing can hurry. */
static void work(struct lane *l, uint64_t turns)
{
	uint64_t s = l->state;

	for (uint64_t i = 0; i < turns; i++)
		s = s * 0x5851f42d4c957f2dull + 1;
	l->state = s;
	l->turns_done += turns;
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

static uint64_t turns_for(struct lane *l, uint64_t ticks)
{
	uint64_t best = UINT64_MAX, turns = 1u << 14;

	for (int i = 0; i < 32; i++) {
		uint64_t start = payload_tsc(), took;

		work(l, turns);
		took = payload_tsc() - start;
		best = took < best ? took : best;
	}
	return turns * ticks / (best ? best : 1) + 1;
}

static void fixed_work(const struct payload_params *params, struct lane *l, uint64_t ticks, uint64_t slots)
{
	uint64_t turns = turns_for(l, ticks), sum = 0, least = UINT64_MAX;

	for (uint64_t i = 0; i < slots; i++) {
		uint64_t start = payload_tsc();

		work(l, turns);
		l->value[i] = payload_tsc() - start;
	}
	for (uint64_t i = 0; i < slots; i++) {
		sum += l->value[i];
		least = l->value[i] < least ? l->value[i] : least;
		l->value[i] = kit_ns(params, l->value[i]);
	}
	l->lost = kit_scale(sum - slots * least, 1000000000, sum);
}

static void fixed_time(const struct payload_params *params, struct lane *l, uint64_t ticks, uint64_t slots)
{
	uint64_t next = payload_tsc() + ticks, sum = 0, most = 0;

	for (uint64_t i = 0; i < slots; i++, next += ticks) {
		uint64_t done = 0;

		while (payload_tsc() < next) {
			work(l, PIECE);
			done += PIECE;
		}
		l->value[i] = done;
	}
	for (uint64_t i = 0; i < slots; i++) {
		sum += l->value[i];
		most = l->value[i] > most ? l->value[i] : most;
		l->value[i] = l->value[i] * params->tsc_khz / ticks;
	}
	l->lost = kit_scale(slots * most - sum, 1000000000, slots * most);
}

static void report(const struct payload_params *params, uint64_t slots, const char *time)
{
	uint64_t lost[CPUS_MAX];

	for (uint32_t i = 0; i < params->nr_cpus; i++) {
		lost[i] = lanes[i].lost;
		if (lanes[i].state != work_result(lanes[i].turns_done))
			kit_wrong("the work has a wrong result");
	}
	kit_samples(time ? "ftq" : "fwq", value, slots * params->nr_cpus);
	kit_samples(time ? "ftq-lost" : "fwq-lost", lost, params->nr_cpus);
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t slots = kit_arg(params, "slots", 4096), ticks = kit_arg(params, "us", 100) * params->tsc_khz / 1000;
	const char *time = kit_word(params, "ftq"); /* else work */
	struct lane *l = &lanes[vcpu];

	if (params->nr_cpus > CPUS_MAX || !ticks)
		kit_wrong("too many vCPUs, or the counter's rate is not known");
	slots = slots > SLOTS_MAX / params->nr_cpus ? SLOTS_MAX / params->nr_cpus : slots;
	*l = (struct lane){ .state = 1, .value = &value[vcpu * slots] };
	memset(l->value, 0, slots * sizeof(*l->value));
	work(l, 1u << 20); /* to full speed */
	kit_barrier(params);
	if (time)
		fixed_time(params, l, ticks, slots);
	else
		fixed_work(params, l, ticks, slots);
	kit_barrier(params);
	if (vcpu != 0)
		payload_done();
	report(params, slots, time);
	kit_done();
}
