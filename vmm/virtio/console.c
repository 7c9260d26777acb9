/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.c - ports' queues as streams; what is said about ports is in console_control.c.
 *
 * Queues (virtio 1.2, 5.3.2):  0, 1: port 0, in and out     2, 3: control, in and out
 *                              4, 5: port 1                  6, 7: port 2 ...
 */
#include "vmm/virtio/console.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/virtio/console_control.h"

#define QUEUE_SIZE	   128u
#define QUEUE_SIZE_CONTROL 32u

static_assert(2 * VIRTIO_PORTS_MAX + 2 <= VIRTIO_QUEUES_MAX, "queues");
static_assert(sizeof(struct virtio_console_config) == 12, "virtio 1.2, 5.3.4");

static uint16_t queue_in(const struct virtio_port *p)
{
	return (uint16_t)(p->id ? 2 + 2 * p->id : 0);
}

static uint16_t queue_out(const struct virtio_port *p)
{
	return (uint16_t)(queue_in(p) + 1);
}

static void lock(struct virtio_port *p)
{
	pthread_mutex_lock(&p->console->v.lock);
}

static void unlock(struct virtio_port *p)
{
	pthread_mutex_unlock(&p->console->v.lock);
}

/* Is the queue there to be used now? */
static bool live(const struct virtio_port *p, uint16_t queue)
{
	const struct virtio *v = &p->console->v;

	return v->active && v->queue[queue].enabled;
}

/* Hold a chain with something in it. Chains with nothing for us go back at once, a few at a time. */
static bool chain_hold(struct virtio_port *p, struct ring *r, struct port_chain *pc, bool in)
{
	for (uint32_t i = 0; !pc->held && i <= r->size; i++) {
		int got = ring_pop(r, &pc->chain);

		if (got < 0)
			virtio_fail(&p->console->v,
				in ? "a port's input queue" : "a port's output queue", r->fault);
		if (got <= 0)
			return false;
		pc->at = 0;
		pc->held = (in ? pc->chain.in_bytes : pc->chain.out_bytes) != 0;
		if (!pc->held)
			ring_push(r, &pc->chain, 0);
	}
	return pc->held;
}

/* The same, and listen to the doorbell if there is none. */
static bool chain_wait(struct virtio_port *p, struct ring *r, struct port_chain *pc, bool in)
{
	uint16_t queue = in ? queue_in(p) : queue_out(p);

	if (chain_hold(p, r, pc, in))
		return true;
	if (!live(p, queue) || !ring_listen(r))
		return false;
	if (chain_hold(p, r, pc, in))
		return true;
	/* A guest that sends nothing, and much of it, must not keep the event loop from others. */
	if (live(p, queue))
		virtio_kick(&p->console->v, queue);
	return false;
}

static void call(struct virtio_port *p, struct ring *r, uint16_t queue)
{
	if (p->console->v.active && ring_should_call(r))
		virtio_call(&p->console->v, queue);
}

static uint32_t port_take(struct stream *s, uint8_t *buf, uint32_t size)
{
	struct virtio_port *p = container_of(s, struct virtio_port, stream);
	struct port_chain *pc = &p->out_chain;
	uint32_t done = 0;

	lock(p);
	while (done < size && live(p, queue_out(p)) && chain_wait(p, &p->out, pc, false)) {
		uint32_t n = ring_chain_read(&pc->chain, pc->at, buf + done, size - done);

		done += n;
		pc->at += n;
		if (pc->at == pc->chain.out_bytes) {
			ring_push(&p->out, &pc->chain, 0);
			pc->held = false;
		}
	}
	call(p, &p->out, queue_out(p));
	unlock(p);
	return done;
}

static uint32_t port_give(struct stream *s, const uint8_t *buf, uint32_t size)
{
	struct virtio_port *p = container_of(s, struct virtio_port, stream);
	struct port_chain *pc = &p->in_chain;
	uint32_t done = 0;

	lock(p);
	while (done < size && p->guest_open && live(p, queue_in(p)) &&
		chain_wait(p, &p->in, pc, true)) {
		uint32_t n = ring_chain_write(&pc->chain, 0, buf + done, size - done);

		done += n;
		ring_push(&p->in, &pc->chain, n);
		pc->held = false;
	}
	call(p, &p->in, queue_in(p));
	unlock(p);
	return done;
}

static uint32_t port_room(struct stream *s)
{
	struct virtio_port *p = container_of(s, struct virtio_port, stream);
	uint32_t room = 0;

	lock(p);
	if (p->guest_open && live(p, queue_in(p)) && chain_wait(p, &p->in, &p->in_chain, true))
		room = (uint32_t)p->in_chain.chain.in_bytes;
	unlock(p);
	return room;
}

static const struct stream_ops port_ops = { port_take, port_give, port_room };

/* Queues 0 and 1 are port 0's; from 4 on there are two for each port from 1 on. */
static uint32_t queue_port(uint16_t queue)
{
	return queue < 2 ? 0 : queue / 2u - 1;
}

