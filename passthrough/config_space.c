/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_space.c - header, BARs, then the two chains of capabilities.
 *
 * A chain is the function's own data: it may loop, lead into the header, or run over the end. Each place is
 * taken once, and a capability ends where another begins.
 */
#include "passthrough/config_space.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "passthrough/config_caps.h"
#include "vmm/msix.h"
#include "vmm/pci_cfg.h"

#define CAPS_FIRST  0x40u
#define CAPS_END    0x100u
#define NODE_MAX    48 /* (0x100 - 0x40) / 4 capabilities at most */
#define EXT_MAX     960 /* (0x1000 - 0x100) / 4 */

struct chain {
	uint32_t nr;
	uint16_t at[EXT_MAX];
};

static bool chain_add(struct chain *c, uint32_t at)
{
	for (uint32_t i = 0; i < c->nr; i++)
		if (c->at[i] == at)
			return false;
	c->at[c->nr++] = (uint16_t)at;
	return true;
}

static void chain_read(const struct config_input *in, struct chain *c)
{
	uint32_t at = in->bytes[PCI_CAPABILITY_LIST] & 0xfcu;

	c->nr = 0;
	if (!(in->bytes[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return;
	while (at >= CAPS_FIRST && c->nr < NODE_MAX && chain_add(c, at))
		at = in->bytes[at + PCI_CAP_LIST_NEXT] & 0xfcu;
}

static void chain_read_extended(const struct config_input *in, struct chain *c)
{
	uint32_t at = CAPS_END;

	c->nr = 0;
	while (at >= CAPS_END && at + 4 <= in->size && c->nr < EXT_MAX) {
		uint32_t header = (uint32_t)cfg_get(in->bytes, at, 4);

		if (header == 0 || header == UINT32_MAX || !chain_add(c, at))
			return;
		at = PCI_EXT_CAP_NEXT(header);
	}
}

/* No further than where another one begins, or the space ends. */
static uint32_t size_limit(const struct chain *c, uint32_t at, uint32_t size, uint32_t end)
{
	for (uint32_t i = 0; i < c->nr; i++)
		if (c->at[i] > at)
			end = min(end, (uint32_t)c->at[i]);
	return min(size, end - at);
}

static uint32_t msi_bytes(uint16_t flags)
{
	return flags & PCI_MSI_FLAGS_MASKBIT ? (flags & PCI_MSI_FLAGS_64BIT ? 24 : 20)
					     : (flags & PCI_MSI_FLAGS_64BIT ? 14 : 10);
}

static uint32_t cap_bytes(const struct config_input *in, const struct cap_rule *rule, uint32_t at)
{
	uint16_t flags = (uint16_t)cfg_get(in->bytes, at + 2, 2);

	if (rule->size)
		return rule->size;
	switch (in->bytes[at]) {
	case PCI_CAP_ID_MSI: return msi_bytes(flags);
	case PCI_CAP_ID_EXP: return (flags & PCI_EXP_FLAGS_VERS) > 1 ? 0x3c : 0x14;
	default: return in->bytes[at + 2] < 4 ? 4 : in->bytes[at + 2]; /* vendor specific: its length */
	}
}

static void kind_set(struct config_space *s, uint32_t at, uint32_t size, enum config_kind kind)
{
	memset(&s->kind[at], (int)kind, size);
}

static void ours_put(struct pci_func *f, uint32_t at, uint64_t value, uint64_t mask, uint32_t size)
{
	cfg_put(f->cfg, at, value, size);
	cfg_put(f->mask, at, mask, size);
}

/* PCI Power Management 1.2, 3.2. Nobody would take a PME; going to D3 and back loses nothing here. */
static void pm_make(struct pci_func *f, uint32_t at, uint32_t size)
{
	uint16_t pmc = (uint16_t)cfg_get(f->cfg, at + PCI_PM_PMC, 2);

	if (size < 8)
		return;
	ours_put(f, at + PCI_PM_PMC, pmc & ~(uint32_t)(PCI_PM_CAP_PME_MASK | PCI_PM_CAP_AUX_POWER), 0, 2);
	ours_put(f, at + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK, 2);
	ours_put(f, at + PCI_PM_CTRL + 2, 0, 0, 2);
}

/* PCI Local Bus 3.0, 6.8.1. */
static void msi_make(struct config_space *s, struct pci_func *f, uint32_t at, uint32_t size)
{
	uint16_t flags = (uint16_t)cfg_get(f->cfg, at + PCI_MSI_FLAGS, 2);
	bool wide = flags & PCI_MSI_FLAGS_64BIT, maskable = flags & PCI_MSI_FLAGS_MASKBIT;
	unsigned vectors = 1u << min((flags & PCI_MSI_FLAGS_QMASK) >> 1, 5);
	uint32_t data = at + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32);

	if (size < msi_bytes(flags))
		return;
	flags = flags & (PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
	ours_put(f, at + PCI_MSI_FLAGS, flags, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 2);
	ours_put(f, at + PCI_MSI_ADDRESS_LO, 0, 0xfffffffc, 4);
	if (wide)
		ours_put(f, at + PCI_MSI_ADDRESS_HI, 0, 0xffffffff, 4);
	ours_put(f, data, 0, 0xffff, 2);
	if (maskable) {
		/* A mask of as many bits as there are vectors; then the pending bits, which are not told. */
		ours_put(f, data + 4, 0, vectors == 32 ? 0xffffffff : (1u << vectors) - 1, 4);
		ours_put(f, data + 8, 0, 0, 4);
	}
	s->msi = (uint16_t)at;
	s->msi_vectors = (uint8_t)vectors;
}

/* PCI Local Bus 3.0, 6.8.2. Places in BARs that cannot be make it no MSI-X. */
static bool msix_make(struct config_space *s, struct pci_func *f, const struct config_input *in, uint32_t at, uint32_t size)
{
	uint32_t table = (uint32_t)cfg_get(f->cfg, at + PCI_MSIX_TABLE, 4);
	uint32_t pba = (uint32_t)cfg_get(f->cfg, at + PCI_MSIX_PBA, 4);
	uint32_t vectors = ((uint32_t)cfg_get(f->cfg, at + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	uint8_t table_bar = table & PCI_MSIX_TABLE_BIR, pba_bar = pba & PCI_MSIX_PBA_BIR;

	if (size < PCI_CAP_MSIX_SIZEOF || table_bar >= PCI_BARS || pba_bar >= PCI_BARS)
		return false;
	table &= PCI_MSIX_TABLE_OFFSET;
	pba &= PCI_MSIX_PBA_OFFSET;
	if ((uint64_t)table + vectors * MSIX_ENTRY_BYTES > in->bar_size[table_bar] ||
		(uint64_t)pba + (vectors + 63) / 64 * 8 > in->bar_size[pba_bar])
		return false;
	vectors = min(vectors, MSIX_VECTORS_MAX);
	ours_put(f, at + PCI_MSIX_FLAGS, vectors - 1, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
	s->msix = (uint16_t)at;
	s->msix_vectors = (uint16_t)vectors;
	s->table_bar = table_bar;
	s->pba_bar = pba_bar;
	s->table_at = table;
	s->pba_at = pba;
	return true;
}

/* PCIe 5.0, 7.5.3: the device's registers are read; those of link, slot and root are not there. */
static void pcie_make(struct config_space *s, struct pci_func *f, uint32_t at, uint32_t size)
{
	uint16_t flags = (uint16_t)cfg_get(f->cfg, at + PCI_EXP_FLAGS, 2);

	if (size < 0x14)
		return;
	flags = (uint16_t)((flags & PCI_EXP_FLAGS_VERS) | PCI_EXP_TYPE_RC_END << 4);
	ours_put(f, at + PCI_EXP_FLAGS, flags, 0, 2);
	memset(&f->cfg[at + PCI_EXP_LNKCAP], 0, min(size, 0x24u) - PCI_EXP_LNKCAP);
	kind_set(s, at + PCI_EXP_DEVCAP, 4, CFG_READ);
	kind_set(s, at + PCI_EXP_DEVCTL, 4, CFG_PASS);
	if (size >= 0x3c) {
		kind_set(s, at + PCI_EXP_DEVCAP2, 4, CFG_READ);
		kind_set(s, at + PCI_EXP_DEVCTL2, 2, CFG_PASS);
		memset(&f->cfg[at + PCI_EXP_DEVSTA2], 0, 0x3c - PCI_EXP_DEVSTA2);
	}
	s->pcie = (uint16_t)at;
}

/* False: after all it cannot be shown. */
static bool emulate(struct config_space *s, struct pci_func *f, const struct config_input *in, uint32_t at, uint32_t size)
{
	switch (in->bytes[at]) {
	case PCI_CAP_ID_PM: pm_make(f, at, size); return size >= 8;
	case PCI_CAP_ID_MSI:
		if (!s->msi)
			msi_make(s, f, at, size);
		return s->msi == at;
	case PCI_CAP_ID_MSIX: return !s->msix && msix_make(s, f, in, at, size);
	default:
		if (!s->pcie)
			pcie_make(s, f, at, size);
		return s->pcie == at;
	}
}

/* PASS: all but the header, which is the chain's. */
static void passed(struct config_space *s, struct pci_func *f, uint32_t at, uint32_t header, uint32_t size,
	enum config_kind kind)
{
	if (size <= header)
		return;
	kind_set(s, at + header, size - header, kind);
	if (kind == CFG_PASS)
		memset(&f->mask[at + header], 0xff, size - header);
}

static void caps_make(struct config_space *s, struct pci_func *f, const struct config_input *in)
{
	uint32_t link = PCI_CAPABILITY_LIST;
	struct chain c;

	chain_read(in, &c);
	for (uint32_t i = 0; i < c.nr; i++) {
		uint32_t at = c.at[i];
		const struct cap_rule *rule = cap_rule(in->bytes[at]);
		uint32_t size = size_limit(&c, at, cap_bytes(in, rule, at), CAPS_END);
		bool shown = rule->fate != CAP_HIDDEN;

		if (shown)
			memcpy(&f->cfg[at], &in->bytes[at], size);
		if (rule->fate == CAP_EMULATED)
			shown = emulate(s, f, in, at, size);
		if (!shown) {
			memset(&f->cfg[at], 0, size);
			memset(&f->mask[at], 0, size);
			s->nr_hidden++;
			continue;
		}
		if (rule->fate != CAP_EMULATED)
			passed(s, f, at, 2, size, rule->fate == CAP_PASSED ? CFG_PASS : CFG_READ);
		f->cfg[at + PCI_CAP_LIST_NEXT] = 0;
		f->cfg[link] = (uint8_t)at;
		link = at + PCI_CAP_LIST_NEXT;
		f->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	}
	/* Device control and status are words that the guest writes as a whole. */
	if (s->pcie) {
		memset(&f->mask[s->pcie + PCI_EXP_DEVCTL], 0xff, 4);
		if (s->kind[s->pcie + PCI_EXP_DEVCTL2] == CFG_PASS)
			memset(&f->mask[s->pcie + PCI_EXP_DEVCTL2], 0xff, 2);
	}
}

static uint32_t ext_bytes(const struct config_input *in, const struct cap_rule *rule, uint32_t at)
{
	if (rule->size)
		return rule->size;
	/* Vendor specific ones: the length is in bits 20 to 31 behind the header (7.9.5, 7.9.6). */
	return at + 8 <= in->size ? max((uint32_t)cfg_get(in->bytes, at + 4, 4) >> 20, 8u) : 4u;
}

/* Version 1, number 0 stands for nothing (7.9.1): it holds the first place when what is there is hidden. */
static void extended_make(struct config_space *s, struct pci_func *f, const struct config_input *in)
{
	uint32_t before = 0;
	struct chain c;

	chain_read_extended(in, &c);
	for (uint32_t i = 0; i < c.nr; i++) {
		uint32_t at = c.at[i], header = (uint32_t)cfg_get(in->bytes, at, 4), size;
		const struct cap_rule *rule = cap_rule_extended(header & 0xffff);

		if (rule->fate == CAP_HIDDEN) {
			s->nr_hidden++;
			continue;
		}
		size = size_limit(&c, at, ext_bytes(in, rule, at), in->size);
		memcpy(&f->cfg[at], &in->bytes[at], size);
		cfg_put(f->cfg, at, header & 0xfffff, 4);
		passed(s, f, at, 4, size, rule->fate == CAP_PASSED ? CFG_PASS : CFG_READ);
		if (!before && at != CAPS_END)
			cfg_put(f->cfg, CAPS_END, 1u << 16 | at << 20, 4);
		else if (before)
			cfg_put(f->cfg, before, cfg_get(f->cfg, before, 4) | at << 20, 4);
		before = at;
	}
}

static int bar_make(struct pci_func *f, const struct config_input *in, unsigned n)
{
	uint32_t reg = (uint32_t)cfg_get(in->bytes, pci_bar_register(n), 4);
	struct pci_bar bar = { .size = in->bar_size[n], .dev = in->bar_dev[n] };

	if (n == PCI_ROM_BAR) {
		bar.space = PCI_MEM32;
	} else if (reg & PCI_BASE_ADDRESS_SPACE_IO) {
		bar.space = PCI_IO;
	} else {
		bool wide = (reg & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;

		bar.space = wide ? PCI_MEM64 : PCI_MEM32;
		bar.prefetchable = reg & PCI_BASE_ADDRESS_MEM_PREFETCH;
	}
	return pci_func_bar(f, n, &bar);
}

int config_space_make(struct config_space *s, struct pci_func *f, const struct config_input *in)
{
	const struct pci_ident id = {
		.vendor = (uint16_t)cfg_get(in->bytes, PCI_VENDOR_ID, 2),
		.device = (uint16_t)cfg_get(in->bytes, PCI_DEVICE_ID, 2),
		.subvendor = (uint16_t)cfg_get(in->bytes, PCI_SUBSYSTEM_VENDOR_ID, 2),
		.subdevice = (uint16_t)cfg_get(in->bytes, PCI_SUBSYSTEM_ID, 2),
		.class = (uint32_t)cfg_get(in->bytes, PCI_CLASS_REVISION, 4) >> 8,
		.revision = in->bytes[PCI_REVISION_ID],
		.pin = in->intx && in->bytes[PCI_INTERRUPT_PIN] <= 4 ? in->bytes[PCI_INTERRUPT_PIN] : 0,
	};

	*s = (struct config_space){ 0 };
	if ((in->bytes[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL || in->size < CAPS_END)
		return -EINVAL;
	pci_func_init(f, &id);
	for (unsigned n = 0; n < PCI_PLACES; n++) {
		int err = in->bar_size[n] ? bar_make(f, in, n) : 0;

		if (err)
			return err;
	}
	caps_make(s, f, in);
	if (s->pcie)
		extended_make(s, f, in);
	return 0;
}
