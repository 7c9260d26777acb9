/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_socket.h - vhost-user messages through a stream socket, with descriptors, within a time.
 *
 * Threads: one at a time for a socket. Ownership: sending borrows descriptors; what is received belongs
 * to the message until vhost_user_socket_drop(). Errors: negative errno, not reported:
 * -ETIMEDOUT, -ECONNRESET (the other side has hung up), -EPIPE, -EPROTO (*why says what is wrong).
 */
#ifndef VMM_VIRTIO_VHOST_USER_SOCKET_H
#define VMM_VIRTIO_VHOST_USER_SOCKET_H

#include "vmm/virtio/vhost_user_msg.h"

int vhost_user_socket_pair(int pair[static 2]) must_check;

int vhost_user_socket_send(int fd, const struct vhost_user_msg *m, uint32_t timeout_ms) must_check;

/* On failure nothing is held. */
int vhost_user_socket_receive(
	int fd, struct vhost_user_msg *m, uint32_t timeout_ms, const char **why) must_check;

/* Close the descriptors that came with a message. */
void vhost_user_socket_drop(struct vhost_user_msg *m);

/* No more of it, in either direction; who watches it is told. */
void vhost_user_socket_shut(int fd);

#endif
