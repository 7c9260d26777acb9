/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_fake.h - the kernel's vhost as tests have it: it keeps what it is told, checks the order that the
 * real one insists on, and fails when it is asked to.
 */
#ifndef TESTS_UNIT_VHOST_FAKE_H
#define TESTS_UNIT_VHOST_FAKE_H

#include <errno.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/virtio/vhost.h"

#define FAKE_VHOSTS 32
#define FAKE_VRINGS 2u
#define FAKE_CIDS   1024

struct fake_vring {
	uint32_t size;
	uint32_t base; /* index that comes next */
	bool has_addr;
	struct vhost_vring_addr addr;
	int kick, call, err; /* -1: none */
	int backend;	     /* vhost-net: a tap, or -1 */
};

struct fake_vhost {
	int fd; /* 0: not open */
	char path[32];
	bool owned, running;
	uint64_t accepted;
	uint32_t nr_regions;
	struct vhost_memory_region region[8];
	struct fake_vring vring[FAKE_VRINGS];
	uint64_t cid;
};

struct fake_tap {
	int fd;
	int header, sndbuf;
	bool detached;
};

#define FAKE_TAPS 32

static struct {
	struct fake_tap tap[FAKE_TAPS]; /* the queues of one tap */
	int nr_taps;
	unsigned offload, offload_known;
	uint64_t features;
	int open_error;		    /* -errno */
	unsigned long fail_request; /* fails with fail_error */
	int fail_error;
	bool fail_once;
	unsigned fail_after; /* with fail_once: the so-manieth time; 0: the first */
	unsigned opened;
	struct fake_vhost at[FAKE_VHOSTS];
	uint64_t taken[FAKE_CIDS]; /* other guests' */
	uint32_t nr_taken;
	unsigned cids_tried;
} fake;

static inline void fake_reset(uint64_t features)
{
	memset(&fake, 0, sizeof(fake));
	fake.features = features;
}

/* A queue of the tap. */
static inline int fake_tap(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0 || fake.nr_taps == FAKE_TAPS)
		abort();
	fake.tap[fake.nr_taps++] = (struct fake_tap){ .fd = fd };
	return fd;
}

static inline void fake_taps_close(void)
{
	while (fake.nr_taps)
		close(fake.tap[--fake.nr_taps].fd);
}

static inline struct fake_tap *fake_tap_of(int fd)
{
	for (int i = 0; i < fake.nr_taps; i++)
		if (fake.tap[i].fd == fd)
			return &fake.tap[i];
	return NULL;
}

static inline int fake_tap_call(struct fake_tap *t, unsigned long request, const void *arg)
{
	unsigned word = (unsigned)(uintptr_t)arg;
	bool detach;

	switch (request) {
	case TUNSETOFFLOAD:
		if ((word & ~fake.offload_known) || (word && !(word & TUN_F_CSUM)))
			return -EINVAL;
		fake.offload = word;
		return 0;
	case TUNSETVNETHDRSZ: t->header = *(const int *)arg; return 0;
	case TUNSETSNDBUF: t->sndbuf = *(const int *)arg; return 0;
	case TUNSETQUEUE:
		detach = ((const struct ifreq *)arg)->ifr_flags & IFF_DETACH_QUEUE;
		if (detach == t->detached)
			return -EINVAL;
		t->detached = detach;
		return 0;
	default: return -ENOTTY;
	}
}

/* Closed descriptors come back with the same number: a new life for it. */
static inline int fake_open(const char *path)
{
	int fd = fake.open_error ? fake.open_error : eventfd(0, EFD_CLOEXEC);
	struct fake_vhost *f = NULL;

	if (fd < 0)
		return fd;
	for (int i = 0; !f && i < FAKE_VHOSTS; i++)
		if (!fake.at[i].fd || fake.at[i].fd == fd)
			f = &fake.at[i];
	if (!f)
		abort();
	*f = (struct fake_vhost){ .fd = fd };
	strncpy(f->path, path, sizeof(f->path) - 1);
	for (uint32_t i = 0; i < FAKE_VRINGS; i++)
		f->vring[i] = (struct fake_vring){ .kick = -1, .call = -1, .err = -1, .backend = -1 };
	fake.opened++;
	return fd;
}

static inline struct fake_vhost *fake_of(int fd)
{
	for (int i = 0; i < FAKE_VHOSTS; i++)
		if (fake.at[i].fd == fd)
			return &fake.at[i];
	return NULL;
}

static inline bool fake_busy(const struct fake_vhost *f, uint32_t vring)
{
	return f->running || f->vring[vring].backend >= 0;
}

static inline bool fake_ready(const struct fake_vring *v)
{
	return v->size && v->has_addr && v->addr.desc_user_addr && v->addr.avail_user_addr &&
	       v->addr.used_user_addr;
}

