/* SPDX-License-Identifier: GPL-2.0-or-later */
/* busy.c - all vCPUs count for so many milliseconds as the command line says, then they are done. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

void _start(uint64_t vcpu, const struct payload_params *params)
{
	uint64_t until, ms = 0;

	for (const char *p = payload_cmdline(params); *p >= '0' && *p <= '9'; p++)
		ms = 10 * ms + (uint64_t)(*p - '0');
	until = payload_tsc() + ms * params->tsc_khz;
	if (vcpu == 0)
		payload_print("busy\n");
	while (payload_tsc() < until)
		;
	payload_done();
}
