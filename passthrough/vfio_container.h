/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_container.h - an IOMMU address space: groups are added, and guest memory is mapped into it. Devices of its
 * groups are then opened by vfio_device.h; neither knows of the other, so that another kernel interface for one can
 * take its place.
 *
 *   container_open -> container_add_group for each device -> container_map -> devices opened, their BARs mapped,
 *   and closed
 *   -> container_close, which unmaps and gives the groups back
 *
 * Threads: one; container_map_bar() from any. Owns: its descriptors. Errors: negative errno, reported with what to do.
 */
#ifndef PASSTHROUGH_VFIO_CONTAINER_H
#define PASSTHROUGH_VFIO_CONTAINER_H

#include "passthrough/vfio.h"
#include "vmm/mem.h"

#define CONTAINER_GROUPS_MAX 32
#define CONTAINER_RANGES_MAX 64

struct vfio_group {
	int number, fd;
};

struct vfio_container {
	const struct vfio *vfio;
	int fd; /* -1: not open */
	uint32_t nr_groups;
	struct vfio_group group[CONTAINER_GROUPS_MAX];
	uint32_t nr_valid; /* 0: the kernel does not tell */
	struct range valid[CONTAINER_RANGES_MAX];
};

int container_open(struct vfio_container *c, const struct vfio *vfio) must_check;
void container_close(struct vfio_container *c);

/* Twice is once. who: the device on whose behalf, for messages. Returns the group's descriptor, or -errno. */
int container_add_group(struct vfio_container *c, int number, const char *who) must_check;

/* done and total in bytes; false ends it with -EINTR. */
typedef bool container_progress_fn(void *ctx, uint64_t done, uint64_t total);

/* Guest RAM at its own addresses. It is pinned, so it is filled where it was not. At least one group is there. */
int container_map(struct vfio_container *c, const struct mem *m, container_progress_fn *progress, void *ctx) must_check;

/*
 * A part of a device's BAR, mapped at hva, for the other devices at gpa; hva NULL: no longer (vfio.rst; this is what
 * peer to peer transfers need). Not reported: there are ranges that IOMMUs do not map.
 */
int container_map_bar(const struct vfio_container *c, struct range gpa, void *hva) must_check;

#endif
