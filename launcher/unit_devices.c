/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_devices.c - serial port, power, PCI, and the ports of payloads and tests. */
#include "launcher/machine.h"
#include "vmm/log.h"

static int debug_exit_start(struct machine *m)
{
	uint16_t port = (uint16_t)m->cfg->debug_exit;
	int err = m->cfg->debug_exit < 0 ? 0 : debug_exit_init(&m->debug_exit, &m->vm.end, port, &m->vm.pio);

	if (err)
		log_errno(err, "debug-exit: port %#x belongs to another device of the machine; 0xf4 is free", port);
	return err;
}

static int devices_map(struct machine *m)
{
	struct vm *vm = &m->vm;
	int err = bus_map(&vm->pio, (struct range){ PORT_COM1, SERIAL_PORTS }, &m->serial.dev);

	if (!err)
		err = power_init(&m->power, &vm->end, vm_irq_line(vm, GSI_GED), &vm->pio, &vm->mmio);
	if (!err)
		err = pci_map(&m->pci, &vm->pio, &vm->mmio);
	if (!err && m->boot_input.kind == BOOT_PAYLOAD)
		err = payload_ports_init(&m->payload_ports, &vm->end, &m->serial, &vm->mem, &vm->pio);
	return err ? log_errno(err, "cannot put the devices together: %m") : debug_exit_start(m);
}

/* A serial port that nobody takes anything from would tell the guest to wait for ever. */
static bool drains_serial(const struct machine *m)
{
	return m->cfg->console_device != CONFIG_CONSOLE_SERIAL;
}

static int consoles_init(struct machine *m)
{
	int err = console_init(&m->console, &m->vm, &m->serial.stream);

	if (err || !drains_serial(m))
		return err;
	if ((err = console_init(&m->serial_drain, &m->vm, &m->serial.stream)) != 0)
		console_fini(&m->console);
	return err;
}

static void consoles_fini(struct machine *m)
{
	if (drains_serial(m))
		console_fini(&m->serial_drain);
	console_fini(&m->console);
}

static void devices_stop(struct machine *m)
{
	pci_fini(&m->pci);
	serial_fini(&m->serial);
	consoles_fini(m);
}

static int devices_start(struct machine *m)
{
	int err = consoles_init(m);

	if (err)
		return err;
	serial_init(&m->serial, vm_irq_line(&m->vm, GSI_COM1), console_kick,
		drains_serial(m) ? &m->serial_drain : &m->console);
	pci_init(&m->pci, m->layout.mmio64);
	err = devices_map(m);
	if (err)
		devices_stop(m);
	else
		vm_seal(&m->vm);
	return err;
}

const struct unit devices_unit = { "devices", devices_start, devices_stop };
