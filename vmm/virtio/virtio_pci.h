/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_pci.h - a virtio device as a PCI function (virtio 1.2, 4.1; no legacy interface, no INTx).
 *
 *   BAR 0 (64-bit)    0x0000 common configuration   0x1000 ISR   0x2000 device configuration
 *                     0x3000 doorbells, 4 bytes for each queue
 *   BAR 2 (32-bit)    0x0000 MSI-X table            0x1000 pending bits
 *
 * There is a vector for each queue and one for the configuration. Doorbells are KVM's while the device
 * is active, and interrupts are KVM's while they are not masked: no thread of ours is on the way.
 *
 *   virtio_init -> virtio_pci_add -> vCPUs run -> vCPUs are gone -> virtio_pci_remove -> virtio_fini
 *
 * Threads: any vCPU; the device's lock. Borrows: the device, the bus, the routes.
 * Errors: negative errno, reported.
 */
#ifndef VMM_VIRTIO_VIRTIO_PCI_H
#define VMM_VIRTIO_VIRTIO_PCI_H

#include "vmm/msix.h"
#include "vmm/pci.h"
#include "vmm/virtio/virtio.h"

struct virtio_pci {
	struct virtio *v;
	const struct pci_bus *bus;
	struct pci_func func;
	struct device regs, vectors; /* behind BAR 0 and BAR 2 */
	struct msix msix;
	int cfg_cap; /* offset of the window into BARs in configuration space (4.1.4.9) */

	/* What the driver has selected. */
	uint32_t feature_select, accept_select;
	uint16_t queue_select;

	bool master; /* the guest lets the device access memory */

	/* Where BAR 0 is, and where KVM has doorbells. */
	bool decodes, bells, bells_refused;
	gpa_t base, bells_base;
};

/* Put the device into the bus's lowest free slot. */
int virtio_pci_add(struct virtio_pci *p, struct virtio *v, struct pci_bus *bus,
	struct routes *routes) must_check;

/* Undo the wiring. vCPUs are gone; the device's eventfds are still there. */
void virtio_pci_remove(struct virtio_pci *p);

#endif
