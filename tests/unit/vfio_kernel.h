/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_kernel.h - a kernel with VFIO, one group and one device whose configuration space is a dump's, for tests.
 *
 * Interrupts have the kernel's rules: one kind at a time, and as many vectors as were asked for first.
 */
#ifndef TESTS_UNIT_VFIO_KERNEL_H
#define TESTS_UNIT_VFIO_KERNEL_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "passthrough/vfio.h"
#include "vmm/pci_cfg.h"

enum { FAKE_CONTAINER = 1000, FAKE_GROUP, FAKE_DEVICE };

#define FAKE_REGION(i) ((uint64_t)(i) << 40)
#define FAKE_VECTORS   2048
#define FAKE_MAPS      64

struct fake_vfio {
	uint8_t config[4096];
	uint32_t config_size;
	uint64_t bar_size[6];
	uint8_t bar[6][64]; /* the first bytes of each */
	const uint8_t *rom; /* [rom_size] */
	uint64_t rom_size;
	unsigned rom_reads;
	uint32_t vectors[VFIO_PCI_NUM_IRQS];
	bool viable, can_reset;
	int fail_open, fail_iommu, fail_intx;
	struct vfio_iommu_type1_info_cap_iova_range *ranges; /* with its array; NULL: not told */

	int open_fds;
	unsigned resets, set_irqs;
	int irq;	   /* the kind in use; -1: none */
	uint32_t allocated;
	int fd[FAKE_VECTORS];
	int unmask_fd;
	int reset_err; /* 0, or negative errno */
	int error_fd, request_fd; /* -1: none; they outlive the vectors */
	uint32_t nr_maps;
	struct range map[FAKE_MAPS];
	unsigned config_writes;
};

static inline void fake_init(struct fake_vfio *f)
{
	*f = (struct fake_vfio){ .viable = true, .can_reset = true, .irq = -1, .unmask_fd = -1, .error_fd = -1, .request_fd = -1,
		.config_size = 4096 };
	for (unsigned i = 0; i < FAKE_VECTORS; i++)
		f->fd[i] = -1;
}

static inline int fake_open(void *ctx, const char *path)
{
	struct fake_vfio *f = ctx;

	if (f->fail_open)
		return f->fail_open;
	f->open_fds++;
	return strcmp(path, "/dev/vfio/vfio") == 0 ? FAKE_CONTAINER : FAKE_GROUP;
}

static inline int fake_close(void *ctx, int fd)
{
	struct fake_vfio *f = ctx;

	(void)fd;
	f->open_fds--;
	return 0;
}

static inline int fake_iommu_info(struct fake_vfio *f, struct vfio_iommu_type1_info *info)
{
	size_t size = sizeof(*info) +
		      (f->ranges ? sizeof(*f->ranges) + f->ranges->nr_iovas * sizeof(f->ranges->iova_ranges[0]) : 0);

	if (info->argsz >= size && f->ranges) {
		memcpy(info + 1, f->ranges, size - sizeof(*info));
		info->cap_offset = sizeof(*info);
		info->flags |= VFIO_IOMMU_INFO_CAPS;
	}
	info->argsz = (uint32_t)size;
	return 0;
}

static inline int fake_irqs(struct fake_vfio *f, const struct vfio_irq_set *set)
{
	const int *fd = (const int *)(const void *)set->data;

	f->set_irqs++;
	if (set->index == VFIO_PCI_ERR_IRQ_INDEX || set->index == VFIO_PCI_REQ_IRQ_INDEX) {
		*(set->index == VFIO_PCI_ERR_IRQ_INDEX ? &f->error_fd : &f->request_fd) = set->count ? fd[0] : -1;
		return 0;
	}
	if (set->index == VFIO_PCI_INTX_IRQ_INDEX && f->fail_intx && set->count)
		return f->fail_intx;
	if (set->flags & VFIO_IRQ_SET_ACTION_UNMASK) {
		f->unmask_fd = fd[0];
		return 0;
	}
	if (f->irq >= 0 && f->irq != (int)set->index)
		return -EINVAL;
	if (set->count == 0) {
		f->irq = -1;
		f->allocated = 0;
		f->unmask_fd = -1;
		for (unsigned i = 0; i < FAKE_VECTORS; i++)
			f->fd[i] = -1;
		return 0;
	}
	if (f->irq < 0)
		f->allocated = set->start + set->count;
	f->irq = (int)set->index;
	if (set->start + set->count > f->allocated || f->allocated > f->vectors[set->index])
		return -EINVAL;
	for (uint32_t i = 0; i < set->count; i++)
		f->fd[set->start + i] = fd[i];
	return 0;
}

