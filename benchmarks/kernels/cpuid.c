/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuid.c - what does the least instruction that a hypervisor has to answer cost?
 *
 * CPUID exits always on VT-x and AMD-V, and KVM answers it in the kernel: the floor of an exit. Unit: cycles each,
 * `cycles`. The ideal is the native figure, which no exit reaches. Self-check: the answer is the same each time.
 *
 *   n=1000: how many
 */
#include "benchmarks/kernels/kit.h"

#define MOST 16384

static uint64_t value[MOST];

static uint32_t cpuid0(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
	return (a + b) ^ (c + d);
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 1000);
	uint32_t answer = cpuid0();

	if (vcpu != 0)
		payload_done();
	n = n > MOST ? MOST : n;
	memset(value, 0, sizeof(value));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = payload_tsc();
		uint32_t again = cpuid0();

		value[i] = payload_tsc() - start;
		if (again != answer)
			kit_wrong("CPUID does not answer the same twice");
	}
	kit_samples("cycles", value, n);
	kit_done();
}
