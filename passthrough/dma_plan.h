/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dma_plan.h - may guest memory be mapped for DMA at its own addresses, in which pieces, and is the process allowed to
 * lock as much?
 *
 * Devices use guest-physical addresses, so what the IOMMU reserves (its MSI window, the platform's own ranges)
 * must not lie where the guest has RAM.
 *
 * Pure; any thread. Errors: negative errno with the reason in why[size].
 */
#ifndef PASSTHROUGH_DMA_PLAN_H
#define PASSTHROUGH_DMA_PLAN_H

#include "vmm/layout.h"

#define DMA_CHUNK GiB(1)

/* -ERANGE: some RAM lies outside of the IOMMU's ranges. nr 0: the kernel doesn't tell; then all is allowed. */
int dma_ranges_check(const struct ram_layout *ram, const struct range *valid, uint32_t nr, char *why, size_t size)
	must_check;

/* Bytes of the piece of r that begins at `at`: up to the next multiple of DMA_CHUNK, so that no huge page is cut. */
uint64_t dma_chunk(struct range r, gpa_t at);

struct memlock {
	uint64_t locked;   /* by this process already */
	uint64_t limit;	   /* RLIMIT_MEMLOCK; UINT64_MAX: none */
	bool privileged;   /* CAP_IPC_LOCK: no limit holds */
};

/* What this process may lock. */
void memlock_read(struct memlock *m);

/* -ENOMEM: the limit is too low for bytes more. */
int memlock_check(const struct memlock *m, uint64_t bytes, char *why, size_t size) must_check;

#endif
