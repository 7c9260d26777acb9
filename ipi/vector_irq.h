/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vector_irq.h - the host's interrupts behind the vectors of passed devices: how many came, and on which CPU they do.
 *
 * VFIO calls them vfio-msix[3](0000:01:00.0) in /proc/interrupts. They are gone when the device is closed, and their
 * affinity with them, so there is nothing to put back. An interrupt that the IOMMU posts is not counted there: no
 * CPU of the host takes it.
 *
 * Threads: a value. Errors: negative errno, not reported.
 */
#ifndef IPI_VECTOR_IRQ_H
#define IPI_VECTOR_IRQ_H

#include "ipi/ipi_policy.h"
#include "vmm/types.h"

struct vector_irq {
	char device[16];
	char kind[8]; /* "msix", "msi", "intx" */
	uint32_t vector;
	uint32_t irq;
	uint64_t count; /* that host CPUs took */
};

struct vector_irqs {
	uint32_t nr;
	struct vector_irq *at; /* [nr] */
};

/* root: as for ipi_host_read(). -ENOMEM, -ENOENT. */
int vector_irqs_read(struct vector_irqs *v, const char *root) must_check;
void vector_irqs_fini(struct vector_irqs *v);

/* -1: not known. */
hcpu_t vector_irq_cpu(const char *root, uint32_t irq);
int vector_irq_move(const char *root, uint32_t irq, hcpu_t cpu) must_check;

/*
 * How a vector's interrupts got to their vCPU, from what was seen in the same time: those that host CPUs took, and the
 * vCPU's exits for interrupts of the host.
 */
enum vector_way { VECTOR_NONE_SEEN, VECTOR_POSTED, VECTOR_INJECTED, VECTOR_EXIT };

enum vector_way vector_way(enum ipi_device best, double taken, double irq_exits);
const char *vector_way_text(enum vector_way way);

#endif
