/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.c - when are all vCPUs there?
 *
 * Each vCPU's first act is to say that it has come; when all have, vCPU 0 prints a line. The runner (bench/) sees when
 * it comes, counted from the start of the process: "start to the first instruction", over the number of
 * vCPUs. With `stay` the machine then does nothing for ever, so that its size can be looked at from outside.
 * Self-check: all vCPUs come, or no line does.
 */
#include "benchmarks/kernels/kit.h"

#define EXITS 10
#define PORT  0x700 /* nobody's */

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const char *stay = kit_word(params, "stay");

	/* Some exits, so that what thole needs for a vCPU is all there. */
	for (int i = 0; stay && i < EXITS; i++)
		payload_out32(PORT, 0);
	kit_barrier(params);
	if (vcpu == 0) {
		payload_print("cpus: ");
		payload_print_u64(params->nr_cpus);
		payload_print("\n");
	}
	while (stay)
		__builtin_ia32_pause();
	payload_done();
}
