/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irq_follow.h - the host's interrupt of each passed vector is taken on the CPU of the vCPU that it is for, or, with
 * device-irqs=housekeeping, on a housekeeping CPU near to that.
 *
 * On its own CPU it wakes an idle vCPU soonest; a busy one exits for it each time, also when the interrupt comes while
 * KVM is about to enter the guest, where a kick from elsewhere only calls that off. Where the IOMMU posts, no CPU of
 * the host takes it, and this changes nothing. It is done a moment after the guest has changed its vectors, all of
 * them at once.
 *
 * It counts them on the way, over the whole run.
 *
 * Threads: start, stop and JSON on the loop's; routed and leaving from any. Owns: a timer, the counts. Errors: reported
 * where they matter.
 */
#ifndef LAUNCHER_IRQ_FOLLOW_H
#define LAUNCHER_IRQ_FOLLOW_H

#include <jansson.h>

#include "vmm/loop.h"

struct irq_counts;
struct machine;

struct irq_follow {
	struct loop_source timer;
	struct machine *m; /* NULL: no device is passed */
	struct irq_counts *counts;
	bool complained;
};

int irq_follow_start(struct irq_follow *f, struct machine *m) must_check;
void irq_follow_stop(struct irq_follow *f);

/* Vectors have changed; ctx is the struct irq_follow. */
void irq_follow_routed(void *ctx);

/* The interrupts of that device are about to be turned off: what they came to is kept. */
void irq_follow_leaving(const struct irq_follow *f, const char *device);

/* What is there now: [{"address", "vectors": [{"kind", "vector", "irq", "cpu", "taken", "vcpu"}]}]; "best": what this
 * host could do. */
json_t *irq_follow_json(const struct irq_follow *f);

/* Of the whole run: [{"address", "vectors": [{"kind", "vector", "taken", "vcpu"}]}]. */
json_t *irq_follow_totals(const struct irq_follow *f);

#endif
