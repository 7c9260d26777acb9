/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug_exit.h - a port that ends the machine with a code: (value << 1) | 1, never 0, the convention
 * that test guests know from QEMU's isa-debug-exit.
 */
#ifndef VMM_DEBUG_EXIT_H
#define VMM_DEBUG_EXIT_H

#include "vmm/bus.h"
#include "vmm/end.h"

#define DEBUG_EXIT_PORTS 4 /* bytes: the guest may write up to 32 bits */

struct debug_exit {
	struct device dev;
	struct end *end;
};

int debug_exit_init(struct debug_exit *d, struct end *end, uint16_t port, struct bus *pio) must_check;

#endif
