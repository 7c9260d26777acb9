/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi_policy.c - one decision.
 *
 * Guests have x2APIC in every case: its registers are MSRs, which exit, where they do, by a shorter way than memory.
 * A guest that is offered the hypercall uses it for all, also where the hardware would send without an exit.
 */
#include "ipi/ipi_policy.h"

static enum ipi_device device(const struct ipi_host *h)
{
	if (!h->apicv && !h->avic)
		return IPI_DEVICE_EXIT;
	return h->remapping && h->device_posting ? IPI_DEVICE_POSTED : IPI_DEVICE_APICV;
}

struct ipi_policy ipi_policy(const struct ipi_host *h)
{
	if (h->ipiv)
		return (struct ipi_policy){ false, true, true, device(h),
			"the processor sends to physical destinations itself (IPI virtualization)" };
	if (h->x2avic)
		return (struct ipi_policy){ false, false, false, device(h),
			"the processor sends by itself (x2AVIC)" };
	return (struct ipi_policy){ true, false, false, device(h),
		"sending exits, and by the hypercall only once for many" };
}

const char *ipi_device_text(enum ipi_device device_way)
{
	static const char *const text[] = { "posted by the IOMMU", "injected, without an exit where the vCPU runs",
		"injected with an exit" };

	return text[device_way];
}
