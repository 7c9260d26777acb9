/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci.h - a PCI Express root bus: configuration space, BARs, and the windows they decode in.
 *
 * Configuration space is reached through ECAM (PCI Firmware 3.3, 4.1) and through the ports
 * 0xCF8/0xCFC (PCI Local Bus 3.0, 3.2.2.3.2). The guest may move BARs at any time; the windows are
 * three fixed ranges of the machine's buses, so the buses themselves stay sealed, and the decoding
 * inside them is done here.
 *
 * Each byte of configuration space has a write mask: a bit the guest may not write keeps its value.
 * A function that needs more (MSI-X, reset) gets told after each write, and before each read. It is
 * told with the bus locked, so it must not call the bus while it holds a lock that it takes then.
 *
 * Threads: pci_add() before vCPUs run; the rest from any, locked within. Errors: -ENOSPC, -EEXIST,
 * -EINVAL. Borrows: functions, which outlive the bus.
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include <pthread.h>

#include "vmm/bus.h"
#include "vmm/device.h"
#include "vmm/layout.h"

#define PCI_CFG_BYTES 4096u
#define PCI_BARS      6
#define PCI_ROM_BAR   6 /* the expansion ROM's place, behind the BARs (PCI Local Bus 3.0, 6.2.5.2) */
#define PCI_PLACES    7
#define PCI_SLOTS     32
#define PCI_FUNCS     8

enum pci_space { PCI_NONE, PCI_IO, PCI_MEM32, PCI_MEM64 };

struct pci_bar {
	enum pci_space space;
	bool prefetchable;
	uint64_t size;      /* a power of two; at least 16 (memory) or 4 (ports) */
	struct device *dev; /* gets accesses with offset from the BAR's start */
	uint64_t base;      /* what the guest wrote last */
};

struct pci_func {
	uint8_t cfg[PCI_CFG_BYTES];
	uint8_t mask[PCI_CFG_BYTES]; /* 1: the guest may change the bit */
	struct pci_bar bar[PCI_PLACES]; /* a MEM64 bar takes two slots; the second is PCI_NONE. Last: the ROM */
	uint32_t caps_end;            /* where the next capability goes */
	/* Before the guest's read of [offset, offset + size), to bring cfg up to date; may be NULL. */
	void (*reading)(struct pci_func *f, uint32_t offset, uint32_t size);
	/* After the guest's write of [offset, offset + size) has taken effect; may be NULL. */
	void (*written)(struct pci_func *f, uint32_t offset, uint32_t size);
	/* BARs decode at other places, or not at all, from now on; may be NULL. */
	void (*moved)(struct pci_func *f);
};

/* A window that BARs are handed out of, bottom up. */
struct pci_window {
	struct range range;
	uint64_t used;
};

struct pci_bus {
	struct device ecam, cf8, io, mem32, mem64;
	pthread_mutex_t lock;
	uint32_t address; /* the CF8 latch */
	struct pci_func *func[PCI_SLOTS * PCI_FUNCS]; /* by devfn, bus 0 */
	struct pci_window win_io, win32, win64;
	struct pci_func host; /* 00:00.0 */
};

/* Identity of a function's standard header (PCI Local Bus 3.0, 6.1). */
struct pci_ident {
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class; /* 24 bits: base, sub, interface */
	uint8_t revision;
	uint8_t pin; /* 0: no INTx, 1: INTA */
};

/* Windows per vmm/layout.h; mem64 may be empty. */
void pci_init(struct pci_bus *p, struct range mem64);
void pci_fini(struct pci_bus *p);

/* Put the bus on the machine's two buses. */
int pci_map(struct pci_bus *p, struct bus *pio, struct bus *mmio) must_check;

/* A type 0 header with the usual write masks. */
void pci_func_init(struct pci_func *f, const struct pci_ident *id);

/* Describe a BAR, or as the one of number PCI_ROM_BAR (PCI_MEM32) an expansion ROM; before pci_add(). */
int pci_func_bar(struct pci_func *f, unsigned n, const struct pci_bar *bar) must_check;

/* Append a capability of size bytes (its first two are filled in); returns its offset, or -ENOSPC. */
int pci_func_cap(struct pci_func *f, uint8_t id, const void *body, uint8_t size) must_check;

/* Put the function at slot.func of bus 0 and its BARs into the windows. */
int pci_add(struct pci_bus *p, unsigned slot, unsigned fn, struct pci_func *f) must_check;

/* Lowest slot with no function, or -ENOSPC. */
int pci_free_slot(const struct pci_bus *p);

/* Where a BAR, or the ROM, has its address in configuration space. */
uint32_t pci_bar_register(unsigned n);

/* Does the function decode memory (or I/O) at its BARs now? The ROM has a bit of its own in addition. */
bool pci_func_decodes(const struct pci_func *f, enum pci_space space);

#endif
