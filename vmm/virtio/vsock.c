/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsock.c - queues 0 and 1 (to the guest, from the guest) are vhost's. Queue 2, for events, stays empty: its
 * only one says that the guest has moved to another host (virtio 1.2, 5.10.6.7).
 */
#include "vmm/virtio/vsock.h"

#include <errno.h>
#include <linux/virtio_ids.h>

#include "vmm/log.h"

#define QUEUES	     3u
#define VRINGS	     2u
#define QUEUE_SIZE   128u
#define CIDS_FIRST   0x10000u
#define CIDS	     (0x80000000u - CIDS_FIRST)
#define CIDS_STRIDE  0x2545f491u /* odd and far from round numbers, so that neighbours part at once */

static_assert(sizeof(struct virtio_vsock_config) == 8, "virtio 1.2, 5.10.4");

static const struct vhost_kind kind = { "virtio-vsock", "/dev/vhost-vsock", "vhost_vsock" };

static void vrings_stop(const struct virtio_vsock *s)
{
	for (uint32_t i = 0; i < VRINGS; i++)
		(void)vhost_vring_stop(&s->vhost, i);
}

static int vsock_activate(struct virtio *v)
{
	struct virtio_vsock *s = container_of(v, struct virtio_vsock, v);
	int err = vhost_accept(&s->vhost, v->accepted);

	vhost_watch_clear(&s->watch);
	for (uint16_t i = 0; i < VRINGS && !err; i++)
		err = v->queue[i].enabled
			? vhost_vring_start(&s->vhost, i, v, i, 0, s->watch.source.fd) : -EINVAL;
	if (!err)
		err = vhost_vsock_run(&s->vhost, true);
	if (err)
		vrings_stop(s);
	/* What the driver has put there before it was ready may not ring. */
	for (uint16_t i = 0; i < VRINGS && !err; i++)
		virtio_kick(v, i);
	return err;
}

static void vsock_reset(struct virtio *v)
{
	const struct virtio_vsock *s = container_of(v, struct virtio_vsock, v);
	int err = vhost_vsock_run(&s->vhost, false);

	if (err)
		log_errno(err, "virtio-vsock: the kernel does not stop: %m");
	vrings_stop(s);
}

static void vsock_config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	(void)v;
	(void)offset;
	(void)size;
}

static const struct virtio_ops vsock_ops = {
	.name = "virtio-vsock",
	.id = VIRTIO_ID_VSOCK,
	.class = 0x078000, /* communication, other */
	.activate = vsock_activate,
	.reset = vsock_reset,
	.config_written = vsock_config_written,
};

uint32_t vsock_candidate(uint64_t seed, uint32_t try)
{
	return (uint32_t)(CIDS_FIRST + (seed + (uint64_t)try * CIDS_STRIDE) % CIDS);
}

/* The kernel gives each address to one guest only, so to ask for it is to find out whether it is free. */
static int cid_take(struct virtio_vsock *s, uint32_t cid, uint64_t seed)
{
	int err = -EADDRINUSE;

	s->cid = cid;
	if (cid)
		err = vhost_vsock_cid(&s->vhost, cid);
	for (uint32_t try = 0; !cid && try < VSOCK_TRIES && err == -EADDRINUSE; try++) {
		s->cid = vsock_candidate(seed, try);
		err = vhost_vsock_cid(&s->vhost, s->cid);
	}
	if (err == -EADDRINUSE && cid)
		return log_errno(err, "virtio-vsock: CID %u is another guest's; give another, or auto", cid);
	return err ? log_errno(err, "virtio-vsock: the kernel does not take CID %u: %m", s->cid) : 0;
}

int virtio_vsock_create(struct virtio_vsock *s, const struct virtio_vsock_setup *setup)
{
	static const uint16_t sizes[QUEUES] = { QUEUE_SIZE, QUEUE_SIZE, QUEUE_SIZE };
	struct virtio_setup dev = {
		.ops = &vsock_ops,
		.mem = setup->mem,
		.nr_queues = QUEUES,
		.queue_size = sizes,
		.config = (uint8_t *)&s->config,
		.config_size = sizeof(s->config),
	};
	int err;

	*s = (struct virtio_vsock){ 0 };
	if ((err = vhost_open(&s->vhost, setup->sys, &kind, setup->mem)) != 0)
		return err;
	if ((err = cid_take(s, setup->cid, setup->seed)) != 0)
		goto err_close;
	s->config.guest_cid = s->cid;
	dev.features = s->vhost.features & (1ull << VIRTIO_RING_F_EVENT_IDX |
						   1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_VSOCK_F_SEQPACKET);
	if ((err = virtio_init(&s->v, &dev)) != 0)
		goto err_close;
	if ((err = vhost_watch_start(&s->watch, &s->v, setup->loop)) == 0)
		return 0;
	virtio_fini(&s->v);
err_close:
	vhost_close(&s->vhost);
	return err;
}

void virtio_vsock_destroy(struct virtio_vsock *s)
{
	virtio_fini(&s->v);
	vhost_watch_stop(&s->watch);
	vhost_close(&s->vhost);
}
