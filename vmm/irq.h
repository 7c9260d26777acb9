/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irq.h - an interrupt line as a device sees it.
 *
 * Threads: irq_set() from any; a line is driven by one device, under that device's lock.
 */
#ifndef VMM_IRQ_H
#define VMM_IRQ_H

#include "vmm/util.h"

/* ctx and set() are the interrupt controller's; tests put their own there. */
struct irq_line {
	void (*set)(void *ctx, uint32_t gsi, bool level);
	void *ctx;
	uint32_t gsi;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
	line->set(line->ctx, line->gsi, level);
}

#endif
