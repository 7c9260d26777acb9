/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_spec.h - which device somebody means, and which of the host's it is.
 *
 *   0000:3b:00.1           this one
 *   class=network,node=0   one of that class, on that node
 *   vf=0000:3b:00.0        a virtual function of that one; of an Ethernet card, with mac=52:54:00:01:02:03, vlan=7 and
 *                          trust=on, which its physical function then lays down for it
 *
 * One that is free already is taken before one that a driver has, and a virtual function before a whole device; one
 * that the host uses is never taken, unless it is named.
 *
 * Pure; any thread. Errors: negative errno with the reason in why[size].
 */
#ifndef PASSTHROUGH_DEVICE_SPEC_H
#define PASSTHROUGH_DEVICE_SPEC_H

#include "passthrough/pci_verdict.h"
#include "passthrough/vf_link.h"

enum device_by { DEVICE_BY_ADDR, DEVICE_BY_CLASS, DEVICE_BY_PF };

struct device_spec {
	enum device_by by;
	struct pci_addr addr; /* the device's, or the physical function's */
	char class[24];
	int32_t node; /* -1: any */
	struct vf_link link; /* with DEVICE_BY_PF only */
};

int device_spec_parse(const char *text, struct device_spec *spec, char *why, size_t size) must_check;

/* Nothing of it is asked for? */
bool vf_link_is_empty(const struct vf_link *link);

/* A candidate. */
struct device_candidate {
	const struct pci_dev *dev;
	struct pci_verdict verdict;
	bool taken; /* by another spec of the same machine */
};

/* Index into c[nr]; -ENODEV, -EBUSY. force: one that is named may be in use by the host. */
int device_choose(const struct device_spec *spec, const struct device_candidate *c, uint32_t nr, bool force, char *why,
	size_t size) must_check;

/* The physical function of a DEVICE_BY_PF that has no virtual ones and could have some; -1: there is no such. */
int device_choose_pf(const struct device_spec *spec, const struct device_candidate *c, uint32_t nr);

#endif
