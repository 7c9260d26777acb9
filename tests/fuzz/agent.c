/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.c - fuzz: what comes from the other end of a connection, in both directions.
 *
 * The first byte says who speaks. Frames go through a link to flows whose descriptors are those of a
 * pipe and of /dev/null; orders are collected, and decoded without being carried out.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/agent/flow.h"
#include "launcher/agent/order.h"
#include "tests/fuzz/fuzz.h"

struct end {
	struct loop loop;
	struct link link;
	struct flow flow[STREAMS];
	uint8_t *order;
	uint32_t nr_order;
	bool over;
};

static void order_take(struct end *e)
{
	struct order_bytes again = { 0 };
	struct order o, same;

	if (order_decode(&o, e->order, e->nr_order) != 0)
		return;
	order_encode(&again, &o);
	if (again.err || order_decode(&same, again.at, again.nr) != 0 || same.nr_args != o.nr_args ||
		strcmp(same.args[0], o.args[0]) != 0)
		abort();
	order_fini(&same);
	order_fini(&o);
	free(again.at);
}

static int frame_come(struct link *l, const struct frame *f)
{
	struct end *e = container_of(l, struct end, link);
	struct frame_hello h;

	switch (f->type) {
	case FRAME_DATA:
	case FRAME_END:
	case FRAME_SHUT:
	case FRAME_CREDIT: return flow_frame(&e->flow[f->stream], f);
	case FRAME_HELLO: return frame_hello_decode(&h, f) ? 0 : -1;
	case FRAME_ORDER:
		e->order = realloc(e->order, e->nr_order + f->size);
		memcpy(e->order + e->nr_order, f->payload, f->size);
		e->nr_order += f->size;
		return 0;
	case FRAME_START: order_take(e); return 0;
	default: return 0;
	}
}

static void drained(struct link *l)
{
	struct end *e = container_of(l, struct end, link);

	for (int i = 0; i < STREAMS; i++)
		if (!e->flow[i].in_over)
			flow_pump(&e->flow[i]);
}

static void closed(struct link *l, int err)
{
	struct end *e = container_of(l, struct end, link);

	(void)err;
	e->over = true;
	loop_quit(&e->loop);
}

static void changed(struct flow *f)
{
	(void)f;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void flows_open(struct end *e)
{
	int pipe_ends[2];

	for (int i = 0; i < STREAMS; i++)
		flow_init(&e->flow[i], &e->link, (enum stream_id)i, FLOW_READ | FLOW_WRITE, &flow_io_plain, changed);
	if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	/* One whose reader stands still, one that takes all, one without a descriptor, one that is over. */
	flow_write_to(&e->flow[0], pipe_ends[1]);
	flow_read_from(&e->flow[0], pipe_ends[0]);
	flow_write_to(&e->flow[1], open("/dev/null", O_RDWR | O_CLOEXEC));
	flow_read_from(&e->flow[1], open("/dev/null", O_RDONLY | O_CLOEXEC));
	flow_write_to(&e->flow[3], -1);
	flow_read_from(&e->flow[3], -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = { frame_come, drained, closed };
	struct end *e = calloc(1, sizeof(*e));
	int ends[2], room = 1 << 20;

	signal(SIGPIPE, SIG_IGN); /* as both programs do */
	if (!e || !size || size > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		free(e);
		return 0;
	}
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (loop_init(&e->loop, nothing, NULL) != 0 ||
		link_init(&e->link, &e->loop, ends[0], data[0] & 1 ? FRAME_FROM_AGENT : FRAME_FROM_EXEC, &ops) != 0)
		abort();
	flows_open(e);
	if (!e->over && send(ends[1], data + 1, size - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && size > 1)
		abort();
	shutdown(ends[1], SHUT_WR);
	if (!e->over && loop_run(&e->loop) != 0)
		abort();
	for (int i = 0; i < STREAMS; i++)
		flow_fini(&e->flow[i]);
	link_fini(&e->link);
	loop_fini(&e->loop);
	close(ends[1]);
	free(e->order);
	free(e);
	return 0;
}
