/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio_pci_common.h - the common configuration's registers (virtio 1.2, 4.1.4.3). The device is locked. */
#ifndef VMM_VIRTIO_VIRTIO_PCI_COMMON_H
#define VMM_VIRTIO_VIRTIO_PCI_COMMON_H

#include "vmm/virtio/virtio_pci.h"

#define VIRTIO_PCI_COMMON_BYTES 0x38u

/* a->offset counts from the registers' start. */
enum io_result virtio_pci_common_access(struct virtio_pci *p, struct access *a);

#endif
