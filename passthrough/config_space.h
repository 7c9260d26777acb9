/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_space.h - what a guest sees of a passed function's configuration space, and what becomes of its writes.
 *
 *   the function's own bytes + sizes of its BARs -> config_space_make() -> struct pci_func, and a map of kinds:
 *
 *   CFG_OURS   thole's value; the guest changes the bits of pci_func.mask, and the function never hears of it
 *   CFG_READ   read from the function each time; writes go nowhere
 *   CFG_PASS   read from and written to the function, by way of VFIO, which has checks of its own
 *
 * Capabilities keep their places; one that is hidden reads as zeroes and is linked around. Which is which, and why,
 * are the tables in config_caps.c. The function sits on the guest's root bus, so it is shown as an endpoint that is
 * integrated in the root complex, which has no link (PCIe 5.0, 7.5.3.2).
 *
 * Pure; any thread. Errors: -EINVAL (no type 0 header, or BARs that cannot be), not reported.
 */
#ifndef PASSTHROUGH_CONFIG_SPACE_H
#define PASSTHROUGH_CONFIG_SPACE_H

#include "vmm/pci.h"

enum config_kind { CFG_OURS, CFG_READ, CFG_PASS };

struct config_input {
	const uint8_t *bytes; /* [size] */
	uint32_t size;	      /* 256 or 4096 */
	uint64_t bar_size[PCI_PLACES]; /* 0: no BAR or ROM, or the upper half of one */
	struct device *bar_dev[PCI_PLACES];
	bool intx; /* its interrupt line works on this host */
};

struct config_space {
	uint8_t kind[PCI_CFG_BYTES];
	uint16_t pcie, msi, msix; /* where they are; 0: not there */
	uint16_t msix_vectors;	  /* that the guest is told of */
	uint8_t msi_vectors;
	/* Where the function has them, in its BARs. */
	uint8_t table_bar, pba_bar;
	uint32_t table_at, pba_at;
	uint32_t nr_hidden; /* capabilities */
};

/* f's hooks are not set. */
int config_space_make(struct config_space *s, struct pci_func *f, const struct config_input *in) must_check;

#endif
