/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wires.h - eventfds that KVM itself reads and writes: interrupts and doorbells without a thread of ours.
 *
 *   device --eventfd--> KVM_IRQFD ------> gsi --KVM_SET_GSI_ROUTING--> MSI to a vCPU
 *   guest's store -----> KVM_IOEVENTFD --> eventfd --> device
 *
 * api.rst, 4.52 (KVM_SET_GSI_ROUTING), 4.59 (KVM_IOEVENTFD), 4.75 (KVM_IRQFD).
 *
 * Threads: any. Errors: 0 or -errno, not reported. Tests put their own operations there.
 */
#ifndef VMM_WIRES_H
#define VMM_WIRES_H

#include <linux/kvm.h>

#include "vmm/types.h"
#include "vmm/util.h"

struct wires_ops {
	int (*route)(void *ctx, const struct kvm_irq_routing *table);
	int (*irqfd)(void *ctx, const struct kvm_irqfd *irqfd);
	int (*ioeventfd)(void *ctx, const struct kvm_ioeventfd *doorbell);
};

struct wires {
	const struct wires_ops *ops;
	void *ctx;
};

/* vm_fd: KVM's VM. It lives as long as the wires are used. */
struct wires wires_kvm(const int *vm_fd);

/* From now on (or no longer) a write to fd raises gsi. What fd has counted when it starts raises it, too. */
int wires_irqfd(const struct wires *w, int fd, uint32_t gsi, bool on) must_check;

/* The same for a line that stays up until the guest has dealt with it: then KVM takes it down and writes to resample. */
int wires_level(const struct wires *w, int fd, int resample, uint32_t gsi, bool on) must_check;

/* From now on (or no longer) a guest's write of any size at addr counts in fd, and is done with that. */
int wires_doorbell(const struct wires *w, int fd, gpa_t addr, bool on) must_check;

#endif
