/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_triad.c - how much memory bandwidth does one core get?
 *
 * STREAM's triad, a = b + s * c (McCalpin, 1995), over three arrays that fill the free memory up to
 * 768 MiB, ten times; the best round counts, as in STREAM. Prints MB/s; the ideal is what the same
 * file gets natively. A wrong sum ends it with exit code 1.
 */
#include <thole/payload.h>

#define ROUNDS   10
#define MOST     (32u << 20) /* elements of each array: 256 MiB */
#define SCALE    3.0

void _start(uint64_t vcpu, const struct payload_params *params);

static uint64_t triad(double *a, const double *b, const double *c, uint64_t n)
{
	uint64_t start = payload_tsc();

	for (uint64_t i = 0; i < n; i++)
		a[i] = b[i] + SCALE * c[i];
	__asm__ volatile("" : : : "memory");
	return payload_tsc() - start;
}

static void fill(double *p, uint64_t n, double value)
{
	for (uint64_t i = 0; i < n; i++)
		p[i] = value;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const struct payload_range *r = payload_ranges(params);
	uint64_t n = r->size / (3 * sizeof(double));
	uint64_t best = UINT64_MAX;
	double *a = (double *)(uintptr_t)r->base;
	double *b, *c;

	if (vcpu != 0)
		payload_done();
	n = n < MOST ? n : MOST;
	b = a + n;
	c = b + n;
	fill(a, n, 0.0);
	fill(b, n, 1.0);
	fill(c, n, 2.0);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t cycles = triad(a, b, c, n);

		best = cycles < best ? cycles : best;
	}
	for (uint64_t i = 0; i < n; i++)
		if (a[i] != 1.0 + SCALE * 2.0)
			payload_exit(1);
	/* bytes / (cycles / kHz) is bytes a millisecond: a thousandth of it is MB/s. */
	payload_print_u64(24 * n / 1000 * params->tsc_khz / best);
	payload_print("\n");
	payload_done();
}
