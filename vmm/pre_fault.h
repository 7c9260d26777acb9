/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pre_fault.h - have KVM map guest memory before the guest touches it: no exit at a first touch.
 *
 * Follows api.rst, 4.143 (KVM_PRE_FAULT_MEMORY; Linux 6.11, nested paging only).
 *
 * Threads: pre_fault() on the vCPU's own. Owns nothing. Errors: negative errno, not reported: where
 * it can't be done, the guest's first touch does it.
 */
#ifndef VMM_PRE_FAULT_H
#define VMM_PRE_FAULT_H

#include "vmm/types.h"
#include "vmm/util.h"

/* Map a range with the vCPU's page tables. -EOPNOTSUPP: this KVM can't. */
int pre_fault(int vcpu_fd, struct range r) must_check;

/* Part number index of nr of a range, cut at multiples of grain; together they are the range. */
struct range pre_fault_part(struct range all, uint64_t grain, uint32_t index, uint32_t nr);

#endif
