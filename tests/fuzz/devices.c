/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices.c - fuzz: what a guest can do to the devices that thole itself emulates.
 *
 * The input is a list of steps of 8 bytes: what, where, an offset (2 bytes), a value (4 bytes). Most
 * are accesses of the guest on real buses; some are what happens on the host's side meanwhile.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thole/payload.h>

#include "tests/fuzz/fuzz.h"
#include "vmm/debug_exit.h"
#include "vmm/payload_ports.h"
#include "vmm/pci.h"
#include "vmm/pci_cfg.h"
#include "vmm/power.h"
#include "vmm/serial.h"

#define STEP        8u
#define DEBUG_PORT  0xf4
#define SLOT        3u
#define MMIO64_BASE GiB(8)

struct bench {
	struct loop loop;
	struct end end;
	struct bus pio, mmio;
	struct serial serial;
	struct power power;
	struct debug_exit debug_exit;
	struct payload_ports payload_ports;
	struct mem mem;
	struct pci_bus pci;
	struct pci_func func;
	struct device bar_dev; /* behind every BAR */
};

static struct bench b;

static void broken(const char *rule, const struct access *a)
{
	fprintf(stderr, "broken: %s (address %#llx, %u bytes, value %#llx)\n", rule, (unsigned long long)a->addr,
		a->size, (unsigned long long)a->value);
	abort();
}

static enum io_result bar_access(struct device *dev, struct access *a)
{
	bool fits = false;

	(void)dev;
	for (unsigned n = 0; n < PCI_BARS; n++)
		fits |= b.func.bar[n].space != PCI_NONE && a->offset < b.func.bar[n].size
			&& a->size <= b.func.bar[n].size - a->offset && b.func.bar[n].base + a->offset == a->addr;
	if (!fits)
		broken("an access reaches a BAR's device inside of the BAR", a);
	if (!a->write)
		a->value = access_ones(a);
	return IO_OK;
}

static const struct dev_ops bar_ops = { "bar", bar_access, device_nothing, device_nothing };

static void ignore(void *ctx)
{
	(void)ctx;
}

static void line_set(void *ctx, uint32_t gsi, bool level)
{
	(void)ctx;
	(void)gsi;
	(void)level;
}

/* A function with a BAR of each kind, and a capability that the guest may write to. */
static int func_add(void)
{
	static const struct pci_ident id = { .vendor = 0x1af4, .device = 0x1042, .class = 0x018000, .pin = 1 };
	static const uint8_t cap[12];
	const struct pci_bar bar[] = {
		{ .space = PCI_MEM64, .prefetchable = true, .size = KiB(16), .dev = &b.bar_dev },
		{ .space = PCI_NONE },
		{ .space = PCI_MEM32, .size = KiB(4), .dev = &b.bar_dev },
		{ .space = PCI_IO, .size = 4, .dev = &b.bar_dev },
		{ .space = PCI_MEM64, .size = GiB(4), .dev = &b.bar_dev },
	};
	int at, err = 0;

	pci_func_init(&b.func, &id);
	for (unsigned n = 0; n < ARRAY_SIZE(bar); n++)
		if (bar[n].space != PCI_NONE)
			err |= pci_func_bar(&b.func, n, &bar[n]);
	at = pci_func_cap(&b.func, PCI_CAP_ID_MSIX, cap, sizeof(cap));
	if (at > 0)
		memset(&b.func.mask[at + 2], 0xff, 2);
	return err | pci_add(&b.pci, SLOT, 0, &b.func);
}

static void bench_init(void)
{
	const struct irq_line line = { line_set, NULL, 4 };
	int err = loop_init(&b.loop, ignore, NULL);

	end_init(&b.end, &b.loop);
	bus_init(&b.pio);
	bus_init(&b.mmio);
	b.bar_dev.ops = &bar_ops;
	serial_init(&b.serial, line, ignore, NULL);
	pci_init(&b.pci, (struct range){ MMIO64_BASE, GiB(64) });
	err |= bus_map(&b.pio, (struct range){ PORT_COM1, SERIAL_PORTS }, &b.serial.dev);
	err |= power_init(&b.power, &b.end, line, &b.pio, &b.mmio);
	err |= debug_exit_init(&b.debug_exit, &b.end, DEBUG_PORT, &b.pio);
	err |= payload_ports_init(&b.payload_ports, &b.end, &b.serial, &b.mem, &b.pio);
	err |= pci_map(&b.pci, &b.pio, &b.mmio);
	err |= func_add();
	if (err)
		abort();
	bus_seal(&b.pio);
	bus_seal(&b.mmio);
}

