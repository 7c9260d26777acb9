/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_virtio.c - the virtio devices: a console and ports, where they are asked for. */
#include <errno.h>
#include <stdlib.h>

#include "launcher/machine.h"
#include "vmm/log.h"

static bool console_is_virtio(const struct machine *m)
{
	return m->cfg->console_device == CONFIG_CONSOLE_VIRTIO;
}

/* The person's console is one device's; the serial port's words go nowhere when it is the other's. */
static void console_wire(struct machine *m)
{
	struct virtio_port *hvc;

	if (!console_is_virtio(m))
		return;
	hvc = virtio_console_hvc(&m->virtio_console, console_kick, &m->console);
	m->console.guest = &hvc->stream;
}

static int ports_wire(struct machine *m)
{
	const struct config_ports *ports = &m->cfg->port;

	m->ports = ports->nr ? calloc(ports->nr, sizeof(*m->ports)) : NULL;
	if (ports->nr && !m->ports)
		return log_errno(-ENOMEM, "cannot make the console ports: %m");
	for (uint32_t i = 0; i < ports->nr; i++) {
		m->ports[i].guest = virtio_console_port(
			&m->virtio_console, ports->at[i].name, port_pump, &m->ports[i]);
		if (!m->ports[i].guest)
			return log_errno(-ENOSPC, "port %s: there are too many", ports->at[i].name);
	}
	return 0;
}

static int virtio_start(struct machine *m)
{
	int err;

	if (!console_is_virtio(m) && !m->cfg->port.nr)
		return 0;
	virtio_console_init(&m->virtio_console);
	console_wire(m);
	if ((err = ports_wire(m)) != 0)
		goto err_free;
	if ((err = virtio_console_create(&m->virtio_console, &m->vm.mem, &m->vm.loop)) != 0)
		goto err_free;
	err = virtio_pci_add(&m->virtio_console_pci, &m->virtio_console.v, &m->pci, &m->vm.routes);
	if (err)
		goto err_destroy;
	m->has_virtio_console = true;
	return 0;
err_destroy:
	virtio_console_destroy(&m->virtio_console);
err_free:
	free(m->ports);
	return err;
}

static void virtio_stop(struct machine *m)
{
	if (!m->has_virtio_console)
		return;
	virtio_pci_remove(&m->virtio_console_pci);
	virtio_console_destroy(&m->virtio_console);
	free(m->ports);
}

const struct unit virtio_unit = { "virtio", virtio_start, virtio_stop };
