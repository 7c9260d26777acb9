/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_container.c - VFIO's type 1 IOMMU (vfio.rst, "VFIO Usage Example").
 *
 * One piece after another: the kernel holds one lock of the container while it pins and maps, so several threads
 * would wait for each other; what takes time, filling memory, has been done by all workers at once before.
 */
#include "passthrough/vfio_container.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "passthrough/dma_plan.h"
#include "vmm/log.h"

int container_open(struct vfio_container *c, const struct vfio *vfio)
{
	int version;

	*c = (struct vfio_container){ .vfio = vfio };
	c->fd = vfio->ops->open(vfio->ctx, "/dev/vfio/vfio");
	if (c->fd < 0)
		return log_errno(c->fd, "/dev/vfio/vfio: %m; %s", c->fd == -ENOENT ? "modprobe vfio-pci"
										     : "may this user open it?");
	version = vfio_call(vfio, c->fd, VFIO_GET_API_VERSION, NULL);
	if (version == VFIO_API_VERSION && vfio_call(vfio, c->fd, VFIO_CHECK_EXTENSION, (void *)VFIO_TYPE1v2_IOMMU) == 1)
		return 0;
	container_close(c);
	return log_errno(-ENOTSUP, "this kernel's VFIO has no type 1 IOMMU: modprobe vfio_iommu_type1");
}

void container_close(struct vfio_container *c)
{
	for (uint32_t i = 0; i < c->nr_groups; i++)
		c->vfio->ops->close(c->vfio->ctx, c->group[i].fd);
	if (c->fd >= 0)
		c->vfio->ops->close(c->vfio->ctx, c->fd);
	*c = (struct vfio_container){ .fd = -1 };
}

static int group_open(const struct vfio_container *c, int number, const char *who)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int fd, err;

	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	fd = c->vfio->ops->open(c->vfio->ctx, path);
	if (fd == -EBUSY)
		return log_errno(fd, "%s: somebody else has its IOMMU group %d: another virtual machine?", who, number);
	if (fd < 0)
		return log_errno(fd, "%s: cannot open %s, its IOMMU group: %m%s", who, path,
			fd == -EACCES ? "; is it this user's? (chown)" : "");
	err = vfio_call(c->vfio, fd, VFIO_GROUP_GET_STATUS, &status);
	if (err >= 0 && (status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return fd;
	c->vfio->ops->close(c->vfio->ctx, fd);
	return err < 0 ? log_errno(err, "%s: IOMMU group %d: %m", who, number)
		       : log_errno(-EBUSY,
				 "%s: IOMMU group %d has other devices that the host still drives; thole pci list shows "
				 "them, thole pci bind takes them",
				 who, number);
}

/* What of address space can be mapped: the IOMMU's window without what is reserved. */
static void ranges_read(struct vfio_container *c)
{
	const struct vfio_iommu_type1_info first = { .argsz = sizeof(first) };
	const struct vfio_iommu_type1_info_cap_iova_range *cap;
	int err;
	struct vfio_iommu_type1_info *info = vfio_info(c->vfio, c->fd, VFIO_IOMMU_GET_INFO, &first, sizeof(first), &err);

	c->nr_valid = 0;
	if (!info)
		return;
	cap = info->flags & VFIO_IOMMU_INFO_CAPS
		      ? (const void *)vfio_cap(info, info->cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
		      : NULL;
	for (uint32_t i = 0; cap && i < cap->nr_iovas && i < CONTAINER_RANGES_MAX; i++)
		c->valid[c->nr_valid++] = (struct range){ cap->iova_ranges[i].start,
			cap->iova_ranges[i].end - cap->iova_ranges[i].start +
				(cap->iova_ranges[i].end - cap->iova_ranges[i].start != UINT64_MAX) };
	free(info);
}

static int group_join(struct vfio_container *c, int fd, int number, const char *who)
{
	int err = vfio_call(c->vfio, fd, VFIO_GROUP_SET_CONTAINER, &c->fd);

	if (err < 0)
		return log_errno(err, "%s: IOMMU group %d cannot join the machine's others: %m", who, number);
	if (!c->nr_groups)
		err = vfio_call(c->vfio, c->fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	if (err == -EPERM)
		return log_errno(err,
			"%s: this host does not remap interrupts, so a guest could send any; turn it on (x2APIC or "
			"interrupt remapping in the firmware, no intremap=off), or, if guests are trusted, "
			"vfio_iommu_type1.allow_unsafe_interrupts=1",
			who);
	return err < 0 ? log_errno(err, "%s: cannot set up the IOMMU for group %d: %m", who, number) : 0;
}

int container_add_group(struct vfio_container *c, int number, const char *who)
{
	int fd, err;

	for (uint32_t i = 0; i < c->nr_groups; i++)
		if (c->group[i].number == number)
			return c->group[i].fd;
	if (c->nr_groups == CONTAINER_GROUPS_MAX)
		return log_errno(-ENOSPC, "%s: devices of more than %d IOMMU groups", who, CONTAINER_GROUPS_MAX);
	fd = group_open(c, number, who);
	if (fd < 0)
		return fd;
	err = group_join(c, fd, number, who);
	if (err) {
		c->vfio->ops->close(c->vfio->ctx, fd);
		return err;
	}
	c->group[c->nr_groups++] = (struct vfio_group){ number, fd };
	ranges_read(c);
	return fd;
}

static int dma_map(const struct vfio_container *c, struct range gpa, const void *hva)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)hva,
		.iova = gpa.base,
		.size = gpa.size,
	};

	return vfio_call(c->vfio, c->fd, VFIO_IOMMU_MAP_DMA, &map);
}

int container_map_bar(const struct vfio_container *c, struct range gpa, void *hva)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = gpa.base, .size = gpa.size };
	int err = hva ? dma_map(c, gpa, hva) : vfio_call(c->vfio, c->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	return err < 0 ? err : 0;
}

static int piece_map(const struct vfio_container *c, const struct mem_region *r, gpa_t at, uint64_t size)
{
	int err = dma_map(c, (struct range){ at, size }, (const uint8_t *)r->hva + (at - r->gpa.base));

	return err < 0 ? log_errno(err, "cannot map %llu MiB of guest memory at %#llx for devices: %m",
				 (unsigned long long)(size >> 20), (unsigned long long)at)
		       : 0;
}

int container_map(struct vfio_container *c, const struct mem *m, container_progress_fn *progress, void *ctx)
{
	uint64_t done = 0, total = m->layout->total;
	struct memlock lock;
	char why[256];
	int err;

	memlock_read(&lock);
	err = memlock_check(&lock, total, why, sizeof(why));
	if (!err)
		err = dma_ranges_check(m->layout, c->valid, c->nr_valid, why, sizeof(why));
	if (err)
		return log_errno(err, "%s", why);
	for (uint32_t i = 0; i < m->nr_regions; i++) {
		const struct mem_region *r = &m->region[i];
		uint64_t size;

		for (gpa_t at = r->gpa.base; at < r->gpa.base + r->gpa.size; at += size) {
			size = dma_chunk(r->gpa, at);
			if ((err = piece_map(c, r, at, size)) != 0)
				return err;
			done += size;
			if (progress && !progress(ctx, done, total))
				return -EINTR;
		}
	}
	return 0;
}
