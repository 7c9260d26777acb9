/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash.h - say why a guest could not go on: the reason, the registers, the instruction's bytes.
 *
 * Threads: on the vCPU's own thread, outside KVM_RUN.
 */
#ifndef VMM_CRASH_H
#define VMM_CRASH_H

#include "vmm/vcpu.h"

/* Log the report of the exit that v->run describes. */
void crash_report(struct vcpu *v);

/*
 * Is this the state after INIT (Intel SDM vol. 3A, 10.1.1)? No guest of ours crashes in it: SVM leaves the
 * state undefined after a triple fault (AMD APM vol. 2, 15.14.3), so KVM resets the vCPU, and what it was
 * doing is lost.
 */
bool crash_state_is_reset(const struct kvm_regs *r, const struct kvm_sregs *s);

#endif
