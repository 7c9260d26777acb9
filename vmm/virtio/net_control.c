/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_control.c - the control queue of virtio-net (virtio 1.2, 5.1.6.5). A command is a chain:
 *
 *   to read:   class, command, what belongs to it       to write: one byte, 0 for done and 1 for not done
 *
 * The tap hands over whatever comes, and the driver takes what it wants, so filters are agreed to and have no
 * effect. A chain that has no room for the answer breaks the device; a command that makes no sense is not done.
 */
#include "vmm/virtio/net_control.h"

#include <string.h>

struct head {
	uint8_t class, command;
};

/* What is behind the head: all of it, no less and no more. */
static bool body_read(const struct virtio_net *n, void *body, uint32_t size)
{
	return n->scratch.out_bytes == sizeof(struct head) + size &&
	       ring_chain_read(&n->scratch, sizeof(struct head), body, size) == size;
}

static bool rx_mode(const struct virtio_net *n, uint8_t command)
{
	uint8_t on;

	return virtio_has(&n->v, VIRTIO_NET_F_CTRL_RX) && command <= VIRTIO_NET_CTRL_RX_ALLMULTI &&
	       body_read(n, &on, sizeof(on));
}

/* Two tables, unicast and multicast, each a number and so many addresses (5.1.6.5.2). */
static bool mac_tables(const struct virtio_net *n)
{
	uint64_t at = sizeof(struct head);
	uint32_t nr;

	for (int i = 0; i < 2; i++) {
		if (ring_chain_read(&n->scratch, at, &nr, sizeof(nr)) != sizeof(nr))
			return false;
		at += sizeof(nr) + (uint64_t)nr * NET_MAC_BYTES;
	}
	return at == n->scratch.out_bytes;
}

static bool mac(struct virtio_net *n, uint8_t command)
{
	uint8_t address[NET_MAC_BYTES];

	if (command == VIRTIO_NET_CTRL_MAC_TABLE_SET)
		return virtio_has(&n->v, VIRTIO_NET_F_CTRL_RX) && mac_tables(n);
	if (command != VIRTIO_NET_CTRL_MAC_ADDR_SET || !virtio_has(&n->v, VIRTIO_NET_F_CTRL_MAC_ADDR) ||
		!body_read(n, address, sizeof(address)))
		return false;
	memcpy(n->config.mac, address, sizeof(address));
	return true;
}

static bool multiqueue(struct virtio_net *n, uint8_t command)
{
	uint16_t nr;

	return command == VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET && virtio_has(&n->v, VIRTIO_NET_F_MQ) &&
	       body_read(n, &nr, sizeof(nr)) && nr && nr <= n->nr_pairs && net_pairs_use(n, nr) == 0;
}

static bool offloads(struct virtio_net *n, uint8_t command)
{
	uint64_t wanted;

	return command == VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET &&
	       virtio_has(&n->v, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) && body_read(n, &wanted, sizeof(wanted)) &&
	       !(wanted & ~(n->v.accepted & net_offload_features())) && net_offload(n, wanted) == 0;
}

static bool command_do(struct virtio_net *n)
{
	struct head head;

	if (ring_chain_read(&n->scratch, 0, &head, sizeof(head)) != sizeof(head))
		return false;
	switch (head.class) {
	case VIRTIO_NET_CTRL_RX: return rx_mode(n, head.command);
	case VIRTIO_NET_CTRL_MAC: return mac(n, head.command);
	case VIRTIO_NET_CTRL_MQ: return multiqueue(n, head.command);
	case VIRTIO_NET_CTRL_GUEST_OFFLOADS: return offloads(n, head.command);
	default: return false;
	}
}

/* A command into scratch, or listen to the doorbell. */
static bool command_get(struct virtio_net *n)
{
	int got;

	if (!n->controlled)
		return false;
	got = ring_pop(&n->control, &n->scratch);
	if (!got && ring_listen(&n->control))
		got = ring_pop(&n->control, &n->scratch);
	if (got < 0)
		virtio_fail(&n->v, "the control queue", n->control.fault);
	if (got > 0 && !n->scratch.in_bytes) {
		virtio_fail(&n->v, "the control queue", "a command has no room for its answer");
		return false;
	}
	return got > 0;
}

void net_control(struct virtio_net *n)
{
	uint16_t queue, most;

	pthread_mutex_lock(&n->v.lock);
	if (!n->controlled) {
		pthread_mutex_unlock(&n->v.lock);
		return;
	}
	queue = net_control_queue(n);
	/* As many as fit into the queue; if there are more by then, others first. */
	for (most = n->control.size; most && command_get(n); most--) {
		const uint8_t answer = command_do(n) ? VIRTIO_NET_OK : VIRTIO_NET_ERR;

		ring_push(&n->control, &n->scratch, ring_chain_write(&n->scratch, 0, &answer, sizeof(answer)));
	}
	if (!most && n->v.active)
		virtio_kick(&n->v, queue);
	if (n->v.active && ring_should_call(&n->control))
		virtio_call(&n->v, queue);
	pthread_mutex_unlock(&n->v.lock);
}
