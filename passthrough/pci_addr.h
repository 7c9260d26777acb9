/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_addr.h - a PCI function's address on the host, as in sysfs: 0000:3b:00.1.
 *
 * Pure; any thread.
 */
#ifndef PASSTHROUGH_PCI_ADDR_H
#define PASSTHROUGH_PCI_ADDR_H

#include "vmm/util.h"

#define PCI_ADDR_TEXT 16

struct pci_addr {
	uint32_t domain; /* 16 bits; more behind some host bridges (VMD) */
	uint8_t bus, dev, fn;
};

/* "0000:3b:00.1", or without the domain, which is then 0. False: no such address. */
bool pci_addr_parse(const char *text, struct pci_addr *addr) must_check;

/* With its domain. Returns text. */
const char *pci_addr_format(struct pci_addr addr, char text[static PCI_ADDR_TEXT]);

bool pci_addr_equal(struct pci_addr a, struct pci_addr b);

#endif
