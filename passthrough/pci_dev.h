/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_dev.h - the host's PCI functions and what sysfs says of each.
 *
 *   pci_devs_read() -> pci_use() who needs it here -> pci_verdict() can it be handed over -> pci_devs_fini()
 *
 * Threads: a value. Ownership: pci_devs owns its array. Errors: -ENOMEM, -ENODEV (no PCI bus).
 */
#ifndef PASSTHROUGH_PCI_DEV_H
#define PASSTHROUGH_PCI_DEV_H

#include "passthrough/host_tree.h"
#include "passthrough/pci_addr.h"
#include "vmm/types.h"

#define PCI_SYS "sys/bus/pci/devices"

struct pci_dev {
	struct pci_addr addr;
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class; /* 24 bits */
	uint8_t revision;
	char driver[48];   /* "": none */
	char override[48]; /* driver_override; "": none */
	int32_t group;     /* IOMMU group; -1: no IOMMU */
	hnode_t node;      /* -1: not known */
	char cpus[128];    /* nearest, as a list */
	char reset[64];    /* methods in the order tried: "flr bus"; "": none */
	bool reset_known;  /* false: this kernel only says whether there is one */
	uint32_t vfs, vfs_max;
	bool is_vf;
	struct pci_addr pf; /* of a VF */
	char net[32];	    /* its network interface; "": none */
};

struct pci_devs {
	uint32_t nr;
	struct pci_dev *at; /* [nr], by address */
};

int pci_devs_read(const struct host_tree *t, struct pci_devs *devs) must_check;
void pci_devs_fini(struct pci_devs *devs);

/* NULL: no such function. */
const struct pci_dev *pci_devs_find(const struct pci_devs *devs, struct pci_addr addr);

/* Read one function again. -ENODEV: it is not there. */
int pci_dev_read(const struct host_tree *t, struct pci_addr addr, struct pci_dev *d) must_check;

/* A bridge of any kind: it is handed over by its devices. */
bool pci_dev_is_bridge(const struct pci_dev *d);

/* "network", "storage", "display", "accelerator", ... : what class= takes; the base class (PCI Code and ID
 * Assignment 1.11, 1). */
const char *pci_class_word(uint32_t class);

#endif
