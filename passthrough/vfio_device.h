/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_device.h - one opened function: its regions, interrupts and reset, as VFIO has them.
 *
 * Threads: open and close on one; reads and writes from any. Owns: its descriptor. Errors: negative errno; open and
 * reset report theirs.
 */
#ifndef PASSTHROUGH_VFIO_DEVICE_H
#define PASSTHROUGH_VFIO_DEVICE_H

#include "passthrough/vfio.h"
#include "vmm/types.h"

#define VFIO_BARS      6
#define VFIO_AREAS_MAX 16

struct vfio_region {
	uint64_t size, at; /* bytes; where in the device's descriptor. size 0: there is none */
	bool mappable;
	uint32_t nr_areas; /* of those parts only, in order; 0: of all */
	struct range area[VFIO_AREAS_MAX];
};

struct vfio_device {
	const struct vfio *vfio;
	int fd; /* -1: not open */
	char name[32];
	bool can_reset;
	struct vfio_region bar[VFIO_BARS], rom, config;
	uint32_t nr_irqs[VFIO_PCI_NUM_IRQS]; /* by VFIO's index */
};

int vfio_device_open(struct vfio_device *d, const struct vfio *vfio, int group, const char *name) must_check;
void vfio_device_close(struct vfio_device *d);

/* By the best way that the device and its bus have. Errors: the kernel's, not reported; -EAGAIN where the host is taking
 * the device out, which has it locked. */
int vfio_device_reset(const struct vfio_device *d) must_check;

/* size bytes of a region; what cannot be read is all ones. */
void vfio_device_read(const struct vfio_device *d, const struct vfio_region *r, uint64_t offset, void *buf, size_t size);
void vfio_device_write(const struct vfio_device *d, const struct vfio_region *r, uint64_t offset, const void *buf,
	size_t size);

#endif
