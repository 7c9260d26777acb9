/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsock.h - virtio-vsock (virtio 1.2, 5.10) by vhost-vsock: sockets between host and guest, by the guest's
 * address (CID). The kernel has the data path, and the addresses: no two guests of a host have the same.
 *
 *   virtio_vsock_create -> virtio_pci_add -> vCPUs run and are gone -> virtio_pci_remove
 *   -> virtio_vsock_destroy
 *
 * Threads: create and destroy on the event loop's. Borrows: memory, the loop. Errors: reported.
 */
#ifndef VMM_VIRTIO_VSOCK_H
#define VMM_VIRTIO_VSOCK_H

#include "vmm/virtio/vhost.h"

#include <linux/virtio_vsock.h>

#define VSOCK_CID_FIRST 3u /* 5.10.4: lower ones, and the last, are reserved */
#define VSOCK_CID_LAST	0xfffffffeu

struct virtio_vsock {
	struct virtio v;
	struct vhost vhost;
	struct vhost_watch watch;
	uint32_t cid; /* the guest's address */
	struct virtio_vsock_config config;
};

struct virtio_vsock_setup {
	const struct vhost_sys *sys;
	const struct mem *mem;
	struct loop *loop;
	uint32_t cid;	/* 0: any that is free */
	uint64_t seed;	/* where the search for a free one starts; differs between machines */
};

/* The try'th address to look at; different ones up to VSOCK_TRIES, and none that people would choose. */
#define VSOCK_TRIES 1000u
uint32_t vsock_candidate(uint64_t seed, uint32_t try);

int virtio_vsock_create(struct virtio_vsock *s, const struct virtio_vsock_setup *setup) must_check;
void virtio_vsock_destroy(struct virtio_vsock *s);

#endif
