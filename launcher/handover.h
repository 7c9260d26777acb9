/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover.h - the host's devices that a configuration asks for: found, taken for VFIO, and given back.
 *
 * Threads: main only. Ownership: the list is the caller's, the ledger's entries are undone by handover_return().
 * Errors: negative errno, reported.
 */
#ifndef LAUNCHER_HANDOVER_H
#define LAUNCHER_HANDOVER_H

#include "launcher/config.h"
#include "numa/host.h"
#include "numa/request.h"
#include "passthrough/device_spec.h"
#include "vmm/ledger.h"

#define HANDOVER_MAX 24

struct handover {
	uint32_t nr;
	struct pci_dev dev[HANDOVER_MAX]; /* as they are before they are taken */
	bool make[HANDOVER_MAX];	  /* dev is a physical function, until it is made to have a virtual one for this */
	struct vf_link link[HANDOVER_MAX];
	struct ledger ledger;		  /* fd -1: nothing was taken */
};

/* What killed runs left is given back, and said. Without root's rights: nothing. */
void handover_recover(void);

/* Which ones. Nothing is changed. */
int handover_choose(struct handover *h, const struct run_config *cfg) must_check;

/* The planner is to look at their nodes. */
int handover_request(const struct handover *h, const struct host *host, struct request *r) must_check;

/* Make virtual functions that are not there, have their cards lay down what is asked for, and bind those that are not
 * bound. */
int handover_take(struct handover *h, bool force) must_check;
void handover_return(struct handover *h);

#endif
