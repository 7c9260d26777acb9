/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost.h - virtio queues that the kernel works on: /dev/vhost-net, /dev/vhost-vsock.
 *
 *   guest --doorbell--> KVM --kick--> vhost's thread, in the kernel --call--> KVM --> interrupt
 *                                          |
 *                                      err -> event loop: the device needs reset
 *
 *   vhost_open (owner, features, memory) -> ( vhost_accept, vhost_vring_start for each, the device's own
 *   switch on -> ... -> its switch off, vhost_vring_stop for each ) ... -> vhost_close
 *
 * The kernel's thread is made by vhost_open(), and inherits the CPUs of the calling thread where it is one
 * of the process's own (Linux 6.4 and later); see sched/worker.h for older ones.
 *
 * The kernel is reached through a table of two functions, so that tests can put another one there.
 *
 * Threads: open and close on the event loop's, before vCPUs run and after; the rest with the device's lock.
 * Owns: the descriptor. Borrows: memory, the device. Errors: vhost_open() reports; the rest -errno.
 */
#ifndef VMM_VIRTIO_VHOST_H
#define VMM_VIRTIO_VHOST_H

#include <linux/vhost.h>

#include "vmm/loop.h"
#include "vmm/virtio/virtio.h"

struct vhost_sys {
	int (*open)(const char *path); /* a descriptor, or -errno */
	int (*call)(int fd, unsigned long request, const void *arg); /* 0 or -errno */
};

extern const struct vhost_sys vhost_kernel;

struct vhost_kind {
	const char *device; /* for messages: "virtio-net" */
	const char *path;
	const char *module; /* to load when there is no such file */
};

struct vhost {
	const struct vhost_sys *sys;
	int fd;
	uint64_t features; /* that the kernel has */
};

/* The guest's memory as vhost is told of it: neighbours are one. Returns how many there are in region. */
uint32_t vhost_regions(const struct mem *mem, struct vhost_memory_region region[static LAYOUT_RAM_MAX]);

int vhost_open(struct vhost *h, const struct vhost_sys *sys, const struct vhost_kind *kind,
	const struct mem *mem) must_check;
void vhost_close(struct vhost *h);

/* What driver and device have agreed on, as far as the kernel takes part in it. */
int vhost_accept(const struct vhost *h, uint64_t accepted) must_check;

/* Hand over the device's queue as the kernel's vring: from an index (0 when the driver has just begun), with its
 * doorbell and interrupt. */
int vhost_vring_start(const struct vhost *h, uint32_t vring, const struct virtio *v, uint16_t queue,
	uint16_t index, int err_fd) must_check;

/* Take it back. The device's own switch is off, so the kernel has finished with it. Returns the index to go on. */
uint16_t vhost_vring_stop(const struct vhost *h, uint32_t vring);

/* vhost-net: where a vring's packets come from or go to, a tap's descriptor; -1: nowhere. */
int vhost_net_backend(const struct vhost *h, uint32_t vring, int tap) must_check;

/* vhost-vsock: -EADDRINUSE, another guest has that address. */
int vhost_vsock_cid(const struct vhost *h, uint64_t cid) must_check;
int vhost_vsock_run(const struct vhost *h, bool on) must_check;

/* What the kernel says when a ring is broken: an eventfd on the event loop, one for each device. */
struct vhost_watch {
	struct loop_source source;
	struct loop *loop;
	struct virtio *v;
};

/* Errors are reported. */
int vhost_watch_start(struct vhost_watch *w, struct virtio *v, struct loop *loop) must_check;
void vhost_watch_stop(struct vhost_watch *w);

/* Forget what a driver before this one has done; with the device's lock. */
void vhost_watch_clear(const struct vhost_watch *w);

#endif
