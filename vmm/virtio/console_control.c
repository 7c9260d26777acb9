/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console_control.c - what host and guest say about ports (virtio 1.2, 5.3.6.2):
 *
 *   guest: DEVICE_READY            host: PORT_ADD for each port
 *   guest: PORT_READY              host: CONSOLE_PORT for port 0, PORT_NAME, PORT_OPEN
 *   guest: PORT_OPEN 1 or 0 when a process opens or closes its end
 *                                  host: PORT_OPEN 1 or 0 when somebody comes to the host's end, or goes
 *
 * What the guest has yet to be told is a bit for each kind and port, so a guest that asks without end
 * and never posts a buffer for the answer costs nothing.
 */
#include "vmm/virtio/console_control.h"

#include <string.h>

enum { TELL_ADD, TELL_CONSOLE, TELL_NAME, TELL_OPEN, TELL_KINDS };

#define BIT(kind) ((uint8_t)(1u << (kind)))

static_assert(sizeof(struct virtio_console_control) == 8, "virtio 1.2, 5.3.6.2");

static const uint16_t tell_event[TELL_KINDS] = {
	[TELL_ADD] = VIRTIO_CONSOLE_PORT_ADD,
	[TELL_CONSOLE] = VIRTIO_CONSOLE_CONSOLE_PORT,
	[TELL_NAME] = VIRTIO_CONSOLE_PORT_NAME,
	[TELL_OPEN] = VIRTIO_CONSOLE_PORT_OPEN,
};

static bool live(const struct virtio_console *c, uint16_t queue)
{
	return c->v.active && c->v.queue[queue].enabled;
}

/* A chain into scratch, or listen to the doorbell. */
static bool chain_get(struct virtio_console *c, uint16_t queue, struct ring *r)
{
	int got;

	if (!live(c, queue))
		return false;
	got = ring_pop(r, &c->scratch);
	if (!got && ring_listen(r))
		got = ring_pop(r, &c->scratch);
	if (got < 0)
		virtio_fail(&c->v, "a control queue", r->fault);
	return got > 0;
}

static void message_send(struct virtio_console *c, const struct virtio_port *p, unsigned kind)
{
	struct {
		struct virtio_console_control head;
		char name[VIRTIO_PORT_NAME_MAX];
	} packed_type m = { .head = { .id = p->id, .event = tell_event[kind], .value = 1 } };
	uint32_t size = sizeof(m.head);

	if (kind == TELL_OPEN)
		m.head.value = p->host_open;
	if (kind == TELL_NAME) {
		memcpy(m.name, p->name, strlen(p->name));
		size += (uint32_t)strlen(p->name);
	}
	ring_push(&c->control_in, &c->scratch, ring_chain_write(&c->scratch, 0, &m, size));
}

static void port_tell(struct virtio_console *c, struct virtio_port *p)
{
	for (unsigned kind = 0; kind < TELL_KINDS; kind++) {
		if (!(p->tell & BIT(kind)))
			continue;
		if (!chain_get(c, CONSOLE_CONTROL_IN, &c->control_in))
			return;
		p->tell &= (uint8_t)~BIT(kind);
		message_send(c, p, kind);
	}
}

static void all_tell(struct virtio_console *c)
{
	for (uint32_t i = 0; i < c->nr_ports; i++)
		port_tell(c, &c->port[i]);
	if (c->v.active && ring_should_call(&c->control_in))
		virtio_call(&c->v, CONSOLE_CONTROL_IN);
}

static void device_ready(struct virtio_console *c)
{
	for (uint32_t i = 0; i < c->nr_ports; i++)
		if (c->port[i].exists)
			c->port[i].tell |= BIT(TELL_ADD);
}

static void port_ready(struct virtio_port *p)
{
	p->ready = true;
	if (!p->id)
		p->tell |= BIT(TELL_CONSOLE);
	if (*p->name)
		p->tell |= BIT(TELL_NAME);
	if (p->host_open)
		p->tell |= BIT(TELL_OPEN);
}

/* Returns the port whose guest's end has changed, or NULL. */
static struct virtio_port *message_take(struct virtio_console *c)
{
	struct virtio_console_control m;
	struct virtio_port *p;

	if (ring_chain_read(&c->scratch, 0, &m, sizeof(m)) != sizeof(m))
		return NULL;
	if (m.event == VIRTIO_CONSOLE_DEVICE_READY) {
		if (m.value)
			device_ready(c);
		return NULL;
	}
	if (m.id >= c->nr_ports || !c->port[m.id].exists)
		return NULL;
	p = &c->port[m.id];
	if (m.event == VIRTIO_CONSOLE_PORT_READY && m.value)
		port_ready(p);
	if (m.event != VIRTIO_CONSOLE_PORT_OPEN || p->guest_open == (m.value != 0))
		return NULL;
	p->guest_open = m.value != 0;
	return p;
}

/* A bit for each port whose guest's end has changed. */
static uint32_t all_take(struct virtio_console *c)
{
	uint32_t changed = 0;
	uint16_t most;

	/* As many as fit into the queue; if there are more by then, others first. */
	for (most = c->control_out.size; most && chain_get(c, CONSOLE_CONTROL_OUT, &c->control_out);
		most--) {
		const struct virtio_port *p = message_take(c);

		ring_push(&c->control_out, &c->scratch, 0);
		if (p)
			changed |= 1u << p->id;
	}
	if (!most && c->v.active)
		virtio_kick(&c->v, CONSOLE_CONTROL_OUT);
	if (c->v.active && ring_should_call(&c->control_out))
		virtio_call(&c->v, CONSOLE_CONTROL_OUT);
	return changed;
}

void console_control(struct virtio_console *c)
{
	uint32_t changed;

	pthread_mutex_lock(&c->v.lock);
	changed = all_take(c);
	all_tell(c);
	pthread_mutex_unlock(&c->v.lock);
	for (uint32_t i = 0; i < c->nr_ports; i++)
		if (changed >> i & 1)
			c->port[i].notify(c->port[i].notify_ctx);
}

void virtio_port_open(struct virtio_port *p, bool open)
{
	struct virtio_console *c = p->console;

	pthread_mutex_lock(&c->v.lock);
	p->host_open = open;
	if (p->ready)
		p->tell |= BIT(TELL_OPEN);
	all_tell(c);
	pthread_mutex_unlock(&c->v.lock);
}
