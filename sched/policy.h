/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - the scheduling class of vCPU threads, and when SCHED_FIFO is a trap.
 *
 * A SCHED_FIFO thread gives its CPU to nobody of lower rank. Two things follow that users of it learn
 * the hard way, so both are refused unless forced:
 *
 * - The kernel takes the CPU away all the same, by default 50 ms of each second
 *   (/proc/sys/kernel/sched_rt_runtime_us, sched_rt_period_us; Documentation/scheduler/
 *   sched-rt-group.rst): a guest sees time missing, always in one piece, on one CPU after the other.
 * - With that off, a vCPU that doesn't halt keeps everybody else from its CPU for ever. Where thole's
 *   own threads have no other CPU, nothing can stop the guest any more, nor log in.
 *
 * policy_check() is pure, policy_load() reads. Threads: any. Errors: negative errno.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "vmm/util.h"

/* How much of a period real-time threads may run, microseconds. */
struct policy_limits {
	long runtime_us; /* -1: no limit */
	long period_us;
};

/* From /proc; a kernel without these files has no limit. */
struct policy_limits policy_load(void);

/* Is SCHED_FIFO fine? shared: some vCPU's CPU is thole's own threads' only one. Else -EPERM, and why
 * and what to do in why[size]. */
int policy_check(const struct policy_limits *l, bool shared, char *why, size_t size) must_check;

/* Make the calling thread SCHED_FIFO. Errors are reported, with who it was for. */
int policy_fifo(const char *who, uint32_t priority) must_check;

#endif
