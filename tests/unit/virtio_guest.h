/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_guest.h - what a guest has and does, for tests of virtio devices: memory, a ring that a driver
 * fills, and KVM's wiring, which is recorded here rather than done.
 */
#ifndef TESTS_UNIT_VIRTIO_GUEST_H
#define TESTS_UNIT_VIRTIO_GUEST_H

#include <errno.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/mem.h"
#include "vmm/virtio/ring.h"
#include "vmm/wires.h"

#define GUEST_MEMORY (MiB(2) + KiB(128))

struct guest {
	struct ram_layout layout;
	struct mem mem;
};

/* Two nodes whose memory meets at 1 MiB + 128 KiB. Aborts on failure. */
static inline void guest_init(struct guest *g)
{
	const uint64_t bytes[] = { MiB(1) + KiB(128), MiB(1) };

	if (ram_layout_make(&g->layout, bytes, 2, KiB(64), 46) != 0 ||
		mem_map(&g->mem, &g->layout, NULL, true) != 0)
		abort();
}

static inline void guest_fini(struct guest *g)
{
	mem_fini(&g->mem);
}

/* A driver's side of a ring of 8. */
#define GUEST_RING_SIZE 8u

struct guest_ring {
	struct guest *g;
	struct ring_place place;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

/* At gpa, a multiple of 4 KiB. */
static inline void guest_ring_init(struct guest_ring *r, struct guest *g, gpa_t gpa)
{
	r->g = g;
	r->place = (struct ring_place){ GUEST_RING_SIZE, gpa, gpa + 0x400, gpa + 0x800 };
	r->desc = mem_at(&g->mem, gpa, 4096);
	memset(r->desc, 0, 4096);
	r->avail = mem_at(&g->mem, r->place.avail, 64);
	r->used = mem_at(&g->mem, r->place.used, 128);
}

static inline void guest_desc(
	struct guest_ring *r, unsigned i, gpa_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	r->desc[i] = (struct vring_desc){ addr, len, flags, next };
}

static inline void guest_offer(struct guest_ring *r, uint16_t head)
{
	r->avail->ring[r->avail->idx % GUEST_RING_SIZE] = head;
	r->avail->idx++;
}

/* KVM, recorded. */
#define WIRED_MAX 64

struct wired {
	unsigned routings; /* calls */
	struct kvm_irq_routing_entry route[256];
	uint32_t nr_routes;
	struct kvm_irqfd irqfd[WIRED_MAX]; /* those on */
	uint32_t nr_irqfds;
	struct kvm_ioeventfd bell[WIRED_MAX];
	uint32_t nr_bells;
	unsigned interrupts; /* by irqfds that had counted when they came on */
	int fail;	     /* -errno for everything */
};

static inline int wired_route(void *ctx, const struct kvm_irq_routing *table)
{
	struct wired *w = ctx;

	if (w->fail)
		return w->fail;
	w->routings++;
	w->nr_routes = min(table->nr, 256u);
	memcpy(w->route, table->entries, w->nr_routes * sizeof(w->route[0]));
	return 0;
}

static inline int wired_irqfd(void *ctx, const struct kvm_irqfd *irqfd)
{
	struct wired *w = ctx;
	uint64_t count;

	for (uint32_t i = 0; i < w->nr_irqfds; i++) {
		if (w->irqfd[i].fd != irqfd->fd)
			continue;
		if (!(irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN))
			return -EBUSY;
		w->irqfd[i] = w->irqfd[--w->nr_irqfds];
		return 0;
	}
	if (irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN)
		return -ENOENT;
	if (w->fail || w->nr_irqfds == WIRED_MAX)
		return w->fail ? w->fail : -ENOSPC;
	w->irqfd[w->nr_irqfds++] = *irqfd;
	w->interrupts += read((int)irqfd->fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
	return 0;
}

static inline int wired_ioeventfd(void *ctx, const struct kvm_ioeventfd *bell)
{
	struct wired *w = ctx;

	for (uint32_t i = 0; i < w->nr_bells; i++) {
		if (w->bell[i].addr != bell->addr)
			continue;
		if (!(bell->flags & KVM_IOEVENTFD_FLAG_DEASSIGN))
			return -EEXIST;
		w->bell[i] = w->bell[--w->nr_bells];
		return 0;
	}
	if (bell->flags & KVM_IOEVENTFD_FLAG_DEASSIGN)
		return -ENOENT;
	if (w->fail || w->nr_bells == WIRED_MAX)
		return w->fail ? w->fail : -ENOSPC;
	w->bell[w->nr_bells++] = *bell;
	return 0;
}

static const struct wires_ops wired_ops = { wired_route, wired_irqfd, wired_ioeventfd };

/* The gsi that an eventfd raises, 0 if none. */
static inline uint32_t wired_gsi(const struct wired *w, int fd)
{
	for (uint32_t i = 0; i < w->nr_irqfds; i++)
		if (w->irqfd[i].fd == (uint32_t)fd)
			return w->irqfd[i].gsi;
	return 0;
}

/* The message of a gsi; NULL if none. */
static inline const struct kvm_irq_routing_msi *wired_message(const struct wired *w, uint32_t gsi)
{
	for (uint32_t i = 0; i < w->nr_routes; i++)
		if (w->route[i].gsi == gsi && w->route[i].type == KVM_IRQ_ROUTING_MSI)
			return &w->route[i].u.msi;
	return NULL;
}

/* Has something been counted? It is taken. */
static inline bool eventfd_take(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

#endif
