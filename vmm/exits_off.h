/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits_off.h - instructions that a guest may run without an exit: HLT, PAUSE, MWAIT and others.
 *
 * Follows api.rst, KVM_CAP_X86_DISABLE_EXITS and KVM_CAP_HALT_POLL. After vm_create(), before any vCPU is made.
 * What follows for CPUID is the caller's to say: no PV unhalt where HLT doesn't exit, MONITOR and leaf 5 where
 * MWAIT doesn't, APERF and MPERF in leaf 6.
 *
 * A host that is a guest itself may offer more than it then takes: what is refused stays as it was, and is told.
 *
 * Threads: one. Owns nothing. Errors: none; exits that stay cost time and nothing else.
 */
#ifndef VMM_EXITS_OFF_H
#define VMM_EXITS_OFF_H

#include "vmm/vm.h"

/* Newer than the oldest kernel headers that we build with. */
#ifndef KVM_X86_DISABLE_EXITS_APERFMPERF
#define KVM_X86_DISABLE_EXITS_APERFMPERF (1 << 4)
#endif

#define EXITS_OFF_MWAIT	 ((uint32_t)KVM_X86_DISABLE_EXITS_MWAIT)
#define EXITS_OFF_HLT	 ((uint32_t)KVM_X86_DISABLE_EXITS_HLT)
#define EXITS_OFF_PAUSE	 ((uint32_t)KVM_X86_DISABLE_EXITS_PAUSE)
#define EXITS_OFF_CSTATE ((uint32_t)KVM_X86_DISABLE_EXITS_CSTATE)
#define EXITS_OFF_APERF	 ((uint32_t)KVM_X86_DISABLE_EXITS_APERFMPERF)
#define EXITS_OFF_BITS	 5u

struct exits_off {
	uint32_t offered; /* by this KVM */
	uint32_t wanted;
	uint32_t off;     /* of those wanted */
	bool no_halt_poll; /* KVM doesn't poll for a halted vCPU */
};

/* "mwait", "hlt", "pause", "cstate", "aperfmperf": of bit number 0 to EXITS_OFF_BITS - 1. */
const char *exits_off_name(unsigned bit);

/* How KVM is asked; a set of bits adds to those before. 0 or -errno. */
typedef int exits_off_fn(void *ctx, uint32_t bits);

/* Those wanted that are offered: all at once, else each by itself. Returns what was taken. */
uint32_t exits_off_ask(uint32_t offered, uint32_t wanted, exits_off_fn *ask, void *ctx);

struct exits_off exits_off_apply(const struct vm *vm, uint32_t wanted);

#endif
