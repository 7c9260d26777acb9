/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * power.h - off, reset, and the power button, of hardware-reduced ACPI.
 *
 * Sleep control and status and the reset register are I/O ports (ACPI 6.4, 4.8.3.6 and 4.8.3.7);
 * the button is an event of the Generic Event Device, with a register that says what happened
 * (5.6.9). Values are those of vmm/acpi/acpi.h, which the tables are built from.
 *
 * Threads: power_button() from any; the rest from any vCPU. Borrows: the end, the line.
 */
#ifndef VMM_POWER_H
#define VMM_POWER_H

#include <stdatomic.h>

#include "vmm/bus.h"
#include "vmm/device.h"
#include "vmm/end.h"
#include "vmm/irq.h"

struct power {
	struct device ports; /* PORT_SLEEP_CONTROL, PORT_SLEEP_STATUS, PORT_RESET */
	struct device ged;   /* LAYOUT_GED_BASE */
	struct end *end;
	struct irq_line irq;
	_Atomic uint32_t events;
};

int power_init(struct power *p, struct end *end, struct irq_line irq, struct bus *pio, struct bus *mmio)
	must_check;

/*
 * The code at the reset vector, LAYOUT_RESET_VECTOR: write the reset register. On a hardware-reduced
 * machine without EFI, Linux restarts as a PC's BIOS would have it, by a jump to F000:FFF0 in real mode
 * (arch/x86/kernel/reboot.c), and would run on in zeroes there.
 */
#define POWER_RESET_CODE_BYTES 9
void power_reset_code(uint8_t code[static POWER_RESET_CODE_BYTES]);

/* Press the button. */
void power_button(struct power *p);

#endif
