/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed_rom.c - the expansion ROM (PCI Local Bus 3.0, 6.2.5.2 and 6.3): read once, when the guest first looks at it,
 * and then a copy.
 *
 * Few guests look, and some devices take long, or do not like it, so nobody reads it before. What VFIO reads is the
 * image that the host finds, also where the firmware keeps a copy of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "passthrough/passed.h"
#include "vmm/log.h"
#include "vmm/pci_cfg.h"

#define ROM_MIN	  KiB(2)
#define ROM_MAX	  MiB(16)
#define ROM_PIECE KiB(4)

/* Behind what the function has, as where nothing answers, it is all ones. */
static void rom_read(struct passed *p)
{
	const struct vfio_region *r = &p->device.rom;
	uint64_t size = p->func.bar[PCI_ROM_BAR].size;

	p->rom.bytes = malloc(size);
	if (!p->rom.bytes) {
		log_errno(-ENOMEM, "%s: its ROM of %llu KiB: %m", p->device.name, (unsigned long long)(size >> 10));
		return;
	}
	memset(p->rom.bytes, 0xff, size);
	for (uint64_t at = 0; at < r->size; at += ROM_PIECE)
		vfio_device_read(&p->device, r, at, p->rom.bytes + at, min(r->size - at, ROM_PIECE));
}

static enum io_result rom_access(struct device *dev, struct access *a)
{
	struct passed *p = container_of(dev, struct passed, rom.dev);

	if (a->write)
		return IO_OK; /* as on hardware */
	pthread_mutex_lock(&p->lock);
	if (!p->rom.bytes)
		rom_read(p);
	a->value = p->rom.bytes ? cfg_get(p->rom.bytes + a->offset, 0, a->size) : access_ones(a);
	pthread_mutex_unlock(&p->lock);
	return IO_OK;
}

static const struct dev_ops rom_ops = { "passed-rom", rom_access, device_nothing, device_nothing };

uint64_t passed_rom_open(struct passed *p)
{
	uint64_t size = ROM_MIN;

	p->rom = (struct passed_rom){ .dev.ops = &rom_ops };
	if (!p->device.rom.size || p->device.rom.size > ROM_MAX)
		return 0;
	while (size < p->device.rom.size)
		size *= 2;
	return size;
}

void passed_rom_close(struct passed *p)
{
	free(p->rom.bytes);
	p->rom.bytes = NULL;
}
