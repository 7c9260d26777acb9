/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spin.c - says that it runs, then computes for ever without an exit: for stopping from outside. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

void _start(uint64_t vcpu, const struct payload_params *params)
{
	(void)params;
	if (vcpu == 0)
		payload_print("spinning\n");
	for (;;)
		__builtin_ia32_pause();
}
