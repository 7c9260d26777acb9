/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload_ports.c - see payload_ports.h and the payload's own header. */
#include "vmm/payload_ports.h"

#include <string.h>
#include <time.h>

#include <thole/payload.h>

#define PORTS 16

/* A payload has no way to ask whether there is room: it waits here until somebody has read. */
static void console_put(struct payload_ports *p, uint8_t byte)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	while (!serial_put(p->serial, byte)) {
		if (end_kind(p->end) != END_NONE)
			return;
		nanosleep(&moment, NULL);
	}
}

/* Whoever reads the bytes while the payload changes them has its problem, not ours. */
static enum io_result text_put(struct payload_ports *p, gpa_t at)
{
	const void *from = mem_at(p->mem, at, sizeof(struct payload_text));
	struct payload_text text;
	const uint8_t *bytes;

	if (!from)
		return IO_BAD_GUEST;
	memcpy(&text, from, sizeof(text));
	bytes = text.size <= PAYLOAD_TEXT_MAX ? mem_at(p->mem, text.base, text.size) : NULL;
	if (!bytes)
		return IO_BAD_GUEST;
	for (uint64_t i = 0; i < text.size && end_kind(p->end) == END_NONE; i++)
		console_put(p, bytes[i]);
	return IO_OK;
}

static enum io_result ports_access(struct device *dev, struct access *a)
{
	struct payload_ports *p = container_of(dev, struct payload_ports, dev);

	if (!a->write) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	switch (a->addr) {
	case PAYLOAD_PORT_CONSOLE:
		console_put(p, (uint8_t)a->value);
		return IO_OK;
	case PAYLOAD_PORT_EXIT:
		/* A process has 8 bits of exit code; a larger one must not turn into success. */
		end_set(p->end, END_EXIT, (int)min(a->value, 255ull));
		return IO_OK;
	case PAYLOAD_PORT_TEXT: return text_put(p, (uint32_t)a->value);
	case PAYLOAD_PORT_DONE: return IO_PARK;
	default: return IO_BAD_GUEST;
	}
}

static const struct dev_ops ports_ops = {
	.type = "payload", .access = ports_access, .reset = device_nothing, .destroy = device_nothing
};

int payload_ports_init(struct payload_ports *p, struct end *end, struct serial *serial, const struct mem *mem,
	struct bus *pio)
{
	*p = (struct payload_ports){ .dev.ops = &ports_ops, .end = end, .serial = serial, .mem = mem };
	return bus_map(pio, (struct range){ PAYLOAD_PORT_CONSOLE, PORTS }, &p->dev);
}
