/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed.h - a device of the host on the guest's PCI bus.
 *
 *   passed_open -> passed_add -> [vCPUs run] -> passed_close (vCPUs gone)
 *
 *   guest's access to configuration space -> config_space.h's kinds -> thole's value, or VFIO
 *   guest's access to a BAR -> the page itself (a KVM slot); MSI-X table, pending bits and what cannot be mapped
 *                              come here
 *   the device's interrupt -> eventfd, shared by VFIO and KVM -> the guest's vCPU
 *
 * The device's own memory decoding stays on: the guest turning it off, or moving a BAR, moves slots. It is reset
 * before the guest has it and after.
 *
 * Threads: open, add and close on one thread; the rest from vCPUs, locked within. Owns: the opened device, mappings,
 * eventfds. Borrows: the environment. Errors: negative errno, reported.
 */
#ifndef PASSTHROUGH_PASSED_H
#define PASSTHROUGH_PASSED_H

#include "passthrough/bar_areas.h"
#include "passthrough/config_space.h"
#include "passthrough/vfio_device.h"
#include "vmm/msix.h"

/* What a passed device needs of its machine. */
struct passed_env {
	const struct vfio *vfio;
	struct pci_bus *bus;
	struct routes *routes;
	uint32_t first_gsi; /* of PCI's lines: acpi_pci_gsi() */
	/* A slot of guest-physical space is this memory from now on; size 0: no longer. */
	int (*slot_set)(void *ctx, uint32_t slot, struct range gpa, void *hva);
	/* The other devices reach that memory there from now on; hva NULL: no longer. NULL: there are no others. */
	int (*peers_set)(void *ctx, struct range gpa, void *hva);
	void *ctx;
	/* Vectors may signal others than before; NULL: nobody asks. Called with the device locked. */
	void (*routed)(void *ctx);
	/* The device's interrupts are about to be turned off, and with them the kernel's counts of them; NULL: nobody asks.
	 * Called with the device locked, or when no vCPU is left. */
	void (*leaving)(void *ctx, const char *name);
	uint32_t next_slot; /* counted up */
	bool force;	    /* pass on what cannot be reset */
};

struct passed_area {
	struct range part; /* of the BAR */
	uint32_t slot;
	bool there, for_peers;
	gpa_t at;
};

struct passed;

struct passed_bar {
	struct device dev;
	struct passed *passed;
	unsigned n;
	void *reserved; /* address space, some of it unused for alignment */
	size_t reserved_size;
	uint8_t *hva; /* of the BAR's start; NULL: nothing is mapped */
	uint32_t nr_areas;
	struct passed_area area[BAR_AREAS_MAX];
};

struct passed_rom {
	struct device dev;
	uint8_t *bytes; /* of the whole BAR; NULL: nobody has looked at it yet */
};

enum passed_irq { PASSED_NONE, PASSED_INTX, PASSED_MSI, PASSED_MSIX };

struct passed {
	struct passed_env *env;
	struct vfio_device device;
	struct pci_func func;
	struct config_space space;
	struct passed_bar bar[PCI_BARS];
	struct passed_rom rom;
	unsigned slot; /* on the guest's bus */

	pthread_mutex_t lock; /* for what follows; taken with the bus locked, too */
	enum passed_irq irq;  /* what VFIO has now */
	bool complained;
	struct msix msix, msi; /* nr_vectors 0: the device has none */
	int *msix_fd, *msi_fd; /* [nr_vectors] */
	uint32_t msi_nr;       /* that the guest has enabled */
	bool *signals;	       /* [msix.nr_vectors] VFIO has the eventfd */
	int line_fd, resample_fd; /* -1: no INTx */
	uint32_t line_gsi;
	int error_fd, request_fd; /* readable: a fatal error of the device; the host wants it back. -1: not told */
	bool wanted; /* the host takes it out: set by who reads request_fd */
};

/* group: its IOMMU group's descriptor. name: its address on the host. */
int passed_open(struct passed *p, struct passed_env *env, int group, const char *name) must_check;

/* At the next free slot of the bus. */
int passed_add(struct passed *p) must_check;

void passed_close(struct passed *p);

/* Whose vCPU a vector, by MSI or MSI-X, interrupts: false where it does not deliver now, or not to one APIC id. */
bool passed_target(struct passed *p, enum passed_irq irq, uint32_t vector, uint32_t *apicid);

/* Within the folder: interrupts (passed_irq.c), BARs (passed_bar.c) and the expansion ROM (passed_rom.c). */
int passed_irq_open(struct passed *p) must_check;
void passed_irq_close(struct passed *p);
/* After a write to configuration space; after a write to the MSI-X table. Locked by the caller. */
void passed_irq_config(struct passed *p, uint32_t offset, uint32_t size);
void passed_irq_table(struct passed *p);
/* The slot, and so the line, is known. */
int passed_line_start(struct passed *p) must_check;

int passed_bars_open(struct passed *p) must_check;
void passed_bars_close(struct passed *p);
void passed_bars_move(struct passed *p);
extern const struct dev_ops passed_bar_ops;

/* The size of the BAR for it; 0: the guest has no ROM. Its device is set up. */
uint64_t passed_rom_open(struct passed *p);
void passed_rom_close(struct passed *p);

#endif
