/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - a buffer for each direction. Frames are decoded where they arrive, and made where they leave from. */
#include "launcher/agent/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINK_IN_BYTES (2u * (FRAME_PAYLOAD_MAX + FRAME_HEADER))

static void link_free(struct link *l)
{
	if (l->socket.fd >= 0) {
		loop_remove(l->loop, &l->socket);
		close(l->socket.fd);
	}
	l->socket.fd = -1;
	free(l->in);
	free(l->out);
	l->in = l->out = NULL;
	l->in_nr = l->out_at = l->out_nr = l->out_room = 0;
}

/* Not while a frame of it is being handled: what the handler looks at lies in its buffer. */
static void link_close(struct link *l, int err)
{
	if (l->socket.fd < 0)
		return;
	if (l->handling) {
		l->broken = l->broken ? l->broken : err;
		return;
	}
	link_free(l);
	l->ops->closed(l, err);
}

/* Space for size bytes at the queue's end; false: the link is closed. */
static bool out_reserve(struct link *l, uint32_t size)
{
	uint32_t used = l->out_nr - l->out_at;

	if (l->socket.fd < 0 || l->broken)
		return false;
	if (l->out_at && (l->out_room - l->out_nr < size)) {
		memmove(l->out, l->out + l->out_at, used);
		l->out_at = 0;
		l->out_nr = used;
	}
	if (l->out_room - l->out_nr < size) {
		uint32_t room = max(2 * l->out_room, used + size);
		uint8_t *out = used > LINK_QUEUE_MAX - size ? NULL : realloc(l->out, room);

		if (!out) {
			link_close(l, -ENOBUFS);
			return false;
		}
		l->out = out;
		l->out_room = room;
	}
	return true;
}

static void events_set(struct link *l)
{
	bool want = l->out_nr > l->out_at;

	if (want != l->writing)
		loop_change(l->loop, &l->socket, EPOLLIN | (want ? EPOLLOUT : 0u));
	l->writing = want;
}

/* Write what the socket takes. */
static void out_write(struct link *l)
{
	while (l->socket.fd >= 0 && !l->broken && l->out_nr > l->out_at) {
		ssize_t n = send(l->socket.fd, l->out + l->out_at, l->out_nr - l->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			link_close(l, -errno);
			return;
		}
		l->out_at += (uint32_t)n;
	}
	if (l->out_at == l->out_nr)
		l->out_at = l->out_nr = 0;
}

/* After anything that may have queued something. */
static void settle(struct link *l)
{
	if (l->handling || l->socket.fd < 0)
		return;
	out_write(l);
	if (l->socket.fd >= 0)
		events_set(l);
}

static void frames_take(struct link *l)
{
	uint32_t at = 0;

	while (!l->broken) {
		struct frame f;
		int n = frame_decode(&f, l->in + at, l->in_nr - at, l->peer);
		int err = n > 0 ? l->ops->frame(l, &f) : n;

		if (err) {
			link_close(l, err);
			return;
		}
		if (!n)
			break;
		at += (uint32_t)n;
	}
	memmove(l->in, l->in + at, l->in_nr - at);
	l->in_nr -= at;
}

static void in_read(struct link *l)
{
	ssize_t n = recv(l->socket.fd, l->in + l->in_nr, LINK_IN_BYTES - l->in_nr, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		link_close(l, n < 0 ? -errno : -ECONNRESET);
		return;
	}
	l->in_nr += (uint32_t)n;
	frames_take(l);
}

void link_hold(struct link *l)
{
	l->handling = true;
}

void link_release(struct link *l)
{
	l->handling = false;
	if (l->broken)
		link_close(l, l->broken);
	else
		settle(l);
}

static void socket_ready(struct loop_source *src, uint32_t events)
{
	struct link *l = container_of(src, struct link, socket);

	link_hold(l);
	if (events & EPOLLOUT)
		out_write(l);
	if (!l->broken && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		in_read(l);
	if (link_has_room(l))
		l->ops->drained(l);
	link_release(l);
}

int link_init(struct link *l, struct loop *loop, int fd, enum frame_sender peer, const struct link_ops *ops)
{
	int flags = fcntl(fd, F_GETFL);
	int err;

	*l = (struct link){ .loop = loop, .socket = { fd, socket_ready }, .ops = ops, .peer = peer };
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		err = -errno;
		goto err_close;
	}
	err = -ENOMEM;
	l->in = malloc(LINK_IN_BYTES);
	if (l->in)
		err = loop_add(loop, &l->socket, EPOLLIN);
	if (!err)
		return 0;
	free(l->in);
err_close:
	close(fd);
	l->socket.fd = -1;
	return err;
}

void link_fini(struct link *l)
{
	link_free(l);
}

void link_send(struct link *l, enum frame_type type, enum stream_id stream, const void *payload, uint32_t size)
{
	if (!out_reserve(l, FRAME_HEADER + size))
		return;
	frame_header(l->out + l->out_nr, type, stream, size);
	if (size)
		memcpy(l->out + l->out_nr + FRAME_HEADER, payload, size);
	l->out_nr += FRAME_HEADER + size;
	settle(l);
}

uint8_t *link_data_reserve(struct link *l, uint32_t size)
{
	if (!out_reserve(l, FRAME_HEADER + size))
		return NULL;
	return l->out + l->out_nr + FRAME_HEADER;
}

void link_data_commit(struct link *l, enum stream_id stream, uint32_t size)
{
	frame_header(l->out + l->out_nr, FRAME_DATA, stream, size);
	l->out_nr += FRAME_HEADER + size;
	settle(l);
}

bool link_has_room(const struct link *l)
{
	return l->socket.fd >= 0 && !l->broken && l->out_nr - l->out_at < LINK_QUEUE_DATA;
}
