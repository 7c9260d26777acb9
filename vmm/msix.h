/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * msix.h - MSI-X of a device whose interrupts are eventfds (PCI Local Bus 3.0, 6.8.2).
 *
 * A source is an eventfd that the device, or a back end in the kernel or in another process, writes
 * to. It is assigned to a vector; several may share one. While the vector can deliver, KVM turns
 * writes into interrupts by itself. While it is masked nobody reads the eventfd, so what it has
 * counted *is* the pending bit, and KVM delivers it when the vector is unmasked.
 *
 * Threads: locked by the device that embeds it. Owns: gsis. Borrows: eventfds (non-blocking), routes.
 * Errors: negative errno; what KVM refuses later is reported once, and the vector stays silent.
 */
#ifndef VMM_MSIX_H
#define VMM_MSIX_H

#include "vmm/device.h"
#include "vmm/pci.h"
#include "vmm/routes.h"

#define MSIX_VECTORS_MAX 256u
#define MSIX_NO_VECTOR	 0xffffu
#define MSIX_ENTRY_BYTES 16u

struct msix_source {
	int fd;
	uint16_t vector; /* or MSIX_NO_VECTOR */
	bool wired;
};

struct msix_entry {
	struct msi_message message;
	uint32_t control; /* bit 0: masked */
};

struct msix {
	struct routes *routes;
	uint16_t nr_vectors;
	uint32_t nr_sources;
	uint32_t gsi;	      /* of vector 0; the others follow */
	bool enabled, masked; /* message control */
	bool complained;
	int cap; /* offset in configuration space */
	struct msix_entry *entry;
	struct msix_source *source;
};

/* All masked, nothing assigned. nr_vectors from 1 to MSIX_VECTORS_MAX. */
int msix_init(struct msix *m, struct routes *routes, uint16_t nr_vectors, const int *fds,
	uint32_t nr_sources) must_check;
void msix_fini(struct msix *m);

/* Bytes of the table and of the pending bits. */
uint32_t msix_table_bytes(const struct msix *m);
uint32_t msix_pba_bytes(const struct msix *m);

/* Put the capability into configuration space: table and pending bits lie at these places of a BAR. */
int msix_cap_add(
	struct msix *m, struct pci_func *f, unsigned bar, uint32_t table, uint32_t pba) must_check;

/* After the guest's write to configuration space: what does message control say now? */
void msix_written(struct msix *m, const struct pci_func *f, uint32_t offset, uint32_t size);

/*
 * The same for plain MSI (6.8.1), whose one message is in configuration space: vector v signals its data with v in
 * the lowest bits. nr of the vectors are used; mask: a bit for each.
 */
void msix_messages(struct msix *m, bool enabled, struct msi_message first, uint16_t nr, uint32_t mask);

/* Accesses; a->offset counts from the table's or the pending bits' start and lies within. */
enum io_result msix_table_access(struct msix *m, struct access *a);
enum io_result msix_pba_access(struct msix *m, struct access *a);

/* Source i signals this vector from now on; none: MSIX_NO_VECTOR. */
void msix_assign(struct msix *m, uint32_t i, uint16_t vector);

/* Take every source off its vector and forget what it has counted. */
void msix_sources_reset(struct msix *m);

#endif
