/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet.h - what makes a guest quiet, decided from where it runs: which exits it can do without, and what its
 * kernel is to be told.
 *
 * Pure; any thread; owns nothing. Errors: -EINVAL with the reason in words, -ERANGE: no room.
 */
#ifndef SCHED_QUIET_H
#define SCHED_QUIET_H

#include "vmm/exits_off.h"

/* Who has a CPU while its vCPU has nothing to do. */
enum quiet_idle {
	QUIET_IDLE_AUTO,  /* the guest, where nothing else may run there anyway */
	QUIET_IDLE_GUEST, /* it halts the CPU itself: wakes up soonest, and no exit */
	QUIET_IDLE_HOST,  /* an exit, and the host may sleep deeper or run something else */
};

struct quiet_place {
	uint32_t nr_vcpus;
	uint32_t nr_nodes; /* of the guest */
	bool shared;   /* some CPU has two vCPUs, or one and thole's own threads */
	bool isolated; /* nothing else runs on any of the vCPUs' CPUs */
	bool force;
	bool tsc_reliable; /* the host itself keeps its time by the TSC */
};

/* Exits to turn off (EXITS_OFF_…), and who idles: *idle is no longer auto. */
int quiet_exits(const struct quiet_place *p, enum quiet_idle *idle, uint32_t *exits, char *why, size_t size) must_check;

/*
 * Words for the command line of a Linux guest, without a blank at the ends. vCPU 0 is the one that does the
 * guest's housekeeping, so of one vCPU little is asked. No isolcpus=domain: the job's threads are to be spread
 * over all vCPUs by the guest's scheduler.
 */
int quiet_cmdline(const struct quiet_place *p, char *text, size_t size) must_check;

#endif
