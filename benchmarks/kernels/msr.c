/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * msr.c - what does a read or a write of a model-specific register cost that KVM looks after?
 *
 * RDMSR of IA32_APIC_BASE, or, with `write`, WRMSR of IA32_BIOS_UPDT_TRIG, which KVM takes and ignores: both exit to
 * the kernel. Unit: cycles each. No native counterpart: programs have no such instruction. The ideal is CPUID's cost.
 * Self-check: the register reads the same each time.
 *
 *   n=1000
 */
#include "benchmarks/kernels/ring0.h"

#define MSR_UCODE_WRITE 0x79u
#define MOST		4096

PAYLOAD_SUPERVISOR;

static uint64_t value[MOST];

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t n = kit_arg(params, "n", 1000), base = msr_read(MSR_APIC_BASE);
	int writes = kit_word(params, "write") != (const char *)0;

	if (vcpu != 0)
		payload_done();
	n = n > MOST ? MOST : n;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = payload_tsc(), again = base;

		if (writes)
			msr_write(MSR_UCODE_WRITE, 0);
		else
			again = msr_read(MSR_APIC_BASE);
		value[i] = payload_tsc() - start;
		if (again != base)
			kit_wrong("a register does not read the same twice");
	}
	kit_samples("cycles", value, n);
	kit_done();
}
