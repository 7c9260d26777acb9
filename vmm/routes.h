/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * routes.h - where each gsi goes: the pins of the interrupt controllers, and messages (MSI).
 *
 * KVM takes the whole table at once, and waits for all vCPUs to have seen it, so changes are
 * gathered: routes_set() as often as needed, then one routes_commit().
 *
 * Threads: any; locked within. Owns: nothing outside itself. Errors: -ENOSPC, and KVM's own; not
 * reported.
 */
#ifndef VMM_ROUTES_H
#define VMM_ROUTES_H

#include <pthread.h>

#include "vmm/wires.h"

#define ROUTES_MSI_FIRST 24u /* behind the I/O APIC's pins */
#define ROUTES_MSI_MAX	 1024u

/* What a device writes, and where, to interrupt (PCI Local Bus 3.0, 6.8.1). */
struct msi_message {
	uint64_t address;
	uint32_t data;
};

struct route {
	bool taken;
	bool valid; /* has a message */
	struct msi_message message;
};

struct routes {
	struct wires wires;
	pthread_mutex_t lock;
	bool dirty;
	bool no_pins; /* there are local APICs only */
	struct route msi[ROUTES_MSI_MAX];
};

void routes_init(struct routes *r, struct wires wires);
void routes_fini(struct routes *r);

/* There are no pins: KVM has no PIC and no I/O APIC for this guest. Before the first commit. */
void routes_messages_only(struct routes *r);

/* nr gsis in a row, from *gsi on, that go nowhere yet. */
int routes_take(struct routes *r, uint32_t nr, uint32_t *gsi) must_check;
void routes_give_back(struct routes *r, uint32_t gsi, uint32_t nr);

/* Where a gsi goes after the next commit. */
void routes_set(struct routes *r, uint32_t gsi, struct msi_message message);

/* Let KVM know, if there is anything new. */
int routes_commit(struct routes *r) must_check;

#endif
