/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_ports.h - the device of thole/payload.h: console, exit, done.
 *
 * Threads: any vCPU. Borrows: the end, the guest's memory, and the serial port whose output buffer it shares.
 */
#ifndef VMM_PAYLOAD_PORTS_H
#define VMM_PAYLOAD_PORTS_H

#include "vmm/bus.h"
#include "vmm/end.h"
#include "vmm/mem.h"
#include "vmm/serial.h"

struct payload_ports {
	struct device dev;
	struct end *end;
	struct serial *serial;
	const struct mem *mem;
};

int payload_ports_init(struct payload_ports *p, struct end *end, struct serial *serial, const struct mem *mem,
	struct bus *pio) must_check;

#endif