static void bench_fini(void)
{
	pci_fini(&b.pci);
	serial_fini(&b.serial);
	bus_fini(&b.mmio);
	bus_fini(&b.pio);
	loop_fini(&b.loop);
}

/* Whatever the guest wrote, BARs stay aligned to their size, and say so in configuration space. */
static void bars_check(const struct access *a)
{
	for (unsigned n = 0; n < PCI_BARS; n++) {
		const struct pci_bar *bar = &b.func.bar[n];
		uint32_t at = PCI_BASE_ADDRESS_0 + 4 * n;

		if (bar->space == PCI_NONE)
			continue;
		if (bar->base & (bar->size - 1))
			broken("a BAR is aligned to its size", a);
		if ((cfg_get(b.func.cfg, at, bar->space == PCI_MEM64 ? 8 : 4) & ~(bar->size - 1)) != bar->base)
			broken("a BAR is where configuration space says", a);
	}
	if (cfg_get(b.func.cfg, PCI_VENDOR_ID, 4) != 0x10421af4 || b.func.cfg[PCI_CAPABILITY_LIST] != 0x40)
		broken("what is read-only stays", a);
}

static void access_check(const struct access *a, enum io_result result)
{
	if (!a->write && (a->value & ~access_ones(a)))
		broken("a read gives no more bytes than were asked for", a);
	if (!a->write && result == IO_NOBODY && a->value != access_ones(a))
		broken("a read of nothing is all ones", a);
	if (end_kind(&b.end) == END_EXIT && (b.end.code < 0 || b.end.code > 255))
		broken("an exit code has 8 bits", a);
	bars_check(a);
}

static const struct place {
	bool io;
	gpa_t base;
} places[] = {
	{ true, PORT_COM1 }, { true, PORT_PCI_ADDRESS }, { true, PORT_SLEEP_CONTROL }, { true, PAYLOAD_PORT_CONSOLE },
	{ true, DEBUG_PORT }, { true, LAYOUT_PCI_IO_BASE }, { true, 0 }, { false, LAYOUT_ECAM_BASE },
	{ false, LAYOUT_ECAM_BASE + (SLOT << 15) }, { false, LAYOUT_ECAM_BASE + LAYOUT_ECAM_SIZE - KiB(64) },
	{ false, LAYOUT_MMIO32_BASE }, { false, MMIO64_BASE }, { false, MMIO64_BASE + GiB(4) }, { false, LAYOUT_GED_BASE },
	{ false, UINT64_MAX - KiB(64) + 1 }, { false, 0 },
};

static void guest_step(const uint8_t *step, uint32_t value)
{
	const struct place *place = &places[step[1] % ARRAY_SIZE(places)];
	uint32_t offset = (uint32_t)(step[2] | step[3] << 8);
	struct access a = {
		.addr = place->base + offset,
		.value = (step[0] & 1) ? value | (uint64_t)value << 32 : 0,
		.write = step[0] & 1,
		/* KVM cuts an access at the end of a page: memory's have any size up to 8. */
		.size = (uint8_t)(place->io ? 1u << (step[0] >> 1) % 3 : 1u + (step[0] >> 1) % 8),
	};
	uint8_t drained[SERIAL_OUT_MAX];

	if (place->io)
		a.addr &= 0xffff;
	if (a.write)
		a.value &= access_ones(&a);
	/* A payload that writes waits for a reader, who must have been there then. */
	(void)serial_take(&b.serial, drained, sizeof(drained));
	access_check(&a, bus_access(place->io ? &b.pio : &b.mmio, &a));
}

static void host_step(const uint8_t *step, uint32_t value)
{
	static const uint8_t typed[SERIAL_IN_MAX];
	uint8_t taken[64];
	uint32_t room;

	switch (step[1] % 4) {
	case 0: (void)serial_take(&b.serial, taken, sizeof(taken)); break;
	case 1:
		room = serial_room(&b.serial);
		if (serial_give(&b.serial, typed, value % sizeof(typed)) > room)
			abort();
		break;
	case 2: power_button(&b.power); break;
	case 3: b.serial.dev.ops->reset(&b.serial.dev); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bench_init();
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint32_t value = (uint32_t)cfg_get(data + 4, 0, 4);

		if (data[0] & 0x80)
			host_step(data, value);
		else
			guest_step(data, value);
	}
	bench_fini();
	return 0;
}
