/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio.c - the system calls, and the two shapes of structure that grow. */
#include "passthrough/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define INFO_MAX 65536u /* of a structure with its capabilities */

static int kernel_open(void *ctx, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)ctx;
	return fd < 0 ? -errno : fd;
}

static int kernel_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd) < 0 ? -errno : 0;
}

static int kernel_call(void *ctx, int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, request, arg);

	(void)ctx;
	return r < 0 ? -errno : r;
}

static ssize_t kernel_read(void *ctx, int fd, void *buf, size_t size, uint64_t at)
{
	ssize_t n = pread(fd, buf, size, (off_t)at);

	(void)ctx;
	return n < 0 ? -errno : n;
}

static ssize_t kernel_write(void *ctx, int fd, const void *buf, size_t size, uint64_t at)
{
	ssize_t n = pwrite(fd, buf, size, (off_t)at);

	(void)ctx;
	return n < 0 ? -errno : n;
}

static int kernel_map(void *ctx, int fd, void *where, size_t size, uint64_t at)
{
	void *p = mmap(where, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)at);

	(void)ctx;
	return p == MAP_FAILED ? -errno : 0;
}

const struct vfio_ops vfio_kernel = { kernel_open, kernel_close, kernel_call, kernel_read, kernel_write, kernel_map };

void *vfio_info(const struct vfio *v, int fd, unsigned long request, const void *first, size_t size, int *err)
{
	size_t room = size;

	for (;;) {
		uint32_t needed = (uint32_t)room;
		char *info = calloc(1, room);

		*err = info ? 0 : -ENOMEM;
		if (!info)
			return NULL;
		memcpy(info, first, size);
		memcpy(info, &needed, sizeof(needed)); /* argsz */
		*err = vfio_call(v, fd, request, info);
		memcpy(&needed, info, sizeof(needed));
		if (*err >= 0 && (needed <= room || needed > INFO_MAX)) {
			*err = 0;
			return info;
		}
		free(info);
		if (*err < 0)
			return NULL;
		room = needed;
	}
}

const struct vfio_info_cap_header *vfio_cap(const void *info, uint32_t offset, uint16_t id)
{
	uint32_t size;

	memcpy(&size, info, sizeof(size)); /* argsz */
	for (unsigned turns = 0; offset && offset + sizeof(struct vfio_info_cap_header) <= size && turns < 64; turns++) {
		const struct vfio_info_cap_header *cap = (const void *)((const char *)info + offset);

		if (cap->id == id)
			return cap;
		offset = cap->next;
	}
	return NULL;
}

int vfio_irqs(const struct vfio *v, int device, uint32_t index, uint32_t action, uint32_t start, uint32_t count,
	const int *fds)
{
	size_t data = fds ? count * sizeof(*fds) : 0;
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + data);
	int err;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)(sizeof(*set) + data);
	set->flags = action | (fds ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
	set->index = index;
	set->start = start;
	set->count = count;
	if (fds)
		memcpy(set->data, fds, data);
	err = vfio_call(v, device, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return err > 0 ? -ENOSPC : err; /* so many there are, but not as many as asked for */
}
