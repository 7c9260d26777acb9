/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user.h - the front end of the vhost-user protocol: a device's queues are another process's work
 * (QEMU's docs/interop/vhost-user.rst).
 *
 *   connected socket -> vhost_user_init -> [config] -> ( start -> the back end works -> stop ) ...
 *                                                   -> vhost_user_fini
 *
 * The back end maps guest memory, which must be files that can be shared, and has the queues' eventfds:
 * after start() no thread of ours is on the way. An answer that makes no sense, that does not come in
 * time, or a connection that breaks ends it for good: the socket is shut down, which whoever watches it
 * sees as EPOLLHUP, and every further call fails at once with -EPIPE. Nothing waits without an end.
 *
 * Threads: one at a time; a virtio device's lock serves for that. vhost_user_abort() is any thread's. Owns: the socket
 * and the channel.
 * Errors: negative errno, reported with the back end's name; but not that it is gone (-EPIPE, -ECONNRESET),
 * of which its parent knows more.
 */
#ifndef VMM_VIRTIO_VHOST_USER_H
#define VMM_VIRTIO_VHOST_USER_H

#include "vmm/virtio/vhost_user_msg.h"
#include "vmm/virtio/virtio.h"

struct vhost_user {
	const char *name; /* for messages: "virtiofsd for home" */
	int fd;
	int channel;	     /* where the back end asks us; -1: it does not */
	uint32_t timeout_ms; /* for each answer */
	uint64_t features;   /* the back end's, without VHOST_USER_F_PROTOCOL_FEATURES */
	uint64_t protocol;   /* agreed on */
	uint32_t nr_queues;  /* the most that it has; 0: it does not say */
	bool has_protocol;   /* VHOST_USER_F_PROTOCOL_FEATURES */
	bool broken;
	bool silent; /* it is there, and did not answer in time */
};

/* Take over fd, a connected stream socket (on failure, too), and agree on features. */
int vhost_user_init(struct vhost_user *u, int fd, const char *name, uint32_t timeout_ms) must_check;
void vhost_user_fini(struct vhost_user *u);

/* Any thread, between init and fini: whoever waits for an answer has waited enough. Nothing is asked any more. */
void vhost_user_abort(struct vhost_user *u);

bool vhost_user_has(const struct vhost_user *u, unsigned protocol_feature);

/* Configuration space from its start; size at most VHOST_USER_CONFIG_MAX. -ENOTSUP: it has none. */
int vhost_user_config_get(struct vhost_user *u, uint8_t *bytes, uint32_t size) must_check;
int vhost_user_config_set(
	struct vhost_user *u, uint32_t offset, const uint8_t *bytes, uint32_t size) must_check;

/* The driver is ready: memory, and every queue that is enabled. */
int vhost_user_start(struct vhost_user *u, const struct virtio *v) must_check;

/* Once this returns 0, the back end touches no queue of v any more. */
int vhost_user_stop(struct vhost_user *u, const struct virtio *v) must_check;

/* The channel is readable: take one request. 1: configuration space has changed; 0: nothing yet. */
int vhost_user_channel_read(struct vhost_user *u) must_check;

#endif
