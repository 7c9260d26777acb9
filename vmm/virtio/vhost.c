/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhost.c - the kernel's calls (include/uapi/linux/vhost.h), and the eventfd by which it complains. */
#include "vmm/virtio/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/log.h"

static int kernel_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int kernel_call(int fd, unsigned long request, const void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

const struct vhost_sys vhost_kernel = { kernel_open, kernel_call };

/* The argument is of the size that the request has in it. */
#define vhost_call(h, request, arg)                                                                \
	({                                                                                         \
		static_assert(_IOC_SIZE(request) == sizeof(*(arg)), #request);                     \
		(h)->sys->call((h)->fd, request, arg);                                             \
	})

uint32_t vhost_regions(const struct mem *mem, struct vhost_memory_region region[static LAYOUT_RAM_MAX])
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < mem->nr_regions; i++) {
		const struct mem_region *r = &mem->region[i];
		uint64_t hva = (uintptr_t)r->hva;
		struct vhost_memory_region *last = nr ? &region[nr - 1] : NULL;

		if (last && last->guest_phys_addr + last->memory_size == r->gpa.base &&
			last->userspace_addr + last->memory_size == hva) {
			last->memory_size += r->gpa.size;
			continue;
		}
		region[nr++] = (struct vhost_memory_region){
			.guest_phys_addr = r->gpa.base,
			.memory_size = r->gpa.size,
			.userspace_addr = hva,
		};
	}
	return nr;
}

static int memory_set(const struct vhost *h, const struct mem *mem)
{
	union {
		struct vhost_memory table;
		uint8_t bytes[sizeof(struct vhost_memory) +
			      LAYOUT_RAM_MAX * sizeof(struct vhost_memory_region)];
	} m = { .table = { 0 } };

	m.table.nregions = vhost_regions(mem, m.table.regions);
	return vhost_call(h, VHOST_SET_MEM_TABLE, &m.table);
}

static int open_failed(const struct vhost_kind *k, int err)
{
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		return log_errno(err, "%s: there is no %s: modprobe %s, as root, makes it", k->device,
			k->path, k->module);
	if (err == -EACCES || err == -EPERM)
		return log_errno(err, "%s: cannot open %s: %m; your user has to be in its group",
			k->device, k->path);
	return log_errno(err, "%s: cannot open %s: %m", k->device, k->path);
}

int vhost_open(struct vhost *h, const struct vhost_sys *sys, const struct vhost_kind *kind,
	const struct mem *mem)
{
	int err;

	*h = (struct vhost){ .sys = sys, .fd = sys->open(kind->path) };
	if (h->fd < 0)
		return open_failed(kind, h->fd);
	if ((err = sys->call(h->fd, VHOST_SET_OWNER, NULL)) != 0)
		log_errno(err, "%s: the kernel makes no thread for it: %m", kind->device);
	else if ((err = vhost_call(h, VHOST_GET_FEATURES, &h->features)) != 0)
		log_errno(err, "%s: the kernel does not say what it can do: %m", kind->device);
	else if ((err = memory_set(h, mem)) != 0)
		log_errno(err, "%s: the kernel does not take the guest's memory: %m", kind->device);
	if (err)
		vhost_close(h);
	return err;
}

void vhost_close(struct vhost *h)
{
	close(h->fd);
	h->fd = -1;
}

int vhost_accept(const struct vhost *h, uint64_t accepted)
{
	uint64_t features = accepted & h->features;

	return vhost_call(h, VHOST_SET_FEATURES, &features);
}

static int file_set(const struct vhost *h, unsigned long request, uint32_t vring, int fd)
{
	const struct vhost_vring_file file = { .index = vring, .fd = fd };

	return h->sys->call(h->fd, request, &file);
}

int vhost_vring_start(
	const struct vhost *h, uint32_t vring, const struct virtio *v, uint16_t queue, uint16_t index, int err_fd)
{
	const struct virtio_queue *q = &v->queue[queue];
	const struct virtio_queue_map map = virtio_queue_map(v, queue);
	const struct vhost_vring_state size = { .index = vring, .num = q->place.size };
	const struct vhost_vring_state base = { .index = vring, .num = index };
	const struct vhost_vring_addr addr = {
		.index = vring,
		.desc_user_addr = (uintptr_t)map.desc,
		.avail_user_addr = (uintptr_t)map.avail,
		.used_user_addr = (uintptr_t)map.used,
	};
	int err;

	if ((err = vhost_call(h, VHOST_SET_VRING_NUM, &size)) != 0 ||
		(err = vhost_call(h, VHOST_SET_VRING_BASE, &base)) != 0 ||
		(err = vhost_call(h, VHOST_SET_VRING_ADDR, &addr)) != 0 ||
		(err = file_set(h, VHOST_SET_VRING_ERR, vring, err_fd)) != 0 ||
		(err = file_set(h, VHOST_SET_VRING_CALL, vring, q->call)) != 0)
		return err;
	return file_set(h, VHOST_SET_VRING_KICK, vring, q->kick);
}

uint16_t vhost_vring_stop(const struct vhost *h, uint32_t vring)
{
	struct vhost_vring_state base = { .index = vring, .num = 0 };

	(void)vhost_call(h, VHOST_GET_VRING_BASE, &base);
	/* Closing the descriptor does the same, should one of them fail. */
	(void)file_set(h, VHOST_SET_VRING_KICK, vring, -1);
	(void)file_set(h, VHOST_SET_VRING_CALL, vring, -1);
	(void)file_set(h, VHOST_SET_VRING_ERR, vring, -1);
	return (uint16_t)base.num;
}

int vhost_net_backend(const struct vhost *h, uint32_t vring, int tap)
{
	return file_set(h, VHOST_NET_SET_BACKEND, vring, tap);
}

int vhost_vsock_cid(const struct vhost *h, uint64_t cid)
{
	return vhost_call(h, VHOST_VSOCK_SET_GUEST_CID, &cid);
}

int vhost_vsock_run(const struct vhost *h, bool on)
{
	const int run = on;

	return vhost_call(h, VHOST_VSOCK_SET_RUNNING, &run);
}

static bool watch_take(const struct vhost_watch *w)
{
	uint64_t count;

	return read(w->source.fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void watch_ready(struct loop_source *src, uint32_t events)
{
	struct vhost_watch *w = container_of(src, struct vhost_watch, source);

	(void)events;
	pthread_mutex_lock(&w->v->lock);
	if (watch_take(w) && w->v->active)
		virtio_fail(w->v, "a queue", "the kernel cannot make sense of it");
	pthread_mutex_unlock(&w->v->lock);
}

int vhost_watch_start(struct vhost_watch *w, struct virtio *v, struct loop *loop)
{
	int err;

	*w = (struct vhost_watch){ .loop = loop, .v = v };
	w->source = (struct loop_source){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), watch_ready };
	if (w->source.fd < 0)
		return log_errno(-errno, "%s: cannot make an eventfd: %m", v->ops->name);
	if ((err = loop_add(loop, &w->source, EPOLLIN)) == 0)
		return 0;
	close(w->source.fd);
	return log_errno(err, "%s: cannot watch an eventfd: %m", v->ops->name);
}

void vhost_watch_stop(struct vhost_watch *w)
{
	loop_remove(w->loop, &w->source);
	close(w->source.fd);
}

void vhost_watch_clear(const struct vhost_watch *w)
{
	(void)watch_take(w);
}
