/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_names.c - libpci's pci_lookup_name(); its handle is our struct pci_names. */
#include "passthrough/pci_names.h"

#include <pci/pci.h>

/* pci_init(), which would put libpci's own there, ends the process where it finds no bus. */
static void say_nothing(char *format, ...)
{
	(void)format;
}

struct pci_names *pci_names_open(void)
{
	struct pci_access *access = pci_alloc();

	access->warning = say_nothing;
	access->debug = say_nothing;
	return (struct pci_names *)(void *)access;
}

void pci_names_close(struct pci_names *n)
{
	pci_cleanup((struct pci_access *)(void *)n);
}

const char *pci_names_device(struct pci_names *n, uint16_t vendor, uint16_t device, char *buf, size_t size)
{
	if (!pci_lookup_name((struct pci_access *)(void *)n, buf, (int)size,
		    PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS, vendor, device))
		buf[0] = '\0';
	return buf;
}

const char *pci_names_class(struct pci_names *n, uint32_t class, char *buf, size_t size)
{
	if (!pci_lookup_name((struct pci_access *)(void *)n, buf, (int)size, PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS,
		    class >> 8))
		buf[0] = '\0';
	return buf;
}