static void kick_ready(struct loop_source *src, uint32_t events)
{
	struct console_kick *k = container_of(src, struct console_kick, source);
	struct virtio_port *p = &k->console->port[queue_port(k->queue)];
	uint64_t count;
	ssize_t n = read(src->fd, &count, sizeof(count));

	(void)n;
	(void)events;
	if (k->queue == CONSOLE_CONTROL_IN || k->queue == CONSOLE_CONTROL_OUT)
		console_control(k->console);
	else if (p->exists)
		p->notify(p->notify_ctx);
}

static int console_activate(struct virtio *v)
{
	struct virtio_console *c = container_of(v, struct virtio_console, v);

	for (uint32_t i = 0; i < c->nr_ports; i++) {
		struct virtio_port *p = &c->port[i];

		virtio_queue_ring(v, queue_in(p), &p->in);
		virtio_queue_ring(v, queue_out(p), &p->out);
		/* Without the control queue there is port 0 only, and it is open (5.3.5). */
		p->guest_open = i == 0 && !virtio_has(v, VIRTIO_CONSOLE_F_MULTIPORT);
	}
	virtio_queue_ring(v, CONSOLE_CONTROL_IN, &c->control_in);
	virtio_queue_ring(v, CONSOLE_CONTROL_OUT, &c->control_out);
	/* What the driver has put there before it was ready may not ring. */
	for (uint16_t i = 0; i < v->setup.nr_queues; i++)
		virtio_kick(v, i);
	return 0;
}

static void console_reset(struct virtio *v)
{
	struct virtio_console *c = container_of(v, struct virtio_console, v);

	for (uint32_t i = 0; i < c->nr_ports; i++) {
		struct virtio_port *p = &c->port[i];

		p->in_chain.held = p->out_chain.held = false;
		p->guest_open = p->ready = false;
		p->tell = 0;
	}
}

static void console_config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	(void)v;
	(void)offset;
	(void)size;
}

static const struct virtio_ops console_ops = {
	.name = "virtio-console",
	.id = VIRTIO_ID_CONSOLE,
	.class = 0x078000, /* communication, other */
	.activate = console_activate,
	.reset = console_reset,
	.config_written = console_config_written,
};

void virtio_console_init(struct virtio_console *c)
{
	*c = (struct virtio_console){ .nr_ports = 1 };
	for (uint32_t i = 0; i < VIRTIO_PORTS_MAX; i++) {
		c->port[i].console = c;
		c->port[i].id = i;
		c->port[i].stream.ops = &port_ops;
	}
}

static struct virtio_port *port_add(
	struct virtio_console *c, uint32_t i, void (*notify)(void *ctx), void *ctx)
{
	struct virtio_port *p = &c->port[i];

	p->exists = true;
	p->notify = notify;
	p->notify_ctx = ctx;
	c->nr_ports = max(c->nr_ports, i + 1);
	return p;
}

struct virtio_port *virtio_console_hvc(
	struct virtio_console *c, void (*notify)(void *ctx), void *ctx)
{
	c->port[0].host_open = true;
	return port_add(c, 0, notify, ctx);
}

struct virtio_port *virtio_console_port(
	struct virtio_console *c, const char *name, void (*notify)(void *ctx), void *ctx)
{
	struct virtio_port *p;

	if (c->nr_ports == VIRTIO_PORTS_MAX)
		return NULL;
	p = port_add(c, c->nr_ports, notify, ctx);
	snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

static void kicks_remove(struct virtio_console *c, uint32_t nr)
{
	while (nr--)
		loop_remove(c->loop, &c->kick[nr].source);
}

int virtio_console_create(struct virtio_console *c, const struct mem *mem, struct loop *loop)
{
	uint16_t sizes[2 * VIRTIO_PORTS_MAX + 2];
	const struct virtio_setup setup = {
		.ops = &console_ops,
		.mem = mem,
		.features = 1ull << VIRTIO_CONSOLE_F_MULTIPORT | 1ull << VIRTIO_RING_F_EVENT_IDX |
			    1ull << VIRTIO_RING_F_INDIRECT_DESC,
		.nr_queues = (uint16_t)(2 * c->nr_ports + 2),
		.queue_size = sizes,
		.config = (uint8_t *)&c->config,
		.config_size = sizeof(c->config),
	};
	int err;

	for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i] = i == CONSOLE_CONTROL_IN || i == CONSOLE_CONTROL_OUT ? QUEUE_SIZE_CONTROL
									       : QUEUE_SIZE;
	c->config.max_nr_ports = c->nr_ports;
	c->loop = loop;
	if ((err = virtio_init(&c->v, &setup)) != 0)
		return err;
	for (uint16_t i = 0; i < setup.nr_queues; i++) {
		c->kick[i] = (struct console_kick){ { c->v.queue[i].kick, kick_ready }, c, i };
		if ((err = loop_add(loop, &c->kick[i].source, EPOLLIN)) != 0) {
			kicks_remove(c, i);
			virtio_fini(&c->v);
			return log_errno(err, "virtio-console: cannot watch its doorbells: %m");
		}
	}
	return 0;
}

void virtio_console_destroy(struct virtio_console *c)
{
	kicks_remove(c, c->v.setup.nr_queues);
	virtio_fini(&c->v);
}

void virtio_port_again(struct virtio_port *p)
{
	virtio_kick(&p->console->v, queue_out(p));
}
