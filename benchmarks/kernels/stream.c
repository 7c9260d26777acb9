/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.c - how much memory bandwidth do the CPUs get?
 *
 * STREAM (McCalpin, 1995): copy c = a, scale b = s * c, add c = a + b, triad a = b + s * c, over three arrays
 * of `bytes` together for each vCPU, which all run at once. Unit: MB/s of all vCPUs, bytes counted as STREAM does. The
 * ideal is what the same file gets natively. Self-check: every element is what arithmetic says.
 *
 *   bytes=96M  rounds=10  node=N: arrays in the memory of guest node N  triad-best: print one number only
 *   slice=MS: see kit_uncut()
 */
#include "benchmarks/kernels/kit.h"

#define ROUNDS_MAX 64
#define SCALE	   0.25 /* with it, values shrink slowly: no overflow */

enum kernel { COPY, SCALE_, ADD, TRIAD, KERNELS };

static const char *const names[KERNELS] = { "copy", "scale", "add", "triad" };
static const uint64_t bytes_each[KERNELS] = { 16, 16, 24, 24 };
static uint64_t ticks[KERNELS][ROUNDS_MAX];
static uint32_t wrong;

static void kernel_run(enum kernel k, double *a, double *b, double *c, uint64_t n)
{
	switch (k) {
	case COPY:
		for (uint64_t i = 0; i < n; i++)
			c[i] = a[i];
		break;
	case SCALE_:
		for (uint64_t i = 0; i < n; i++)
			b[i] = SCALE * c[i];
		break;
	case ADD:
		for (uint64_t i = 0; i < n; i++)
			c[i] = a[i] + b[i];
		break;
	default:
		for (uint64_t i = 0; i < n; i++)
			a[i] = b[i] + SCALE * c[i];
		break;
	}
	__asm__ volatile("" : : : "memory");
}

static void fill(double *p, uint64_t n, double value)
{
	for (uint64_t i = 0; i < n; i++)
		p[i] = value;
}

static void check(const double *a, const double *b, const double *c, uint64_t n, uint64_t rounds)
{
	double x = 1, y = 2, z = 0;

	for (uint64_t r = 0; r < rounds; r++) {
		z = x;
		y = SCALE * z;
		z = x + y;
		x = y + SCALE * z;
	}
	for (uint64_t i = 0; i < n; i++)
		if (a[i] != x || b[i] != y || c[i] != z)
			__atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
}

static void report(const struct payload_params *params, enum kernel k, uint64_t bytes, uint64_t rounds)
{
	uint64_t kept = kit_uncut(params, ticks[k], rounds), speed[ROUNDS_MAX];

	/* bytes / (ticks / kHz) is bytes a millisecond: a thousandth of it is MB/s. */
	for (uint64_t i = 0; i < kept; i++)
		speed[i] = bytes / 1000 * params->tsc_khz / ticks[k][i];
	if (!kit_word(params, "triad-best"))
		kit_samples(names[k], speed, kept);
	else if (k == TRIAD)
		kit_best(speed, kept);
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t rounds = kit_arg(params, "rounds", 10), bytes = kit_arg(params, "bytes", 96u << 20);
	uint64_t n = bytes / 3 / sizeof(double) & ~(uint64_t)511;
	uint32_t node = (uint32_t)kit_arg(params, "node", KIT_ANY_NODE);
	double *a = kit_memory(params, params->nr_cpus * 3 * n * sizeof(double), node), *b, *c;

	rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	a += vcpu * 3 * n;
	b = a + n;
	c = b + n;
	fill(a, n, 1);
	fill(b, n, 2);
	fill(c, n, 0);
	for (uint64_t r = 0; r < rounds; r++) {
		for (enum kernel k = COPY; k < KERNELS; k++) {
			uint64_t start;

			kit_barrier(params);
			start = payload_tsc();
			kernel_run(k, a, b, c, n);
			kit_barrier(params);
			if (vcpu == 0)
				ticks[k][r] = payload_tsc() - start;
		}
	}
	check(a, b, c, n, rounds);
	kit_barrier(params);
	if (vcpu != 0)
		payload_done();
	if (wrong)
		kit_wrong("an array does not hold what it must");
	for (enum kernel k = COPY; k < KERNELS; k++)
		report(params, k, bytes_each[k] * n * params->nr_cpus, rounds);
	kit_done();
}
