/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_verdict.h - can a function be handed over, and if not, why and what to do about it.
 *
 * Pure; any thread.
 */
#ifndef PASSTHROUGH_PCI_VERDICT_H
#define PASSTHROUGH_PCI_VERDICT_H

#include "passthrough/pci_dev.h"
#include "passthrough/pci_use.h"

enum pci_can {
	PCI_CAN_READY,	   /* bound to vfio-pci, and so is all that shares its group */
	PCI_CAN_BIND,	   /* when it is bound */
	PCI_CAN_FORCED,	   /* the host needs it; --force takes it away all the same */
	PCI_CANNOT,
};

struct pci_verdict {
	enum pci_can can;
	char why[256];	  /* "" when ready */
	char remedy[256]; /* what to do; "" when there is nothing */
};

/* devs: all of the host's, for the group's other members. */
void pci_verdict(const struct pci_devs *devs, const struct pci_dev *d, const struct pci_use *use,
	struct pci_verdict *v);

/* "ready", "bind", "in use", "no" */
const char *pci_can_word(enum pci_can can);

/* Does this driver keep its hands off the device, as VFIO asks of a group's members? */
bool pci_driver_is_idle(const char *driver);

#endif
