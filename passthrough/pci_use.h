/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_use.h - does this host need a device right now? Its disks' file systems, swap and volumes; its network
 * interface's default route, master and being up.
 *
 * Threads: a value. Errors: none; what cannot be read is no use.
 */
#ifndef PASSTHROUGH_PCI_USE_H
#define PASSTHROUGH_PCI_USE_H

#include "passthrough/pci_dev.h"

struct pci_use {
	bool busy;
	char why[160]; /* "its disk nvme0n1 is mounted at /", without a full stop */
};

void pci_use(const struct host_tree *t, const struct pci_dev *d, struct pci_use *use);

#endif
