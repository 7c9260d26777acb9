/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.h - virtio-net (virtio 1.2, 5.1) by vhost-net on a tap: packets go from the guest's rings to the tap and
 * back in the kernel, a thread of its own for each pair of queues. What is emulated here is the control queue,
 * which sets things up.
 *
 *   guest: pair i  <--> /dev/vhost-net, opened once for each pair <--> queue i of the tap <--> bridge, ...
 *          control <--> the event loop
 *
 * A pair that the guest does not use is detached from the tap, so that no packet is steered there.
 *
 *   virtio_net_create -> virtio_pci_add -> vCPUs run and are gone -> virtio_pci_remove -> virtio_net_destroy
 *
 * Threads: create and destroy on the event loop's; locked within. Borrows: memory, the loop, the tap's
 * descriptors. Errors: reported.
 */
#ifndef VMM_VIRTIO_NET_H
#define VMM_VIRTIO_NET_H

#include "vmm/virtio/vhost.h"

#include <linux/virtio_net.h>

#define NET_MAC_BYTES 6u
#define NET_PAIRS_MAX ((VIRTIO_QUEUES_MAX - 1) / 2)

struct virtio_net;

struct virtio_net_pair {
	struct vhost vhost;
	int tap;
	uint16_t index[2]; /* where its rings go on when it works again */
};

/* A doorbell that may be the control queue's: which one it is depends on what is agreed on. */
struct virtio_net_kick {
	struct loop_source source;
	struct virtio_net *net;
	uint16_t queue;
};

struct virtio_net {
	struct virtio v;
	const struct vhost_sys *sys;
	struct loop *loop;
	uint32_t nr_pairs;
	uint32_t nr_live; /* the kernel works on the first of them */
	struct virtio_net_pair pair[NET_PAIRS_MAX];
	struct vhost_watch watch;
	uint32_t nr_kicks; /* 1: the control queue is always the same */
	struct virtio_net_kick kick[2];
	bool controlled; /* there is a control queue */
	struct ring control;
	struct ring_chain scratch;
	uint8_t mac[NET_MAC_BYTES]; /* after each reset */
	struct virtio_net_config config;
};

struct virtio_net_setup {
	const struct vhost_sys *sys;
	const struct mem *mem;
	struct loop *loop;
	uint32_t nr_pairs; /* from 1 to NET_PAIRS_MAX */
	const int *tap;	   /* [nr_pairs] a descriptor for each, of the same tap, with a virtio-net header */
	uint8_t mac[NET_MAC_BYTES];
	bool mac_fixed; /* frames for another address don't reach the tap */
	uint32_t mtu;	/* 0: the guest isn't told */
};

int virtio_net_create(struct virtio_net *n, const struct virtio_net_setup *setup) must_check;
void virtio_net_destroy(struct virtio_net *n);

#endif
