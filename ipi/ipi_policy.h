/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi_policy.h - how vCPUs are to interrupt each other, and how devices' interrupts get to them, on such a host.
 *
 * Pure; any thread.
 */
#ifndef IPI_IPI_POLICY_H
#define IPI_IPI_POLICY_H

#include "ipi/ipi_host.h"

enum ipi_device {
	IPI_DEVICE_POSTED,  /* by the IOMMU, to a running vCPU, without an exit */
	IPI_DEVICE_APICV,   /* the host takes the interrupt; the vCPU gets it without an exit if it runs elsewhere */
	IPI_DEVICE_EXIT,    /* the vCPU is made to exit */
};

struct ipi_policy {
	bool pv_ipi;	/* offer the hypercall that sends to many at once: one exit rather than one each */
	bool physical;	/* ask the guest for physical destinations: others are not virtualized */
	bool id_limit;	/* tell KVM the largest APIC id before there are vCPUs: it sizes the hardware's table by it */
	enum ipi_device device; /* the best that a device's interrupt can have */
	const char *why;	/* of the first three, for the report */
};

struct ipi_policy ipi_policy(const struct ipi_host *h);

const char *ipi_device_text(enum ipi_device device);

#endif
