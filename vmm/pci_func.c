/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_func.c - one function's configuration space: header, BARs, capabilities. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "vmm/pci.h"
#include "vmm/pci_cfg.h"

/* Capabilities start behind the type 0 header. */
#define CAP_FIRST 0x40u

void pci_func_init(struct pci_func *f, const struct pci_ident *id)
{
	memset(f, 0, sizeof(*f));
	f->caps_end = CAP_FIRST;
	cfg_put(f->cfg, PCI_VENDOR_ID, id->vendor, 2);
	cfg_put(f->cfg, PCI_DEVICE_ID, id->device, 2);
	cfg_put(f->cfg, PCI_CLASS_REVISION, id->class << 8 | id->revision, 4);
	cfg_put(f->cfg, PCI_SUBSYSTEM_VENDOR_ID, id->subvendor, 2);
	cfg_put(f->cfg, PCI_SUBSYSTEM_ID, id->subdevice, 2);
	cfg_put(f->cfg, PCI_INTERRUPT_PIN, id->pin, 1);
	cfg_put(f->mask, PCI_COMMAND,
		PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY
			| PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE,
		2);
	cfg_put(f->mask, PCI_CACHE_LINE_SIZE, 0xff, 1);
	cfg_put(f->mask, PCI_INTERRUPT_LINE, 0xff, 1);
}

uint32_t pci_bar_register(unsigned n)
{
	return n == PCI_ROM_BAR ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * n;
}

/* Its lowest bit turns it on; 10 above are reserved, so it has 2 KiB at least. */
static int rom_bar(struct pci_func *f, const struct pci_bar *bar)
{
	if (bar->space != PCI_MEM32 || bar->prefetchable || f->bar[PCI_ROM_BAR].space != PCI_NONE)
		return -EINVAL;
	if (!is_pow2(bar->size) || bar->size < KiB(2) || bar->size > MiB(16))
		return -EINVAL;
	f->bar[PCI_ROM_BAR] = *bar;
	cfg_put(f->mask, PCI_ROM_ADDRESS, (uint32_t)~(bar->size - 1) | PCI_ROM_ADDRESS_ENABLE, 4);
	return 0;
}

int pci_func_bar(struct pci_func *f, unsigned n, const struct pci_bar *bar)
{
	uint32_t at = pci_bar_register(n);
	uint32_t flags = 0;

	if (n == PCI_ROM_BAR)
		return rom_bar(f, bar);
	if (n >= PCI_BARS || !is_pow2(bar->size) || f->bar[n].space != PCI_NONE)
		return -EINVAL;
	if (n && f->bar[n - 1].space == PCI_MEM64)
		return -EINVAL;
	if (bar->size < (bar->space == PCI_IO ? 4u : 16u))
		return -EINVAL;
	if (bar->space != PCI_MEM64 && bar->size > GiB(2))
		return -EINVAL;
	if (bar->space == PCI_MEM64 && (n + 1 >= PCI_BARS || f->bar[n + 1].space != PCI_NONE))
		return -EINVAL;
	f->bar[n] = *bar;
	if (bar->space == PCI_IO)
		flags = PCI_BASE_ADDRESS_SPACE_IO;
	else if (bar->space == PCI_MEM64)
		flags = PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (bar->prefetchable)
		flags |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	/* Bits below the size are read-only zeroes: that is how a guest sizes a BAR (6.2.5.1). */
	cfg_put(f->cfg, at, flags, 4);
	cfg_put(f->mask, at, (uint32_t)~(bar->size - 1), 4);
	if (bar->space == PCI_MEM64)
		cfg_put(f->mask, at + 4, ~(bar->size - 1) >> 32, 4);
	return 0;
}

/* The capability chain's last link: where a new offset goes. */
static uint32_t cap_last_link(const struct pci_func *f)
{
	uint32_t link = PCI_CAPABILITY_LIST;

	while (f->cfg[link])
		link = f->cfg[link] + PCI_CAP_LIST_NEXT;
	return link;
}

int pci_func_cap(struct pci_func *f, uint8_t id, const void *body, uint8_t size)
{
	uint32_t at = f->caps_end;
	uint32_t link = cap_last_link(f);

	if (size < 4 || at + size > 256)
		return -ENOSPC;
	memcpy(&f->cfg[at], body, size);
	f->cfg[at + PCI_CAP_LIST_ID] = id;
	f->cfg[at + PCI_CAP_LIST_NEXT] = 0;
	f->cfg[link] = (uint8_t)at;
	f->caps_end = (uint32_t)align_up(at + size, 4);
	f->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	return (int)at;
}

bool pci_func_decodes(const struct pci_func *f, enum pci_space space)
{
	uint16_t bit = space == PCI_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

	return cfg_get(f->cfg, PCI_COMMAND, 2) & bit;
}
