/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - every vCPU runs and makes a few exits, so that what thole needs for it is there; then it is
 * said that all are there, and nothing happens any more: for looking at thole from outside. */
#include <thole/payload.h>

#define PORT  0x700
#define EXITS 10

void _start(uint64_t vcpu, const struct payload_params *params);

static uint32_t arrived;

void _start(uint64_t vcpu, const struct payload_params *params)
{
	for (int i = 0; i < EXITS; i++)
		payload_out32(PORT, 0);
	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	while (vcpu == 0 && __atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < params->nr_cpus)
		__builtin_ia32_pause();
	if (vcpu == 0)
		payload_print("all there\n");
	for (;;)
		__builtin_ia32_pause();
}
