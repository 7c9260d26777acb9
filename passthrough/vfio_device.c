/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio_device.c - VFIO_GROUP_GET_DEVICE_FD and what it leads to. */
#include "passthrough/vfio_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/log.h"

static void areas_read(const struct vfio_region_info *info, struct vfio_region *r)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return;
	sparse = (const void *)vfio_cap(info, info->cap_offset, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	if (!sparse)
		return;
	/* None, or more than we can keep: all of it by the slow way. */
	r->mappable = sparse->nr_areas && sparse->nr_areas <= VFIO_AREAS_MAX;
	for (uint32_t i = 0; r->mappable && i < sparse->nr_areas; i++)
		r->area[r->nr_areas++] = (struct range){ sparse->areas[i].offset, sparse->areas[i].size };
}

static int region_read(struct vfio_device *d, uint32_t index, struct vfio_region *r)
{
	const struct vfio_region_info first = { .argsz = sizeof(first), .index = index };
	int err;
	struct vfio_region_info *info = vfio_info(d->vfio, d->fd, VFIO_DEVICE_GET_REGION_INFO, &first, sizeof(first), &err);

	*r = (struct vfio_region){ 0 };
	if (!info)
		return err;
	r->size = info->size;
	r->at = info->offset;
	r->mappable = info->flags & VFIO_REGION_INFO_FLAG_MMAP;
	if (r->mappable)
		areas_read(info, r);
	free(info);
	return 0;
}

static int facts_read(struct vfio_device *d)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int err = vfio_call(d->vfio, d->fd, VFIO_DEVICE_GET_INFO, &info);

	if (err < 0)
		return err;
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
		return -ENOTSUP;
	d->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	for (uint32_t i = 0; i < VFIO_BARS && err >= 0; i++)
		err = region_read(d, VFIO_PCI_BAR0_REGION_INDEX + i, &d->bar[i]);
	if (err >= 0)
		err = region_read(d, VFIO_PCI_CONFIG_REGION_INDEX, &d->config);
	/* A device does without one. */
	if (region_read(d, VFIO_PCI_ROM_REGION_INDEX, &d->rom) < 0)
		d->rom.size = 0;
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS && i < info.num_irqs && err >= 0; i++) {
		struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = i };

		if (vfio_call(d->vfio, d->fd, VFIO_DEVICE_GET_IRQ_INFO, &irq) >= 0)
			d->nr_irqs[i] = irq.count;
	}
	return err < 0 ? err : 0;
}

int vfio_device_open(struct vfio_device *d, const struct vfio *vfio, int group, const char *name)
{
	int err;

	*d = (struct vfio_device){ .vfio = vfio };
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->fd = vfio_call(vfio, group, VFIO_GROUP_GET_DEVICE_FD, d->name);
	if (d->fd < 0)
		return log_errno(d->fd, "%s: VFIO does not open it: %m; is it bound to vfio-pci?", name);
	err = facts_read(d);
	if (!err)
		return 0;
	vfio_device_close(d);
	return log_errno(err, "%s: VFIO does not tell what it has: %m", name);
}

void vfio_device_close(struct vfio_device *d)
{
	if (d->fd >= 0)
		d->vfio->ops->close(d->vfio->ctx, d->fd);
	d->fd = -1;
}

int vfio_device_reset(const struct vfio_device *d)
{
	return min(vfio_call(d->vfio, d->fd, VFIO_DEVICE_RESET, NULL), 0);
}

void vfio_device_read(const struct vfio_device *d, const struct vfio_region *r, uint64_t offset, void *buf, size_t size)
{
	if (d->vfio->ops->read(d->vfio->ctx, d->fd, buf, size, r->at + offset) != (ssize_t)size)
		memset(buf, 0xff, size);
}

void vfio_device_write(const struct vfio_device *d, const struct vfio_region *r, uint64_t offset, const void *buf,
	size_t size)
{
	/* As on a bus: nobody hears of a write that went nowhere. */
	(void)d->vfio->ops->write(d->vfio->ctx, d->fd, buf, size, r->at + offset);
}
