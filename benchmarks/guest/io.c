/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io.c - the cost of an exit to user space and back: writes ("out" on the command line) or reads ("in")
 * of a port that belongs to nobody. Prints cycles per access, of the median of many blocks.
 */
#include <thole/payload.h>

#define PORT   0x700
#define BLOCKS 101
#define BLOCK  20 /* short beside a time slice: another process spoils one block, not all */

void _start(uint64_t vcpu, const struct payload_params *params);

static uint64_t block_out(void)
{
	uint64_t start = payload_tsc();

	for (int i = 0; i < BLOCK; i++)
		payload_out32(PORT, 0);
	return payload_tsc() - start;
}

static uint64_t block_in(void)
{
	uint64_t start = payload_tsc();
	uint32_t value;

	for (int i = 0; i < BLOCK; i++)
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)PORT) : "memory");
	return payload_tsc() - start;
}

static void sort(uint64_t *at, int nr)
{
	for (int i = 1; i < nr; i++)
		for (int k = i; k > 0 && at[k - 1] > at[k]; k--) {
			uint64_t swap = at[k];

			at[k] = at[k - 1];
			at[k - 1] = swap;
		}
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t cycles[BLOCKS];
	int in = *payload_cmdline(params) == 'i';

	(void)vcpu;
	for (int i = 0; i < BLOCKS; i++)
		cycles[i] = in ? block_in() : block_out();
	sort(cycles, BLOCKS);
	payload_print_u64(cycles[BLOCKS / 2] / BLOCK);
	payload_print("\n");
	payload_exit(0);
}
