/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hello.c - the smallest payload: vCPU 0 says what it was given, everyone is done. */
#include <thole/payload.h>

void _start(uint64_t vcpu, const struct payload_params *params);

static void field(const char *name, uint64_t value)
{
	payload_print(name);
	payload_print_u64(value);
}

void _start(uint64_t vcpu, const struct payload_params *params)
{
	const struct payload_range *r = payload_ranges(params);

	if (vcpu != 0)
		payload_done();
	if (params->magic != PAYLOAD_MAGIC || params->version != PAYLOAD_VERSION)
		payload_exit(1);
	field("hello from a payload: cpus ", params->nr_cpus);
	field(" page ", params->guest_page);
	field(" tsc_khz ", params->tsc_khz);
	for (uint32_t i = 0; i < params->nr_ranges; i++) {
		field(i ? " + " : " free ", r[i].size >> 20);
		field(" MiB on node ", r[i].node);
	}
	payload_print(" cmdline \"");
	payload_print(payload_cmdline(params));
	payload_print("\"\n");
	payload_done();
}
