/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi_host.h - what this host's processors and KVM do about interrupts by themselves: the evidence.
 *
 * Threads: a value. Errors: none; what cannot be read is not there.
 */
#ifndef IPI_IPI_HOST_H
#define IPI_IPI_HOST_H

#include "vmm/util.h"

struct ipi_host {
	bool apicv;  /* kvm_intel.enable_apicv: interrupts reach a running vCPU without an exit */
	bool ipiv;   /* kvm_intel.enable_ipiv (from Sapphire Rapids on, kernel 6.0): vCPUs send them without one */
	bool avic;   /* kvm_amd.avic: both, in the old mode of the local APIC */
	bool x2avic; /* in x2APIC mode, too */
	bool remapping; /* the IOMMU remaps interrupts, which posting a device's needs */
	bool device_posting; /* VT-d's capability register says that it posts; AMD's IOMMU likewise (GA) */
};

/* root: "" for this machine, or a recorded tree with /proc and /sys. */
void ipi_host_read(struct ipi_host *h, const char *root);

#endif
