/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_space.c - fuzz: a function whose configuration space is anything at all.
 *
 * Input: 6 bytes, the sizes of BARs as powers of two; one byte, long or short; then the space. Rules: a guest that
 * walks the chains comes to an end within the space, and can change nothing that is not its own.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "passthrough/config_space.h"
#include "tests/fuzz/fuzz.h"
#include "vmm/msix.h"
#include "vmm/pci_cfg.h"

static void rule(bool holds)
{
	if (!holds)
		abort();
}

static void chains_end(const struct pci_func *f, const struct config_space *s)
{
	unsigned turns = 0;

	for (unsigned at = f->cfg[PCI_CAPABILITY_LIST]; at; at = f->cfg[at + 1])
		rule(at >= 0x40 && at % 4 == 0 && turns++ < 48 && s->kind[at] == CFG_OURS && !f->mask[at] && !f->mask[at + 1]);
	turns = 0;
	for (uint32_t at = 0x100; at; at = (uint32_t)cfg_get(f->cfg, at, 4) >> 20)
		rule(at >= 0x100 && at % 4 == 0 && turns++ < 960 && cfg_get(f->mask, at, 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[PCI_CFG_BYTES];
	static struct pci_func f;
	static struct config_space s;
	struct config_input in = { .bytes = bytes, .intx = true };

	if (size < 7)
		return 0;
	for (unsigned n = 0; n < PCI_BARS; n++)
		in.bar_size[n] = data[n] ? 1ull << (data[n] & 63) : 0;
	in.size = data[6] & 1 ? PCI_CFG_BYTES : 256;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data + 7, size - 7 < sizeof(bytes) ? size - 7 : sizeof(bytes));
	if (config_space_make(&s, &f, &in) != 0)
		return 0;
	chains_end(&f, &s);
	for (unsigned at = 0; at < 0x40; at++)
		rule(s.kind[at] == CFG_OURS);
	rule(cfg_get(f.mask, PCI_VENDOR_ID, 4) == 0 && f.mask[PCI_CAPABILITY_LIST] == 0);
	if (s.msix)
		rule(s.msix_vectors && s.msix_vectors <= MSIX_VECTORS_MAX &&
			s.table_at + s.msix_vectors * (uint64_t)MSIX_ENTRY_BYTES <= in.bar_size[s.table_bar]);
	return 0;
}
