/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exitcode.c - the last vCPU ends the machine with the number on the command line; the others,
 * which are not done by then, must not keep it alive. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint32_t code = 0;

	for (const char *c = payload_cmdline(params); *c >= '0' && *c <= '9'; c++)
		code = code * 10 + (uint32_t)(*c - '0');
	if (vcpu == params->nr_cpus - 1)
		payload_exit(code);
	for (;;)
		__builtin_ia32_pause();
}
