/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_bind.h - take a function from its driver for VFIO, make virtual functions, and give everything back.
 *
 * What a device was like is written to a ledger (vmm/ledger.h, subject PCI_LEDGER) before anything is changed:
 *
 *   "bind ADDR driver=NAME override=NAME"   NAME may be empty
 *   "vfs ADDR count=N autoprobe=N"
 *   "vflink ADDR vf=N mac=MAC vlan=N qos=N trust=N"   ADDR: the physical function's; what is not there is left
 *
 * Threads: one at a time. Errors: negative errno, reported with what to do.
 */
#ifndef PASSTHROUGH_PCI_BIND_H
#define PASSTHROUGH_PCI_BIND_H

#include "passthrough/pci_dev.h"
#include "passthrough/vf_link.h"
#include "vmm/ledger.h"

#define PCI_LEDGER "pci"

/*
 * Bind to vfio-pci, by driver_override. Nothing happens if it is bound already. With force also where this host
 * needs it (pci_use.h). -EBUSY, -ENODEV, -EPERM, ...
 */
int pci_bind(const struct host_tree *t, struct ledger *l, struct pci_addr addr, bool force) must_check;

/* Have nr virtual functions, which no driver takes by itself. */
int pci_vfs_set(const struct host_tree *t, struct ledger *l, struct pci_addr addr, uint32_t nr) must_check;

/* The n-th virtual function of a physical one that has some. -ENODEV, not reported: it has fewer. */
int pci_vf_find(const struct host_tree *t, struct pci_addr pf, uint32_t n, struct pci_addr *vf) must_check;

/* Have the physical function's interface lay that down for a virtual function. */
int pci_vf_link(const struct host_tree *t, struct ledger *l, struct pci_addr vf, const struct vf_link *want) must_check;

/* Undo an entry; a ledger_undo_fn whose ctx is the struct host_tree. A device that is gone is no error. */
int pci_undo(void *ctx, const char *entry) must_check;

/* Is the entry about that function's binding? */
bool pci_entry_binds(const char *entry, struct pci_addr addr);

#endif
