/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci.c - the root bus: who answers to a configuration address or a window address.
 *
 *   ECAM ----+                       +-> func[devfn].cfg
 *   CF8/CFC -+-> devfn + register ---+-> BARs moved? -> func.moved()
 *
 *   io, mem32, mem64 windows -> the function whose BAR holds the address -> bar.dev
 *
 * One lock covers the CF8 latch, configuration space and BAR addresses. It is not held while a
 * BAR's device works: devices lock themselves, and BARs only move while a driver is not using them.
 */
#include "vmm/pci.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "vmm/pci_cfg.h"

#define CF8_ENABLE 0x80000000u

/* What the guest finds at 00:00.0: a generic host bridge that needs no driver. */
static const struct pci_ident host_ident = {
	.vendor = 0x1b36, .device = 0x0008, .subvendor = 0x1b36, .subdevice = 0x1100, .class = 0x060000
};

/* A new BAR address after a write to configuration space. */
static void bars_read_back(struct pci_func *f)
{
	bool moved = false;

	for (unsigned n = 0; n < PCI_PLACES; n++) {
		struct pci_bar *bar = &f->bar[n];
		uint64_t v;

		if (bar->space == PCI_NONE)
			continue;
		v = cfg_get(f->cfg, pci_bar_register(n), bar->space == PCI_MEM64 ? 8 : 4);
		v &= ~(bar->size - 1);
		moved |= v != bar->base;
		bar->base = v;
	}
	if (moved && f->moved)
		f->moved(f);
}

static void cfg_write(struct pci_func *f, uint32_t offset, uint64_t value, uint32_t size)
{
	uint16_t command = (uint16_t)cfg_get(f->cfg, PCI_COMMAND, 2);

	for (uint32_t i = 0; i < size; i++) {
		uint8_t mask = f->mask[offset + i];
		uint8_t byte = (uint8_t)(value >> (8 * i));

		f->cfg[offset + i] = (uint8_t)((f->cfg[offset + i] & ~mask) | (byte & mask));
	}
	bars_read_back(f);
	if (f->moved && ((command ^ cfg_get(f->cfg, PCI_COMMAND, 2)) & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)))
		f->moved(f);
	if (f->written)
		f->written(f, offset, size);
}

/* Only bus 0 exists. An access may not cross its register file's end or be misaligned. */
static enum io_result cfg_access(struct pci_bus *p, uint32_t bdf, uint32_t offset, struct access *a)
{
	struct pci_func *f = bdf < ARRAY_SIZE(p->func) ? p->func[bdf] : NULL;

	if (a->size > 4 || !is_aligned(offset, a->size)) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	if (!f) {
		a->value = access_ones(a);
		return IO_OK; /* that is how a guest looks for functions */
	}
	if (a->write) {
		cfg_write(f, offset, a->value, a->size);
		return IO_OK;
	}
	if (f->reading)
		f->reading(f, offset, a->size);
	a->value = cfg_get(f->cfg, offset, a->size);
	return IO_OK;
}

static enum io_result ecam_access(struct device *dev, struct access *a)
{
	struct pci_bus *p = container_of(dev, struct pci_bus, ecam);
	enum io_result r;

	pthread_mutex_lock(&p->lock);
	r = cfg_access(p, (uint32_t)(a->offset >> 12), (uint32_t)a->offset & 0xfff, a);
	pthread_mutex_unlock(&p->lock);
	return r;
}

static enum io_result cf8_access(struct device *dev, struct access *a)
{
	struct pci_bus *p = container_of(dev, struct pci_bus, cf8);
	enum io_result r = IO_OK;
	uint32_t address;

