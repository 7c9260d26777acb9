/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow.c - a direction's state is its descriptor and two flags; every change goes through *_close(). */
#include "launcher/agent/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads of one turn: other streams and the loop want theirs. */
#define TURNS 8

static ssize_t plain_read(struct flow *f, void *buf, size_t size)
{
	ssize_t n = read(f->in.fd, buf, size);

	return n < 0 ? -errno : n;
}

static ssize_t plain_write(struct flow *f, const void *buf, size_t size)
{
	ssize_t n = write(f->out.fd, buf, size);

	return n < 0 ? -errno : n;
}

const struct flow_io flow_io_plain = { plain_read, plain_write };

static struct loop *loop_of(const struct flow *f)
{
	return f->link->loop;
}

/* A socket has one descriptor for each direction here: closing one of them says nothing to its peer. */
static void source_close(struct flow *f, struct loop_source *s, bool *watched, int how)
{
	if (s->fd < 0)
		return;
	if (*watched)
		loop_remove(loop_of(f), s);
	*watched = false;
	if (f->duplex)
		(void)shutdown(s->fd, how); /* ENOTSOCK: a terminal */
	close(s->fd);
	s->fd = -1;
}

static void in_close(struct flow *f)
{
	source_close(f, &f->in, &f->in_watched, SHUT_RD);
	if (f->in_over)
		return;
	f->in_over = true;
	f->changed(f);
}

static void out_close(struct flow *f)
{
	source_close(f, &f->out, &f->out_watched, SHUT_WR);
	f->nr = 0;
	if (f->out_over)
		return;
	f->out_over = true;
	f->changed(f);
}

static void in_watch(struct flow *f, bool want)
{
	int err;

	want = want && f->in.fd >= 0 && !f->in_plain && !f->in_paused;
	if (want == f->in_watched)
		return;
	if (!want) {
		loop_remove(loop_of(f), &f->in);
		f->in_watched = false;
		return;
	}
	err = loop_add(loop_of(f), &f->in, EPOLLIN);
	f->in_watched = !err;
	f->in_plain = err == -EPERM;
}

static void in_end(struct flow *f)
{
	link_send(f->link, FRAME_END, f->id, NULL, 0);
	in_close(f);
}

/* Read some, and queue it; false when it cannot go on now. */
static bool in_some(struct flow *f)
{
	uint32_t size = min(f->credit, FRAME_PAYLOAD_MAX);
	uint8_t *to;
	ssize_t n;

	if (f->in.fd < 0 || !size || !link_has_room(f->link))
		return false;
	to = link_data_reserve(f->link, size);
	if (!to)
		return false;
	n = f->io->read(f, to, size);
	if (n > 0) {
		f->credit -= (uint32_t)n;
		link_data_commit(f->link, f->id, (uint32_t)n);
		return true;
	}
	if (n == -EINTR)
		return true;
	if (n != -EAGAIN || f->in_drain)
		in_end(f);
	return false;
}

void flow_pump(struct flow *f)
{
	bool more = true;

	for (int i = 0; more && (i < TURNS || f->in_plain || f->in_drain); i++)
		more = in_some(f);
	in_watch(f, f->credit && link_has_room(f->link));
	if (f->in_plain && !f->in_watched && more)
		flow_pump(f); /* found out just now: nobody will call when there is something */
}

static void in_ready(struct loop_source *src, uint32_t events)
{
	(void)events;
	flow_pump(container_of(src, struct flow, in));
}

static void credit_give(struct flow *f, uint32_t nr)
{
	uint8_t payload[4];

	f->owed += nr;
	if (f->owed < FLOW_WINDOW / 4)
		return;
	put_u32(payload, f->owed);
	f->owed = 0;
	link_send(f->link, FRAME_CREDIT, f->id, payload, sizeof(payload));
}

/* Bytes that the descriptor took, 0 for none now; the direction may be over afterwards. */
static uint32_t out_write(struct flow *f, const uint8_t *from, uint32_t nr)
{
	ssize_t n;

	do
		n = f->io->write(f, from, nr);
	while (n == -EINTR);
	if (n >= 0)
		return (uint32_t)n;
	if (n != -EAGAIN) {
		link_send(f->link, FRAME_SHUT, f->id, NULL, 0);
		out_close(f);
	}
	return 0;
}

