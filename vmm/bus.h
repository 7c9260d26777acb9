/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bus.h - route guest accesses to devices.
 *
 * Threads: map before bus_seal(); look up from any vCPU after, without locks.
 * Owns: the table. Borrows: devices, which outlive the bus.
 * Errors: -EEXIST (overlap), -EBUSY (sealed), -EINVAL (empty or wrapping range), -ENOMEM.
 */
#ifndef VMM_BUS_H
#define VMM_BUS_H

#include "vmm/device.h"
#include "vmm/types.h"

struct bus_entry {
	struct range range;
	struct device *dev;
};

struct bus {
	struct bus_entry *entry; /* by base */
	uint32_t nr;
	bool sealed;
};

void bus_init(struct bus *b);
void bus_fini(struct bus *b);

/* Give a range (ports, or guest-physical addresses) to a device. */
int bus_map(struct bus *b, struct range r, struct device *dev) must_check;

/* No more changes from here on. */
void bus_seal(struct bus *b);

/*
 * Hand an access to the device at a->addr. Nobody there, or an access that runs over the end of a
 * device: reads are all ones, writes go nowhere, as on a real bus, and the answer is IO_NOBODY.
 */
enum io_result bus_access(const struct bus *b, struct access *a);

#endif