	pthread_mutex_lock(&p->lock);
	address = p->address;
	if (a->offset < 4) {
		/* The latch takes whole words only; bytes there belong to others on real machines. */
		if (a->size != 4)
			a->value = access_ones(a);
		else if (a->write)
			p->address = (uint32_t)a->value & ~3u;
		else
			a->value = address;
	} else if (address & CF8_ENABLE) {
		r = cfg_access(p, address >> 8 & 0xffff, (address & 0xfc) + ((uint32_t)a->offset & 3), a);
	} else {
		a->value = access_ones(a);
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

static bool bar_decodes(const struct pci_func *f, unsigned n)
{
	return pci_func_decodes(f, f->bar[n].space) &&
	       (n != PCI_ROM_BAR || (f->cfg[PCI_ROM_ADDRESS] & PCI_ROM_ADDRESS_ENABLE));
}

/* The BAR that holds the access, if its function decodes that space. */
static struct pci_bar *bar_find(struct pci_bus *p, bool io, const struct access *a)
{
	for (unsigned i = 0; i < ARRAY_SIZE(p->func); i++) {
		struct pci_func *f = p->func[i];

		for (unsigned n = 0; f && n < PCI_PLACES; n++) {
			struct pci_bar *bar = &f->bar[n];

			if (bar->space == PCI_NONE || (bar->space == PCI_IO) != io || !bar->dev)
				continue;
			if (range_holds((struct range){ bar->base, bar->size }, a->addr, a->size)
				&& bar_decodes(f, n))
				return bar;
		}
	}
	return NULL;
}

static enum io_result window_access(struct pci_bus *p, bool io, struct access *a)
{
	struct device *dev = NULL;
	struct pci_bar *bar;

	pthread_mutex_lock(&p->lock);
	bar = bar_find(p, io, a);
	if (bar) {
		dev = bar->dev;
		a->offset = a->addr - bar->base;
	}
	pthread_mutex_unlock(&p->lock);
	if (dev)
		return dev->ops->access(dev, a);
	a->value = access_ones(a);
	return IO_NOBODY;
}

static enum io_result io_access(struct device *dev, struct access *a)
{
	return window_access(container_of(dev, struct pci_bus, io), true, a);
}

static enum io_result mem32_access(struct device *dev, struct access *a)
{
	return window_access(container_of(dev, struct pci_bus, mem32), false, a);
}

static enum io_result mem64_access(struct device *dev, struct access *a)
{
	return window_access(container_of(dev, struct pci_bus, mem64), false, a);
}

#define PCI_OPS(name)                                                                     \
	static const struct dev_ops name##_ops = {                                        \
		.type = "pci-" #name, .access = name##_access, .reset = device_nothing, .destroy = device_nothing \
	}

PCI_OPS(ecam);
PCI_OPS(cf8);
PCI_OPS(io);
PCI_OPS(mem32);
PCI_OPS(mem64);

void pci_init(struct pci_bus *p, struct range mem64)
{
	memset(p, 0, sizeof(*p));
	p->ecam.ops = &ecam_ops;
	p->cf8.ops = &cf8_ops;
	p->io.ops = &io_ops;
	p->mem32.ops = &mem32_ops;
	p->mem64.ops = &mem64_ops;
	p->win_io.range = (struct range){ LAYOUT_PCI_IO_BASE, LAYOUT_PCI_IO_SIZE };
	p->win32.range = (struct range){ LAYOUT_MMIO32_BASE, LAYOUT_MMIO32_SIZE };
	p->win64.range = mem64;
	pthread_mutex_init(&p->lock, NULL);
	pci_func_init(&p->host, &host_ident);
	p->func[0] = &p->host;
}

void pci_fini(struct pci_bus *p)
{
	pthread_mutex_destroy(&p->lock);
}

int pci_map(struct pci_bus *p, struct bus *pio, struct bus *mmio)
{
	const struct {
		struct bus *bus;
		struct range range;
		struct device *dev;
	} maps[] = {
		{ pio, { PORT_PCI_ADDRESS, 8 }, &p->cf8 },
		{ pio, p->win_io.range, &p->io },
		{ mmio, { LAYOUT_ECAM_BASE, LAYOUT_ECAM_SIZE }, &p->ecam },
		{ mmio, p->win32.range, &p->mem32 },
		{ mmio, p->win64.range, &p->mem64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		int err = maps[i].range.size ? bus_map(maps[i].bus, maps[i].range, maps[i].dev) : 0;

		if (err)
			return err;
	}
	return 0;
}

int pci_free_slot(const struct pci_bus *p)
{
	for (int slot = 0; slot < PCI_SLOTS; slot++) {
		bool used = false;

		for (int fn = 0; fn < PCI_FUNCS; fn++)
			used |= p->func[slot * PCI_FUNCS + fn] != NULL;
		if (!used)
			return slot;
	}
	return -ENOSPC;
}

/* Take size bytes, naturally aligned, out of a window. */
static int window_take(struct pci_window *w, uint64_t size, uint64_t *base)
{
	uint64_t at = align_up(w->range.base + w->used, size);

	if (!range_holds(w->range, at, size))
		return -ENOSPC;
	w->used = at + size - w->range.base;
	*base = at;
	return 0;
}

static int bar_place(struct pci_bus *p, struct pci_bar *bar)
{
	switch (bar->space) {
	case PCI_IO: return window_take(&p->win_io, bar->size, &bar->base);
	case PCI_MEM32: return window_take(&p->win32, bar->size, &bar->base);
	case PCI_MEM64:
		if (window_take(&p->win64, bar->size, &bar->base) == 0)
			return 0;
		return window_take(&p->win32, bar->size, &bar->base);
	default: return 0;
	}
}

/* Functions at 1 to 7 are only looked for behind a function 0 that says so (6.2.1). */
static void slot_tell(struct pci_bus *p, unsigned slot)
{
	struct pci_func **func = &p->func[slot * PCI_FUNCS];

	for (unsigned fn = 1; fn < PCI_FUNCS; fn++)
		if (func[0] && func[fn])
			func[0]->cfg[PCI_HEADER_TYPE] |= 0x80;
}

int pci_add(struct pci_bus *p, unsigned slot, unsigned fn, struct pci_func *f)
{
	unsigned devfn = slot * PCI_FUNCS + fn;

	if (slot >= PCI_SLOTS || fn >= PCI_FUNCS)
		return -EINVAL;
	if (p->func[devfn])
		return -EEXIST;
	for (unsigned n = 0; n < PCI_PLACES; n++) {
		struct pci_bar *bar = &f->bar[n];
		uint32_t at = pci_bar_register(n);
		int err = bar_place(p, bar);

		if (err)
			return err;
		if (bar->space == PCI_MEM64)
			cfg_put(f->cfg, at, bar->base | cfg_get(f->cfg, at, 4), 8);
		else if (bar->space != PCI_NONE)
			cfg_put(f->cfg, at, bar->base | cfg_get(f->cfg, at, 4), 4);
	}
	p->func[devfn] = f;
	slot_tell(p, slot);
	return 0;
}
