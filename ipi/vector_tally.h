/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vector_tally.h - how many interrupts each vector of passed devices has had so far.
 *
 * The kernel counts a host interrupt for as long as VFIO has it; a guest that turns its vectors off and on again, or
 * powers off, ends that. Counts of those that are gone are kept here and added.
 *
 *   vector_tally_see() for what is there now, at any time, and just before vectors go: then vector_tally_gone()
 *
 * Threads: a value, locked by its owner. Owns: its list. Errors: -ENOMEM, not reported.
 */
#ifndef IPI_VECTOR_TALLY_H
#define IPI_VECTOR_TALLY_H

#include "ipi/vector_irq.h"

struct vector_total {
	char device[16];
	char kind[8];
	uint32_t vector;
	int64_t vcpu;	/* that it was for at last; -1: not known */
	uint64_t gone;	/* by interrupts that are no more */
	uint64_t taken; /* in all, by CPUs of the host */
};

struct vector_tally {
	uint32_t nr;
	struct vector_total *at; /* [nr] in the order in which they came */
};

int vector_tally_see(struct vector_tally *t, const struct vector_irq *irq) must_check;

/* A vector that was seen is for that vCPU now. */
void vector_tally_target(struct vector_tally *t, const struct vector_irq *irq, int64_t vcpu);

/* The device's interrupts begin anew, from none. */
void vector_tally_gone(struct vector_tally *t, const char *device);

/* Of a vector that was seen; 0: it was not. */
uint64_t vector_tally_taken(const struct vector_tally *t, const struct vector_irq *irq);

void vector_tally_fini(struct vector_tally *t);

#endif
