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

#endif
