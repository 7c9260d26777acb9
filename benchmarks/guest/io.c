/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io.c - what does an exit to user space and back cost?
 *
 * Writes ("out" on the command line) or reads ("in") of a port that belongs to nobody. Prints cycles per access,
 * of the median of many blocks; with "samples", of each block. The ideal is the same payload's figure in a monitor
 * that does nothing else (floor.c). Self-check: a read gives ones, as from an empty bus.
 */
#include "benchmarks/kernels/kit.h"

#define PORT   0x700
#define BLOCKS 101
#define BLOCK  20 /* short beside a time slice: another process spoils one block, not all */

static uint64_t block_out(uint64_t n)
{
	uint64_t start = payload_tsc();

	for (uint64_t i = 0; i < n; i++)
		payload_out32(PORT, 0);
	return payload_tsc() - start;
}

static uint64_t block_in(uint64_t n)
{
	uint64_t start = payload_tsc();
	uint32_t value = 0, all = ~0u;

	for (uint64_t i = 0; i < n; i++) {
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)PORT) : "memory");
		all &= value;
	}
	start = payload_tsc() - start;
	if (all != ~0u)
		kit_wrong("an empty port does not read as ones");
	return start;
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t cycles[BLOCKS] = { 0 }, blocks = kit_arg(params, "n", BLOCKS * BLOCK) / BLOCK;
	int in = *payload_cmdline(params) == 'i';

	if (vcpu != 0)
		payload_done();
	blocks = blocks > BLOCKS ? BLOCKS : blocks;
	for (uint64_t i = 0; i < blocks; i++)
		cycles[i] = (in ? block_in(BLOCK) : block_out(BLOCK)) / BLOCK;
	if (kit_word(params, "samples")) {
		kit_samples("cycles", cycles, blocks);
		kit_done();
	}
	kit_sort(cycles, blocks);
	payload_print_u64(cycles[blocks / 2]);
	payload_print("\n");
	payload_exit(0);
}
