/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.c - pairs of queues, each a vhost of its own on a queue of the tap; and what tap and driver may leave to
 * each other (checksums, segmentation).
 *
 * Queues (virtio 1.2, 5.1.2):  0, 1: pair 0, to the guest and from it    2, 3: pair 1   ...
 *                              2N: control, or 2 for a driver that knows of one pair only
 */
#include "vmm/virtio/net.h"

#include <errno.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_ids.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/virtio/net_control.h"

#define QUEUE_SIZE	   256u
#define QUEUE_SIZE_CONTROL 64u
#define CONFIG_BYTES	   12u /* up to the MTU */

/* Linux 6.2 and its headers; the numbers are virtio's (5.1.3) and the kernel's ABI. */
#ifndef VIRTIO_NET_F_GUEST_USO4
#define VIRTIO_NET_F_GUEST_USO4 54
#define VIRTIO_NET_F_GUEST_USO6 55
#define VIRTIO_NET_F_HOST_USO	56
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static_assert(offsetof(struct virtio_net_config, mtu) + 2 == CONFIG_BYTES, "virtio 1.2, 5.1.4");

#define BIT(n) (1ull << (n))

static const struct vhost_kind kind = { "virtio-net", "/dev/vhost-net", "vhost_net" };

/* What a driver takes (guest), and the tap's word for handing it over. What it may send (host) any tap takes that
 * knows of the word: it is probed for those that came late, or go. */
static const struct offload {
	uint64_t guest, host;
	unsigned tap;
} offloads[] = {
	{ BIT(VIRTIO_NET_F_GUEST_CSUM), BIT(VIRTIO_NET_F_CSUM), TUN_F_CSUM },
	{ BIT(VIRTIO_NET_F_GUEST_TSO4), BIT(VIRTIO_NET_F_HOST_TSO4), TUN_F_TSO4 },
	{ BIT(VIRTIO_NET_F_GUEST_TSO6), BIT(VIRTIO_NET_F_HOST_TSO6), TUN_F_TSO6 },
	{ BIT(VIRTIO_NET_F_GUEST_ECN), BIT(VIRTIO_NET_F_HOST_ECN), TUN_F_TSO_ECN },
	{ BIT(VIRTIO_NET_F_GUEST_UFO), BIT(VIRTIO_NET_F_HOST_UFO), TUN_F_UFO },
	/* The tap takes both or none. */
	{ BIT(VIRTIO_NET_F_GUEST_USO4) | BIT(VIRTIO_NET_F_GUEST_USO6), BIT(VIRTIO_NET_F_HOST_USO),
		TUN_F_USO4 | TUN_F_USO6 },
};

#define SEGMENTS_NEED (TUN_F_TSO4 | TUN_F_TSO6) /* without one of these, no ECN */

uint64_t net_offload_features(void)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++)
		all |= offloads[i].guest;
	return all;
}

static int tap_call(const struct virtio_net *n, int tap, unsigned long request, unsigned long value)
{
	return n->sys->call(tap, request, (void *)value); /* by value */
}

/* A driver that takes no checksum from the tap takes nothing that needs one. */
static unsigned tap_word(uint64_t features)
{
	unsigned word = 0;

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++)
		if ((features & offloads[i].guest) == offloads[i].guest)
			word |= offloads[i].tap;
	if (!(word & SEGMENTS_NEED))
		word &= ~(unsigned)TUN_F_TSO_ECN;
	return word & TUN_F_CSUM ? word : 0;
}

int net_offload(struct virtio_net *n, uint64_t features)
{
	return tap_call(n, n->pair[0].tap, TUNSETOFFLOAD, tap_word(features));
}

static uint64_t offloads_offered(const struct virtio_net *n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++)
		if (tap_call(n, n->pair[0].tap, TUNSETOFFLOAD, offloads[i].tap | TUN_F_CSUM | TUN_F_TSO4) == 0)
			all |= offloads[i].guest | offloads[i].host;
	(void)tap_call(n, n->pair[0].tap, TUNSETOFFLOAD, 0);
	return all;
}

/* Packets are steered to the tap's queues that are attached. The first always is. */
static int tap_attach(const struct virtio_net *n, uint32_t pair, bool on)
{
	struct ifreq r = { .ifr_flags = (short)(on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE) };

	return pair ? n->sys->call(n->pair[pair].tap, TUNSETQUEUE, &r) : 0;
}

static void pair_stop(struct virtio_net *n, uint32_t i)
{
	struct virtio_net_pair *p = &n->pair[i];

	for (uint32_t vring = 0; vring < 2; vring++) {
		int err = vhost_net_backend(&p->vhost, vring, -1);

		if (err)
			log_errno(err, "virtio-net: the kernel does not stop: %m");
		p->index[vring] = vhost_vring_stop(&p->vhost, vring);
	}
	(void)tap_attach(n, i, false);
}

