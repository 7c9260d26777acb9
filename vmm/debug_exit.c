/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_exit.c - see debug_exit.h. */
#include "vmm/debug_exit.h"

static enum io_result debug_exit_access(struct device *dev, struct access *a)
{
	struct debug_exit *d = container_of(dev, struct debug_exit, dev);

	if (a->write)
		/* The kernel keeps 8 bits of a process's exit code; keep the lowest to stay odd. */
		end_set(d->end, END_EXIT, (int)((a->value << 1 | 1) & 0xff));
	else
		a->value = 0;
	return IO_OK;
}

static const struct dev_ops debug_exit_ops = {
	.type = "debug-exit", .access = debug_exit_access, .reset = device_nothing, .destroy = device_nothing
};

int debug_exit_init(struct debug_exit *d, struct end *end, uint16_t port, struct bus *pio)
{
	*d = (struct debug_exit){ .dev.ops = &debug_exit_ops, .end = end };
	return bus_map(pio, (struct range){ port, DEBUG_EXIT_PORTS }, &d->dev);
}
