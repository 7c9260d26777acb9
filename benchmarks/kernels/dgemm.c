/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dgemm.c - does one core compute as fast as natively?
 *
 * C += A * B in doubles, n by n, in blocks that fit the caches, the inner kernel in registers by the compiler's
 * vectors of two. It is no fast DGEMM, and need not be: it keeps the floating-point units busy without memory. Unit:
 * MFLOP/s; the ideal is the native figure. Self-check: the entries are small whole numbers, so the column sums of C
 * are exactly those of A times B.
 *
 *   n=256 (a multiple of 64)  rounds=10  slice=MS: see kit_uncut()
 */
#include "benchmarks/kernels/kit.h"

#define ROUNDS_MAX 64
#define BLOCK	   64
#define WIDE	   8 /* columns of C that the kernel holds in registers: four vectors */

typedef double vector __attribute__((vector_size(16), aligned(8)));

/* One row of a block of C, all of its columns. */
static void row(double *c, const double *a, const double *b, uint64_t n)
{
	for (uint64_t j = 0; j < BLOCK; j += WIDE) {
		vector sum[WIDE / 2];

		for (unsigned v = 0; v < WIDE / 2; v++)
			sum[v] = *(const vector *)&c[j + 2 * v];
		for (uint64_t k = 0; k < BLOCK; k++) {
			vector x = { a[k], a[k] };

			for (unsigned v = 0; v < WIDE / 2; v++)
				sum[v] += x * *(const vector *)&b[k * n + j + 2 * v];
		}
		for (unsigned v = 0; v < WIDE / 2; v++)
			*(vector *)&c[j + 2 * v] = sum[v];
	}
}

static void multiply(double *c, const double *a, const double *b, uint64_t n)
{
	for (uint64_t k = 0; k < n; k += BLOCK)
		for (uint64_t j = 0; j < n; j += BLOCK)
			for (uint64_t i = 0; i < n; i++)
				row(&c[i * n + j], &a[i * n + k], &b[k * n + j], n);
	__asm__ volatile("" : : : "memory");
}

/* Sums over i of c[i][j] must be rounds * sums over k of (column sum of a)[k] * b[k][j]. */
static void check(const double *c, const double *a, const double *b, uint64_t n, uint64_t rounds)
{
	for (uint64_t j = 0; j < n; j++) {
		double got = 0, want = 0;

		for (uint64_t k = 0; k < n; k++) {
			double sum = 0;

			for (uint64_t i = 0; i < n; i++)
				sum += a[i * n + k];
			want += sum * b[k * n + j];
			got += c[k * n + j];
		}
		if (got != (double)rounds * want)
			kit_wrong("a column of the product has a wrong sum");
	}
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 256), rounds = kit_arg(params, "rounds", 10), value[ROUNDS_MAX];
	double *a, *b, *c;

	if (vcpu != 0)
		payload_done();
	rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	n -= n % BLOCK;
	a = kit_memory(params, 3 * n * n * sizeof(double), KIT_ANY_NODE);
	b = a + n * n;
	c = b + n * n;
	for (uint64_t i = 0; i < n * n; i++) {
		a[i] = (double)(i % 7);
		b[i] = (double)(i % 5);
		c[i] = 0;
	}
	for (uint64_t r = 0; r < rounds; r++) {
		uint64_t start = payload_tsc();

		multiply(c, a, b, n);
		value[r] = payload_tsc() - start;
	}
	check(c, a, b, n, rounds);
	rounds = kit_uncut(params, value, rounds);
	/* operations / (ticks / kHz) is operations a millisecond */
	for (uint64_t r = 0; r < rounds; r++)
		value[r] = 2 * n * n * n / 1000 * params->tsc_khz / value[r];
	kit_samples("dgemm", value, rounds);
	kit_done();
}