static int pair_start(struct virtio_net *n, uint32_t i)
{
	struct virtio_net_pair *p = &n->pair[i];
	uint16_t first = (uint16_t)(2 * i);
	int err = tap_attach(n, i, true);

	if (!err)
		err = vhost_accept(&p->vhost, n->v.accepted);
	for (uint32_t vring = 0; vring < 2 && !err; vring++)
		err = n->v.queue[first + vring].enabled
			? vhost_vring_start(&p->vhost, vring, &n->v, (uint16_t)(first + vring),
				  p->index[vring], n->watch.source.fd)
			: -EINVAL;
	for (uint32_t vring = 0; vring < 2 && !err; vring++)
		err = vhost_net_backend(&p->vhost, vring, p->tap);
	if (err) {
		pair_stop(n, i);
		return err;
	}
	/* What the driver has put there before may not ring. */
	virtio_kick(&n->v, first);
	virtio_kick(&n->v, (uint16_t)(first + 1));
	return 0;
}

int net_pairs_use(struct virtio_net *n, uint32_t nr)
{
	uint32_t before = n->nr_live;
	int err;

	while (n->nr_live > nr)
		pair_stop(n, --n->nr_live);
	while (n->nr_live < nr) {
		if ((err = pair_start(n, n->nr_live)) == 0) {
			n->nr_live++;
			continue;
		}
		while (n->nr_live > before)
			pair_stop(n, --n->nr_live);
		return err;
	}
	return 0;
}

/* Without MQ the driver knows of one pair, even if there are more. */
uint16_t net_control_queue(const struct virtio_net *n)
{
	return (uint16_t)(virtio_has(&n->v, VIRTIO_NET_F_MQ) ? 2 * n->nr_pairs : 2);
}

/* Listen to the control queue's doorbell and to no other one, which may be vhost's. */
static void kicks_listen(struct virtio_net *n, bool on)
{
	for (uint32_t i = 0; i < n->nr_kicks; i++)
		loop_change(n->loop, &n->kick[i].source,
			on && n->kick[i].queue == net_control_queue(n) ? EPOLLIN : 0);
}

static int net_activate(struct virtio *v)
{
	struct virtio_net *n = container_of(v, struct virtio_net, v);
	uint16_t control = net_control_queue(n);
	int err = net_offload(n, v->accepted);

	vhost_watch_clear(&n->watch);
	for (uint32_t i = 0; i < n->nr_pairs; i++)
		memset(n->pair[i].index, 0, sizeof(n->pair[i].index));
	/* One pair, until the driver asks for more (5.1.6.5.5). */
	if (!err)
		err = net_pairs_use(n, 1);
	if (err)
		(void)net_offload(n, 0);
	if (err || !virtio_has(v, VIRTIO_NET_F_CTRL_VQ) || !v->queue[control].enabled)
		return err;
	virtio_queue_ring(v, control, &n->control);
	n->controlled = true;
	kicks_listen(n, true);
	virtio_kick(v, control);
	return 0;
}

static void net_reset(struct virtio *v)
{
	struct virtio_net *n = container_of(v, struct virtio_net, v);

	kicks_listen(n, false);
	(void)net_pairs_use(n, 0);
	(void)net_offload(n, 0);
	n->controlled = false;
	memcpy(n->config.mac, n->mac, NET_MAC_BYTES);
}

static void net_config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	(void)v;
	(void)offset;
	(void)size;
}

static const struct virtio_ops net_ops = {
	.name = "virtio-net",
	.id = VIRTIO_ID_NET,
	.class = 0x020000, /* network, Ethernet */
	.activate = net_activate,
	.reset = net_reset,
	.config_written = net_config_written,
};

static void kick_ready(struct loop_source *src, uint32_t events)
{
	struct virtio_net_kick *k = container_of(src, struct virtio_net_kick, source);
	bool ours;

	(void)events;
	/* An event may be on its way while a vCPU makes the doorbell vhost's, who then reads it. */
	pthread_mutex_lock(&k->net->v.lock);
	ours = k->net->controlled && k->queue == net_control_queue(k->net);
	if (ours) {
		uint64_t count;
		ssize_t got = read(src->fd, &count, sizeof(count));

		(void)got;
	}
	pthread_mutex_unlock(&k->net->v.lock);
	if (ours)
		net_control(k->net);
}

static void kicks_remove(struct virtio_net *n, uint32_t nr)
{
	while (nr--)
		loop_remove(n->loop, &n->kick[nr].source);
}

static int kicks_add(struct virtio_net *n)
{
	n->nr_kicks = n->nr_pairs > 1 ? 2 : 1;
	for (uint32_t i = 0; i < n->nr_kicks; i++) {
		const uint16_t queue = i ? 2 : (uint16_t)(2 * n->nr_pairs);
		int err;

		n->kick[i] = (struct virtio_net_kick){ { n->v.queue[queue].kick, kick_ready }, n, queue };
		if ((err = loop_add(n->loop, &n->kick[i].source, 0)) == 0)
			continue;
		kicks_remove(n, i);
		return log_errno(err, "virtio-net: cannot watch its doorbell: %m");
	}
	return 0;
}

