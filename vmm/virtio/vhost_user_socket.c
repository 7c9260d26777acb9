/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_socket.c - sendmsg and recvmsg until all has gone or the time is over. The socket may block
 * or not: every call is made with MSG_DONTWAIT, and poll() waits.
 */
#include "vmm/virtio/vhost_user_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/clock.h"

#define FDS_BYTES (VHOST_USER_REGIONS_MAX * sizeof(int))

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(FDS_BYTES)];
};

int vhost_user_socket_pair(int pair[static 2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ? -errno : 0;
}

void vhost_user_socket_shut(int fd)
{
	(void)shutdown(fd, SHUT_RDWR);
}

static uint64_t deadline_in(uint32_t timeout_ms)
{
	return clock_now_ns() + timeout_ms * 1000000ull;
}

static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = clock_now_ns();
	int n;

	if (now >= deadline)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)min((deadline - now) / 1000000 + 1, (uint64_t)INT32_MAX));
	if (n < 0 && errno != EINTR)
		return -errno;
	return 0; /* whether it was too late is seen at the next turn */
}

/* Descriptors go with the first byte. */
static void control_fill(struct msghdr *h, union control *control, const struct vhost_user_msg *m)
{
	struct cmsghdr *c = &control->align;
	size_t size = m->nr_fds * sizeof(int);

	if (!m->nr_fds)
		return;
	memset(control, 0, sizeof(*control));
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(size);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), m->fd, size);
}

int vhost_user_socket_send(int fd, const struct vhost_user_msg *m, uint32_t timeout_ms)
{
	const size_t total = sizeof(m->header) + m->header.size;
	uint64_t deadline = deadline_in(timeout_ms);
	uint8_t bytes[sizeof(m->header) + sizeof(m->payload)];
	union control control;
	size_t done = 0;

	memcpy(bytes, &m->header, sizeof(m->header));
	memcpy(bytes + sizeof(m->header), &m->payload, sizeof(m->payload));
	while (done < total) {
		struct iovec part = { bytes + done, total - done };
		struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
		ssize_t n;
		int err;

		if (!done)
			control_fill(&h, &control, m);
		n = sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if ((err = wait_for(fd, POLLOUT, deadline)) != 0)
			return err;
	}
	return 0;
}

static void fds_take(struct vhost_user_msg *m, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		const unsigned char *data = CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;

			memcpy(&fd, data + at, sizeof(fd));
			if (m->nr_fds < VHOST_USER_REGIONS_MAX)
				m->fd[m->nr_fds++] = fd;
			else
				close(fd);
		}
	}
}

void vhost_user_socket_drop(struct vhost_user_msg *m)
{
	for (uint32_t i = 0; i < m->nr_fds; i++)
		close(m->fd[i]);
	m->nr_fds = 0;
}

static int read_whole(int fd, struct vhost_user_msg *m, void *to, size_t size, uint64_t deadline)
{
	size_t done = 0;

	while (done < size) {
		union control control;
		struct iovec part = { (uint8_t *)to + done, size - done };
		struct msghdr h = { .msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		int err;

		if (n > 0) {
			fds_take(m, &h);
			done += (size_t)n;
			continue;
		}
		if (n == 0)
			return -ECONNRESET;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if ((err = wait_for(fd, POLLIN, deadline)) != 0)
			return err;
	}
	return 0;
}

int vhost_user_socket_receive(int fd, struct vhost_user_msg *m, uint32_t timeout_ms, const char **why)
{
	uint64_t deadline = deadline_in(timeout_ms);
	int err;

	*m = (struct vhost_user_msg){ 0 };
	err = read_whole(fd, m, &m->header, sizeof(m->header), deadline);
	if (!err && (*why = vhost_user_header_fault(&m->header)) != NULL)
		err = -EPROTO;
	if (!err)
		err = read_whole(fd, m, &m->payload, m->header.size, deadline);
	if (err)
		vhost_user_socket_drop(m);
	return err;
}
