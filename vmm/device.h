/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - what a device is to the bus: an operations table, and an access.
 *
 * A device embeds struct device and finds itself with container_of(). Every operation is present.
 * access() may run on several vCPU threads at once; a device with state locks itself.
 */
#ifndef VMM_DEVICE_H
#define VMM_DEVICE_H

#include "vmm/types.h"
#include "vmm/util.h"

/* One guest access: 1, 2, 4 or 8 bytes, little endian in value. */
struct access {
	gpa_t addr;      /* port or guest-physical address */
	uint64_t offset; /* from the start of the device's range; set by the bus */
	uint64_t value;  /* to write, or where the read's answer goes */
	uint8_t size;
	bool write;
};

enum io_result {
	IO_OK,
	IO_NOBODY,    /* no device there */
	IO_BAD_GUEST, /* what the guest asked for makes no sense; counted, otherwise ignored */
	IO_PARK,      /* done, and the vCPU that asked has nothing more to do */
};

struct device;

struct dev_ops {
	const char *type;
	enum io_result (*access)(struct device *dev, struct access *a);
	/* Back to the state at power-on. vCPUs are not running. */
	void (*reset)(struct device *dev);
	/* Release what create took. vCPUs are gone. */
	void (*destroy)(struct device *dev);
};

struct device {
	const struct dev_ops *ops;
};

/* For ops with nothing to do: no state to reset, nothing owned. */
static inline void device_nothing(struct device *dev)
{
	(void)dev;
}

/* What a read of nothing gives. */
static inline uint64_t access_ones(const struct access *a)
{
	return a->size >= 8 ? UINT64_MAX : (1ull << (8 * a->size)) - 1;
}

#endif
