/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_dev.h - virtio devices whose queues are another process's work: a shared directory
 * (virtio 1.2, 5.11, by virtiofsd) and a disk (5.2, by qemu-storage-daemon).
 *
 *   back end started, socket connected -> vhost_user_fs_create | vhost_user_blk_create -> transport
 *   -> vCPUs run -> vCPUs are gone -> vhost_user_dev_destroy
 *
 * A back end that breaks the protocol or goes away leaves a device that does nothing: whoever watches
 * its socket ends the machine (see vhost_user.h).
 *
 * Threads: create and destroy on the event loop's, with no vCPUs; the rest by the device's lock.
 * Owns: the socket. Borrows: name, memory and the loop. Errors: negative errno, reported.
 */
#ifndef VMM_VIRTIO_VHOST_USER_DEV_H
#define VMM_VIRTIO_VHOST_USER_DEV_H

#include "vmm/loop.h"
#include "vmm/virtio/vhost_user.h"

#define VIRTIO_FS_TAG_MAX 36u

struct vhost_user_dev {
	struct virtio v;
	struct vhost_user u;
	struct loop *loop;
	struct loop_source channel;
	bool watched; /* the channel is in the loop */
	uint16_t queue_size[VIRTIO_QUEUES_MAX];
	uint8_t config[VHOST_USER_CONFIG_MAX], mask[VHOST_USER_CONFIG_MAX];
	uint32_t config_theirs; /* bytes of it that are the back end's; 0: all are ours */
};

/* What both kinds are made from. */
struct vhost_user_setup {
	const char *name; /* of the back end, for messages */
	int fd;		  /* connected; taken over, on failure too */
	uint32_t timeout_ms;
	const struct mem *mem; /* files that can be shared */
	struct loop *loop;
};

/* tag: at most VIRTIO_FS_TAG_MAX bytes. */
int vhost_user_fs_create(
	struct vhost_user_dev *d, const struct vhost_user_setup *s, const char *tag) must_check;

int vhost_user_blk_create(
	struct vhost_user_dev *d, const struct vhost_user_setup *s, uint16_t nr_queues) must_check;

void vhost_user_dev_destroy(struct vhost_user_dev *d);

#endif