static inline int fake_region(const struct fake_vfio *f, struct vfio_region_info *info)
{
	if (info->index < 6) {
		info->size = f->bar_size[info->index];
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			      (info->size >= 4096 ? VFIO_REGION_INFO_FLAG_MMAP : 0u);
	} else if (info->index == VFIO_PCI_ROM_REGION_INDEX) {
		info->size = f->rom_size;
	} else {
		info->size = f->config_size;
	}
	info->offset = FAKE_REGION(info->index);
	return 0;
}

/* Type 1 version 2: what was mapped as one goes as one. */
static inline int fake_unmap(struct fake_vfio *f, const struct vfio_iommu_type1_dma_unmap *unmap)
{
	for (uint32_t i = 0; i < f->nr_maps; i++)
		if (f->map[i].base == unmap->iova && f->map[i].size == unmap->size) {
			f->map[i] = f->map[--f->nr_maps];
			return 0;
		}
	return -EINVAL;
}

static inline int fake_call(void *ctx, int fd, unsigned long request, void *arg)
{
	struct fake_vfio *f = ctx;
	struct vfio_iommu_type1_dma_map *map = arg;

	(void)fd;
	switch (request) {
	case VFIO_GET_API_VERSION: return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION: return arg == (void *)VFIO_TYPE1v2_IOMMU;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags = f->viable ? VFIO_GROUP_FLAGS_VIABLE : 0;
		return 0;
	case VFIO_GROUP_SET_CONTAINER: return 0;
	case VFIO_SET_IOMMU: return f->fail_iommu;
	case VFIO_IOMMU_GET_INFO: return fake_iommu_info(f, arg);
	case VFIO_IOMMU_MAP_DMA:
		if (f->nr_maps == FAKE_MAPS)
			return -ENOSPC;
		f->map[f->nr_maps++] = (struct range){ map->iova, map->size };
		return 0;
	case VFIO_IOMMU_UNMAP_DMA: return fake_unmap(f, arg);
	case VFIO_GROUP_GET_DEVICE_FD: f->open_fds++; return FAKE_DEVICE;
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)arg)->flags = VFIO_DEVICE_FLAGS_PCI | (f->can_reset ? VFIO_DEVICE_FLAGS_RESET : 0u);
		((struct vfio_device_info *)arg)->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO: return fake_region(f, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		((struct vfio_irq_info *)arg)->count = f->vectors[((struct vfio_irq_info *)arg)->index];
		return 0;
	case VFIO_DEVICE_SET_IRQS: return fake_irqs(f, arg);
	case VFIO_DEVICE_RESET: f->resets++; return f->reset_err;
	default: return -ENOTTY;
	}
}

static inline uint8_t *fake_bytes(struct fake_vfio *f, size_t size, uint64_t at)
{
	uint64_t region = at >> 40, offset = at & (FAKE_REGION(1) - 1);

	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return offset + size <= f->config_size ? f->config + offset : NULL;
	if (region == VFIO_PCI_ROM_REGION_INDEX)
		return offset + size <= f->rom_size ? (uint8_t *)(uintptr_t)f->rom + offset : NULL;
	return region < 6 && offset + size <= sizeof(f->bar[0]) ? f->bar[region] + offset : NULL;
}

static inline ssize_t fake_read(void *ctx, int fd, void *buf, size_t size, uint64_t at)
{
	const uint8_t *from = fake_bytes(ctx, size, at);

	(void)fd;
	if (!from)
		return -EINVAL;
	((struct fake_vfio *)ctx)->rom_reads += at >> 40 == VFIO_PCI_ROM_REGION_INDEX;
	memcpy(buf, from, size);
	return (ssize_t)size;
}

static inline ssize_t fake_write(void *ctx, int fd, const void *buf, size_t size, uint64_t at)
{
	struct fake_vfio *f = ctx;
	uint8_t *to = fake_bytes(f, size, at);

	(void)fd;
	if (!to)
		return -EINVAL;
	f->config_writes += at >> 40 == VFIO_PCI_CONFIG_REGION_INDEX;
	memcpy(to, buf, size);
	return (ssize_t)size;
}

static inline int fake_map(void *ctx, int fd, void *where, size_t size, uint64_t at)
{
	(void)ctx;
	(void)fd;
	(void)at;
	return mmap(where, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) ==
			       MAP_FAILED
		       ? -errno
		       : 0;
}

static const struct vfio_ops fake_ops = { fake_open, fake_close, fake_call, fake_read, fake_write, fake_map };

#endif
