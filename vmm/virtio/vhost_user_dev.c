/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhost_user_dev.c - see vhost_user_dev.h. Section numbers are virtio 1.2's. */
#include "vmm/virtio/vhost_user_dev.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "vmm/log.h"

#define BIT(n) (1ull << (n))

/* Of the features that belong to no device type, those that rings and transport here can carry. */
#define FEATURES_RING (BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

#define FEATURES_BLK \
	(BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_GEOMETRY) | \
		BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | \
		BIT(VIRTIO_BLK_F_TOPOLOGY) | BIT(VIRTIO_BLK_F_CONFIG_WCE) | BIT(VIRTIO_BLK_F_MQ) | \
		BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES))

/* Up to and with what WRITE_ZEROES needs (5.2.4). A back end refuses to tell more than it has, and what
 * comes after belongs to features that are not offered. */
#define BLK_CONFIG_BYTES 60u
#define BLK_QUEUE_SIZE	 128u /* qemu-storage-daemon's own */

#define FS_QUEUES     2u /* high priority, and one for requests: the C virtiofsd has no more */
#define FS_QUEUE_SIZE 1024u

#define CLASS_DISK  0x010000u
#define CLASS_OTHER 0x018000u /* mass storage, other */

static struct vhost_user_dev *of_virtio(struct virtio *v)
{
	return container_of(v, struct vhost_user_dev, v);
}

static int activate(struct virtio *v)
{
	return vhost_user_start(&of_virtio(v)->u, v);
}

static void reset(struct virtio *v)
{
	/* If this fails, the back end is cut off, and whoever watches it ends the machine. */
	if (vhost_user_stop(&of_virtio(v)->u, v) != 0)
		log_debug("%s: its queues are not stopped", of_virtio(v)->u.name);
}

static void config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	struct vhost_user_dev *d = of_virtio(v);
	const uint32_t wce = offsetof(struct virtio_blk_config, wce);

	/* The one field that a driver may write (5.2.5.1). */
	if (!d->config_theirs || !virtio_has(v, VIRTIO_BLK_F_CONFIG_WCE) || offset > wce ||
		wce - offset >= size)
		return;
	if (vhost_user_config_set(&d->u, wce, &d->config[wce], 1) != 0)
		log_debug("%s: its write cache is not set", d->u.name);
}

static const struct virtio_ops fs_ops = { "virtio-fs", VIRTIO_ID_FS, CLASS_OTHER, activate, reset,
	config_written };
static const struct virtio_ops blk_ops = { "virtio-blk", VIRTIO_ID_BLOCK, CLASS_DISK, activate, reset,
	config_written };

static int config_fetch(struct vhost_user_dev *d)
{
	return vhost_user_config_get(&d->u, d->config, d->config_theirs);
}

static void channel_unwatch(struct vhost_user_dev *d)
{
	if (d->watched)
		loop_remove(d->loop, &d->channel);
	d->watched = false;
}

/* The back end says that its configuration has changed: a disk that was resized. */
static void channel_ready(struct loop_source *src, uint32_t events)
{
	struct vhost_user_dev *d = container_of(src, struct vhost_user_dev, channel);
	int err;

	(void)events;
	pthread_mutex_lock(&d->v.lock);
	err = vhost_user_channel_read(&d->u);
	if (err == 1 && d->config_theirs)
		err = config_fetch(d);
	if (err >= 0)
		virtio_config_changed(&d->v);
	pthread_mutex_unlock(&d->v.lock);
	if (err < 0)
		channel_unwatch(d);
}

static int channel_watch(struct vhost_user_dev *d)
{
	int err;

	if (d->u.channel < 0)
		return 0;
	d->channel = (struct loop_source){ d->u.channel, channel_ready };
	if ((err = loop_add(d->loop, &d->channel, EPOLLIN)) != 0)
		return log_errno(err, "%s: cannot watch its channel: %m", d->u.name);
	d->watched = true;
	return 0;
}

static int features_check(const struct vhost_user *u, uint16_t nr_queues)
{
	if (!(u->features & BIT(VIRTIO_F_VERSION_1)))
		return log_errno(-ENOTSUP, "%s: is too old: it does not know virtio 1", u->name);
	if (u->nr_queues && u->nr_queues < nr_queues)
		return log_errno(-ENOTSUP, "%s: has %u queues, %u are needed", u->name, u->nr_queues,
			nr_queues);
	return 0;
}

/* With the back end connected: virtio_setup says the rest. */
static int finish(struct vhost_user_dev *d, const struct vhost_user_setup *s, struct virtio_setup *v,
	uint16_t queue_size)
{
	int err = features_check(&d->u, v->nr_queues);

	if (err)
		return err;
	for (uint16_t i = 0; i < v->nr_queues; i++)
		d->queue_size[i] = queue_size;
	v->mem = s->mem;
	v->features &= d->u.features;
	v->queue_size = d->queue_size;
	v->config = d->config;
	v->config_mask = d->mask;
	if ((err = virtio_init(&d->v, v)) != 0)
		return err;
	if ((err = channel_watch(d)) != 0)
		virtio_fini(&d->v);
	return err;
}

static int connect_to(struct vhost_user_dev *d, const struct vhost_user_setup *s)
{
	*d = (struct vhost_user_dev){ .loop = s->loop };
	return vhost_user_init(&d->u, s->fd, s->name, s->timeout_ms);
}

int vhost_user_fs_create(
	struct vhost_user_dev *d, const struct vhost_user_setup *s, const char *tag)
{
	struct virtio_setup v = {
		.ops = &fs_ops,
		.features = FEATURES_RING,
		.nr_queues = FS_QUEUES,
		.config_size = sizeof(struct virtio_fs_config),
	};
	struct virtio_fs_config config = { .num_request_queues = FS_QUEUES - 1 };
	int err = connect_to(d, s);

	if (err)
		return err;
	static_assert(sizeof(config.tag) == VIRTIO_FS_TAG_MAX, "5.11.4");
	memcpy(config.tag, tag, min(strlen(tag), sizeof(config.tag)));
	memcpy(d->config, &config, sizeof(config));
	if ((err = finish(d, s, &v, FS_QUEUE_SIZE)) != 0)
		vhost_user_fini(&d->u);
	return err;
}

int vhost_user_blk_create(
	struct vhost_user_dev *d, const struct vhost_user_setup *s, uint16_t nr_queues)
{
	struct virtio_setup v = {
		.ops = &blk_ops,
		.features = FEATURES_RING | FEATURES_BLK,
		.nr_queues = nr_queues,
		.config_size = BLK_CONFIG_BYTES,
	};
	int err = connect_to(d, s);

	if (err)
		return err;
	static_assert(offsetof(struct virtio_blk_config, unused1) + 3 == BLK_CONFIG_BYTES, "5.2.4");
	d->config_theirs = BLK_CONFIG_BYTES;
	d->mask[offsetof(struct virtio_blk_config, wce)] = 1;
	err = config_fetch(d);
	if (err == -ENOTSUP)
		log_errno(err, "%s: does not tell how large the disk is", s->name);
	if (!err)
		err = finish(d, s, &v, BLK_QUEUE_SIZE);
	if (err)
		vhost_user_fini(&d->u);
	return err;
}

/* The guest is gone, and does not care how queues are left. The back end sees that we hang up, and ends what it does. */
void vhost_user_dev_destroy(struct vhost_user_dev *d)
{
	channel_unwatch(d);
	vhost_user_abort(&d->u);
	virtio_fini(&d->v);
	vhost_user_fini(&d->u);
}