static inline int fake_memory(struct fake_vhost *f, const struct vhost_memory *m)
{
	if (m->nregions > ARRAY_SIZE(f->region))
		return -E2BIG;
	f->nr_regions = m->nregions;
	memcpy(f->region, m->regions, m->nregions * sizeof(m->regions[0]));
	return 0;
}

static inline int fake_cid(struct fake_vhost *f, uint64_t cid)
{
	fake.cids_tried++;
	if (cid <= 2 || cid >= 0xffffffff)
		return -EINVAL;
	for (uint32_t i = 0; i < fake.nr_taken; i++)
		if (fake.taken[i] == cid)
			return -EADDRINUSE;
	f->cid = cid;
	return 0;
}

static inline int fake_run(struct fake_vhost *f, bool on)
{
	for (uint32_t i = 0; on && i < FAKE_VRINGS; i++)
		if (!fake_ready(&f->vring[i]))
			return -EFAULT;
	f->running = on;
	return 0;
}

static inline int fake_file(struct fake_vhost *f, unsigned long request, const struct vhost_vring_file *file)
{
	struct fake_vring *v = &f->vring[file->index];

	if (file->index >= FAKE_VRINGS)
		return -ENOBUFS;
	switch (request) {
	case VHOST_SET_VRING_KICK: v->kick = file->fd; return 0;
	case VHOST_SET_VRING_CALL: v->call = file->fd; return 0;
	case VHOST_SET_VRING_ERR: v->err = file->fd; return 0;
	default:
		if (file->fd >= 0 && !fake_ready(v))
			return -EFAULT;
		/* A queue that is detached has an error to poll. */
		if (file->fd >= 0 && (!fake_tap_of(file->fd) || fake_tap_of(file->fd)->detached))
			return -EINVAL;
		v->backend = file->fd;
		return 0;
	}
}

static inline int fake_state(struct fake_vhost *f, unsigned long request, const struct vhost_vring_state *s)
{
	if (s->index >= FAKE_VRINGS)
		return -ENOBUFS;
	if (fake_busy(f, s->index))
		return -EBUSY;
	if (request == VHOST_SET_VRING_NUM)
		f->vring[s->index].size = s->num;
	else
		f->vring[s->index].base = s->num;
	return s->num > 0xffff ? -EINVAL : 0;
}

static inline int fake_call(int fd, unsigned long request, const void *arg)
{
	struct fake_vhost *f = fake_of(fd);

	/* What stops a queue does not fail in the real one. */
	if (request == VHOST_NET_SET_BACKEND && ((const struct vhost_vring_file *)arg)->fd < 0)
		return fake_file(f, request, arg);
	if (request == fake.fail_request && (!fake.fail_after || !--fake.fail_after)) {
		fake.fail_request = fake.fail_once ? 0 : request;
		return fake.fail_error;
	}
	if (fake_tap_of(fd))
		return fake_tap_call(fake_tap_of(fd), request, arg);
	if (!f)
		abort();
	if (request == VHOST_GET_FEATURES) {
		*(uint64_t *)(uintptr_t)arg = fake.features;
		return 0;
	}
	if (request == VHOST_SET_OWNER) {
		int err = f->owned ? -EBUSY : 0;

		f->owned = true;
		return err;
	}
	if (!f->owned && request != VHOST_VSOCK_SET_GUEST_CID)
		return -EPERM;
	switch (request) {
	case VHOST_SET_FEATURES:
		f->accepted = *(const uint64_t *)arg;
		return f->accepted & ~fake.features ? -EOPNOTSUPP : 0;
	case VHOST_SET_MEM_TABLE: return fake_memory(f, arg);
	case VHOST_SET_VRING_NUM:
	case VHOST_SET_VRING_BASE: return fake_state(f, request, arg);
	case VHOST_GET_VRING_BASE: {
		struct vhost_vring_state *s = (struct vhost_vring_state *)(uintptr_t)arg;

		s->num = f->vring[s->index].base;
		return 0;
	}
	case VHOST_SET_VRING_ADDR: {
		const struct vhost_vring_addr *a = arg;

		if (a->index >= FAKE_VRINGS)
			return -ENOBUFS;
		f->vring[a->index].addr = *a;
		f->vring[a->index].has_addr = true;
		return 0;
	}
	case VHOST_SET_VRING_KICK:
	case VHOST_SET_VRING_CALL:
	case VHOST_SET_VRING_ERR:
	case VHOST_NET_SET_BACKEND: return fake_file(f, request, arg);
	case VHOST_VSOCK_SET_GUEST_CID: return fake_cid(f, *(const uint64_t *)arg);
	case VHOST_VSOCK_SET_RUNNING: return fake_run(f, *(const int *)arg);
	default: return -ENOTTY;
	}
}

static const struct vhost_sys fake_sys = { fake_open, fake_call };

#endif
