/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit.h - where an exit from the guest lands.
 *
 * Threads: on the vCPU's own.
 */
#ifndef VMM_EXIT_H
#define VMM_EXIT_H

#include "vmm/vcpu.h"

enum verdict {
	VERDICT_RUN,  /* back into the guest */
	VERDICT_PARK, /* this vCPU has nothing more to do */
	VERDICT_END,  /* the machine is over; the end is set */
};

/* Handle the exit that v->run describes: count, table, verdict. */
enum verdict exit_handle(struct vcpu *v);

/* Name of an exit reason, "io", "mmio", …; "other" for one that has none. */
const char *exit_name(uint32_t reason);

#endif
