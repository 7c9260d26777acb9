/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_names.h - what vendors, devices and classes are called, from libpci's list. Apart from the rest since
 * libpci has a struct pci_dev of its own.
 *
 * Threads: one at a time. Owns: the list. Errors: none; what has no name is "".
 */
#ifndef PASSTHROUGH_PCI_NAMES_H
#define PASSTHROUGH_PCI_NAMES_H

#include "vmm/util.h"

struct pci_names;

struct pci_names *pci_names_open(void); /* NULL: no memory, and nothing has a name */
void pci_names_close(struct pci_names *n);

/* Both return buf. */
const char *pci_names_device(struct pci_names *n, uint16_t vendor, uint16_t device, char *buf, size_t size);
const char *pci_names_class(struct pci_names *n, uint32_t class, char *buf, size_t size);

#endif