static void out_watch(struct flow *f, bool want)
{
	want = want && f->out.fd >= 0;
	if (want == f->out_watched)
		return;
	if (!want)
		loop_remove(loop_of(f), &f->out);
	f->out_watched = want && loop_add(loop_of(f), &f->out, EPOLLOUT) == 0;
}

/* Write what waits. */
static void out_pump(struct flow *f)
{
	while (f->nr && f->out.fd >= 0) {
		uint32_t n = out_write(f, f->buf + f->at, min(f->nr, FLOW_WINDOW - f->at));

		if (!n || f->out_over)
			break;
		f->at = (f->at + n) % FLOW_WINDOW;
		f->nr -= n;
		credit_give(f, n);
	}
	out_watch(f, f->nr != 0);
	if (!f->nr && f->out_ended && f->out.fd >= 0)
		out_close(f);
}

static void out_ready(struct loop_source *src, uint32_t events)
{
	struct flow *f = container_of(src, struct flow, out);

	(void)events;
	out_pump(f);
}

/* Keep what could not be written at once. */
static int out_keep(struct flow *f, const uint8_t *from, uint32_t nr)
{
	uint32_t end = (f->at + f->nr) % FLOW_WINDOW;
	uint32_t first = min(nr, FLOW_WINDOW - end);

	if (nr > FLOW_WINDOW - f->nr)
		return -EPROTO; /* more than it had credit for */
	if (!f->buf && !(f->buf = malloc(FLOW_WINDOW)))
		return -ENOMEM;
	memcpy(f->buf + end, from, first);
	memcpy(f->buf, from + first, nr - first);
	f->nr += nr;
	return 0;
}

static int data_come(struct flow *f, const struct frame *frame)
{
	uint32_t done = 0;
	int err = 0;

	if (f->out_ended)
		return -EPROTO;
	if (f->out_over) /* on its way when it was shut; nobody wants it */
		return 0;
	if (!f->nr && f->out.fd >= 0) {
		done = out_write(f, frame->payload, frame->size);
		if (f->out_over)
			return 0;
		credit_give(f, done);
	}
	if (done < frame->size)
		err = out_keep(f, frame->payload + done, frame->size - done);
	if (!err)
		out_pump(f);
	return err;
}

static int credit_come(struct flow *f, uint32_t nr)
{
	if (nr > FLOW_WINDOW - f->credit)
		return -EPROTO;
	f->credit += nr;
	flow_pump(f);
	return 0;
}

int flow_frame(struct flow *f, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_DATA: return data_come(f, frame);
	case FRAME_CREDIT: return credit_come(f, get_u32(frame->payload));
	case FRAME_SHUT: in_close(f); return 0;
	case FRAME_END:
		if (f->out_ended)
			return -EPROTO;
		f->out_ended = true;
		out_pump(f);
		return 0;
	default: return -EPROTO;
	}
}

void flow_init(struct flow *f, struct link *link, enum stream_id id, unsigned ways, const struct flow_io *io,
	void (*changed)(struct flow *f))
{
	*f = (struct flow){ .link = link, .id = id, .io = io, .changed = changed, .credit = FLOW_WINDOW };
	f->in_over = !(ways & FLOW_READ);
	f->out_over = !(ways & FLOW_WRITE);
	f->in = (struct loop_source){ -1, in_ready };
	f->out = (struct loop_source){ -1, out_ready };
}

void flow_fini(struct flow *f)
{
	f->in_over = f->out_over = true; /* nobody is told */
	in_close(f);
	out_close(f);
	free(f->buf);
	f->buf = NULL;
}

void flow_read_from(struct flow *f, int fd)
{
	f->in.fd = fd;
	if (fd >= 0)
		flow_pump(f);
	else
		in_end(f);
}

void flow_write_to(struct flow *f, int fd)
{
	f->out.fd = fd;
	if (fd >= 0)
		out_pump(f);
	else
		out_close(f);
}

void flow_drain(struct flow *f)
{
	f->in_drain = true;
	if (f->in.fd >= 0)
		flow_pump(f);
	else if (!f->in_over)
		in_end(f);
}
