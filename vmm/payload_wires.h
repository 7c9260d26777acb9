/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_wires.h - the two doorbells of thole/payload.h for payloads in ring 0: one that only counts, and one that comes
 * back as an interrupt. Both are the kernel's alone, as those of a device that is off-loaded to it.
 *
 *   PAYLOAD_BELL      --KVM_IOEVENTFD--> eventfd, that nobody reads
 *   PAYLOAD_BELL_BACK --KVM_IOEVENTFD--> eventfd --KVM_IRQFD--> gsi --MSI--> vector PAYLOAD_BELL_VECTOR at APIC id 0
 *
 * Threads: one, before vCPUs run and after. Borrows: the routes. Owns: the eventfds. Errors: 0 or -errno, not reported;
 * after a failure nothing is left.
 */
#ifndef VMM_PAYLOAD_WIRES_H
#define VMM_PAYLOAD_WIRES_H

#include "vmm/routes.h"

enum { PAYLOAD_WIRE_COUNT, PAYLOAD_WIRE_BACK, PAYLOAD_WIRES };

struct payload_wires {
	struct routes *routes; /* NULL: there are none */
	int fd[PAYLOAD_WIRES];
	uint32_t gsi;
};

int payload_wires_init(struct payload_wires *w, struct routes *routes) must_check;

/* Also of what is all zero. */
void payload_wires_fini(struct payload_wires *w);

#endif
