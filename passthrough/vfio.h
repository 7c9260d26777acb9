/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio.h - the kernel's VFIO calls behind one table of operations, so that tests can be the kernel.
 *
 * Follows Documentation/driver-api/vfio.rst and <linux/vfio.h>.
 *
 * Threads: any. Errors: negative errno, not reported.
 */
#ifndef PASSTHROUGH_VFIO_H
#define PASSTHROUGH_VFIO_H

#include <linux/vfio.h>
#include <sys/types.h>

#include "vmm/util.h"

struct vfio_ops {
	int (*open)(void *ctx, const char *path); /* a descriptor, read and write */
	int (*close)(void *ctx, int fd);
	int (*call)(void *ctx, int fd, unsigned long request, void *arg); /* what ioctl() returns, or -errno */
	ssize_t (*read)(void *ctx, int fd, void *buf, size_t size, uint64_t at); /* or -errno */
	ssize_t (*write)(void *ctx, int fd, const void *buf, size_t size, uint64_t at);
	/* Put that part of a descriptor at an address that is reserved already. 0 or -errno. */
	int (*map)(void *ctx, int fd, void *where, size_t size, uint64_t at);
};

struct vfio {
	const struct vfio_ops *ops;
	void *ctx;
};

/* The kernel's own. */
extern const struct vfio_ops vfio_kernel;

static inline int vfio_call(const struct vfio *v, int fd, unsigned long request, void *arg)
{
	return v->ops->call(v->ctx, fd, request, arg);
}

/*
 * A structure with capabilities behind it (argsz, flags first), with as much room as they need: calloc'd, the
 * caller frees it. first is what it starts as, size its bytes. NULL and *err on failure.
 */
void *vfio_info(const struct vfio *v, int fd, unsigned long request, const void *first, size_t size, int *err);

/* A capability in such a structure; offset: what it says where they begin. NULL: it has none of that kind. */
const struct vfio_info_cap_header *vfio_cap(const void *info, uint32_t offset, uint16_t id);

/* VFIO_DEVICE_SET_IRQS of count descriptors (-1: none) from start on; count 0 or fds NULL: without any. */
int vfio_irqs(const struct vfio *v, int device, uint32_t index, uint32_t action, uint32_t start, uint32_t count,
	const int *fds) must_check;

#endif
