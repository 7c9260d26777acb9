/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ud2.c - a payload that breaks: an undefined instruction, or with "null" on the command line a
 * write through a null pointer. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

void _start(uint64_t vcpu, const struct payload_params *params)
{
	if (vcpu != 0)
		payload_done();
	payload_print("about to fail\n");
	if (*payload_cmdline(params) == 'n')
		__asm__ volatile("movq $1, (%0)" : : "r"(0ul) : "memory");
	__asm__ volatile("ud2");
	payload_exit(1);
}
