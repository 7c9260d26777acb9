/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flood.c - write as many bytes as the command line says, in equal lines of 50. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const char *digits = payload_cmdline(params);
	uint64_t left = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		left = left * 10 + (uint64_t)(*digits - '0');
	for (; vcpu == 0 && left >= 50; left -= 50)
		payload_print("01234567890123456789012345678901234567890123456789\n");
	payload_done();
}
