/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_names.c - libpci's pci_lookup_name(), loaded when it is first called (late.h). It takes as many arguments as
 * the name wants, hence by its address.
 */
#include "passthrough/pci_names.h"

#include <pci/pci.h>
#include <stdlib.h>

#include "vmm/late.h"

#define PCI "libpci.so.3"

struct pci_names {
	struct pci_access *access; /* NULL: there is no libpci, and nothing has a name */
	char *(*lookup)(struct pci_access *a, char *buf, int size, int flags, ...);
};

LATE_FIRST(PCI, struct pci_access *, pci_alloc, (void), ())
LATE(PCI, void, pci_cleanup, (struct pci_access * a), (a))

/* pci_init(), which would put libpci's own there, ends the process where it finds no bus. */
static void say_nothing(char *format, ...)
{
	(void)format;
}

struct pci_names *pci_names_open(void)
{
	struct pci_names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->access = pci_alloc();
	if (!n->access)
		return n;
	n->access->warning = say_nothing;
	n->access->debug = say_nothing;
	n->lookup = (__typeof__(n->lookup))late_function(PCI, "pci_lookup_name");
	return n;
}

void pci_names_close(struct pci_names *n)
{
	if (n && n->access)
		pci_cleanup(n->access);
	free(n);
}

const char *pci_names_device(struct pci_names *n, uint16_t vendor, uint16_t device, char *buf, size_t size)
{
	if (!n || !n->lookup || !n->lookup(n->access, buf, (int)size,
		    PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS, vendor, device))
		buf[0] = '\0';
	return buf;
}

const char *pci_names_class(struct pci_names *n, uint32_t class, char *buf, size_t size)
{
	if (!n || !n->lookup || !n->lookup(n->access, buf, (int)size, PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS,
		    class >> 8))
		buf[0] = '\0';
	return buf;
}
