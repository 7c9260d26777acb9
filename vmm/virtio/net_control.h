/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_control.h - between the two halves of virtio-net: queues and taps (net.c), the control queue (net_control.c). */
#ifndef VMM_VIRTIO_NET_CONTROL_H
#define VMM_VIRTIO_NET_CONTROL_H

#include "vmm/virtio/net.h"

/* Its number (virtio 1.2, 5.1.2): behind the queues that the driver knows of. */
uint16_t net_control_queue(const struct virtio_net *n);

/* The doorbell rang: read what the driver wants, and answer. On the event loop; takes the lock. */
void net_control(struct virtio_net *n);

/* In net.c, for the control queue; with the lock held. */
int net_pairs_use(struct virtio_net *n, uint32_t nr); /* the first nr pairs work, the others don't */
int net_offload(struct virtio_net *n, uint64_t features); /* what the driver takes from now on, as feature bits */
uint64_t net_offload_features(void); /* those that may be changed at any time (5.1.6.5.6) */

#endif