/* The header before each packet is of virtio 1.0, 12 bytes; nothing is steered to the further queues yet. */
static int tap_prepare(struct virtio_net *n, uint32_t i)
{
	const int header = sizeof(struct virtio_net_hdr_mrg_rxbuf), unlimited = INT_MAX;
	int err = n->sys->call(n->pair[i].tap, TUNSETVNETHDRSZ, &header);

	if (!err)
		err = n->sys->call(n->pair[i].tap, TUNSETSNDBUF, &unlimited);
	if (!err)
		err = tap_attach(n, i, false);
	return err ? log_errno(err, "virtio-net: the tap cannot be set up: %m") : 0;
}

static void pairs_close(struct virtio_net *n, uint32_t nr)
{
	while (nr--)
		vhost_close(&n->pair[nr].vhost);
}

static int pairs_open(struct virtio_net *n, const struct virtio_net_setup *setup)
{
	for (uint32_t i = 0; i < n->nr_pairs; i++) {
		int err;

		n->pair[i].tap = setup->tap[i];
		if ((err = tap_prepare(n, i)) == 0)
			err = vhost_open(&n->pair[i].vhost, setup->sys, &kind, setup->mem);
		if (err) {
			pairs_close(n, i);
			return err;
		}
	}
	return 0;
}

static uint64_t features(const struct virtio_net *n, const struct virtio_net_setup *setup)
{
	const uint64_t kernels = BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_RING_F_INDIRECT_DESC) |
				 BIT(VIRTIO_NET_F_MRG_RXBUF);
	uint64_t f = BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_NET_F_CTRL_VQ) |
		     BIT(VIRTIO_NET_F_CTRL_RX) | BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);

	f |= (n->pair[0].vhost.features & kernels) | offloads_offered(n);
	if (!setup->mac_fixed)
		f |= BIT(VIRTIO_NET_F_CTRL_MAC_ADDR);
	if (n->nr_pairs > 1)
		f |= BIT(VIRTIO_NET_F_MQ);
	if (setup->mtu)
		f |= BIT(VIRTIO_NET_F_MTU);
	return f;
}

static int device_init(struct virtio_net *n, const struct virtio_net_setup *setup)
{
	uint16_t sizes[VIRTIO_QUEUES_MAX];
	const struct virtio_setup dev = {
		.ops = &net_ops,
		.mem = setup->mem,
		.features = features(n, setup),
		.nr_queues = (uint16_t)(2 * n->nr_pairs + 1),
		.queue_size = sizes,
		.config = (uint8_t *)&n->config,
		.config_size = CONFIG_BYTES,
	};
	int err;

	for (uint32_t i = 0; i < 2 * n->nr_pairs; i++)
		sizes[i] = QUEUE_SIZE;
	sizes[2 * n->nr_pairs] = QUEUE_SIZE_CONTROL;
	if ((err = virtio_init(&n->v, &dev)) != 0)
		return err;
	if ((err = vhost_watch_start(&n->watch, &n->v, setup->loop)) != 0)
		goto err_fini;
	if ((err = kicks_add(n)) == 0)
		return 0;
	vhost_watch_stop(&n->watch);
err_fini:
	virtio_fini(&n->v);
	return err;
}

int virtio_net_create(struct virtio_net *n, const struct virtio_net_setup *setup)
{
	int err;

	*n = (struct virtio_net){ .sys = setup->sys, .loop = setup->loop, .nr_pairs = setup->nr_pairs };
	if (!n->nr_pairs || n->nr_pairs > NET_PAIRS_MAX)
		return log_errno(-EINVAL, "virtio-net: %u pairs of queues; there can be 1 to %u", n->nr_pairs,
			NET_PAIRS_MAX);
	memcpy(n->mac, setup->mac, NET_MAC_BYTES);
	memcpy(n->config.mac, setup->mac, NET_MAC_BYTES);
	n->config.status = VIRTIO_NET_S_LINK_UP;
	n->config.max_virtqueue_pairs = (uint16_t)n->nr_pairs;
	n->config.mtu = (uint16_t)setup->mtu;
	if ((err = pairs_open(n, setup)) != 0)
		return err;
	if ((err = device_init(n, setup)) != 0)
		pairs_close(n, n->nr_pairs);
	return err;
}

void virtio_net_destroy(struct virtio_net *n)
{
	kicks_remove(n, n->nr_kicks);
	virtio_fini(&n->v);
	vhost_watch_stop(&n->watch);
	pairs_close(n, n->nr_pairs);
	/* As it was: a tap that is not ours may be used again. */
	for (uint32_t i = 1; i < n->nr_pairs; i++)
		(void)tap_attach(n, i, true);
}
