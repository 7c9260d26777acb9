/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu_state.h - a vCPU's state before its first instruction.
 *
 * Threads: on the thread that will run the vCPU.
 */
#ifndef VMM_VCPU_STATE_H
#define VMM_VCPU_STATE_H

#include "vmm/vcpu.h"

/* CPUID, MSRs, segments, control and general registers, XCR0, and whether it starts or waits for
 * INIT. 0 or -errno from KVM. */
int vcpu_state_set(int vcpu_fd, uint32_t index, const struct vcpu_setup *setup) must_check;

#endif
