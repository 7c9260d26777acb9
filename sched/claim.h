/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim.h - which CPUs have vCPUs of some thole on this host, so that another one looks for others.
 *
 *   claim_open() -> claim_taken() -> a plan -> claim_cpus() -> ... -> claim_close()
 *
 * A claim is a lock on a byte of one file that all users can open, the CPU's number (fcntl(2), open file
 * description locks): it goes with its process, however that ends. It is advice: pins and want of CPUs go before it,
 * and who cannot open the file, or sees another /dev/shm (a container), neither claims nor sees claims.
 *
 * Threads: one at a time. Owns: the descriptor, and with it the locks. Errors: negative errno, not reported.
 */
#ifndef SCHED_CLAIM_H
#define SCHED_CLAIM_H

#include "vmm/cpulist.h"

#define CLAIM_FILE "/dev/shm/thole-cpus"

struct claim {
	int fd; /* -1: there are no claims here */
};

void claim_open(struct claim *c, const char *path);

/* The CPUs that others have claimed, ascending; the caller ends the list. */
int claim_taken(const struct claim *c, struct cpulist *taken) must_check;

/* Claim them. 0; -EAGAIN: others have one of them, and nothing of these is claimed. */
int claim_cpus(const struct claim *c, const struct cpulist *cpus) must_check;

/* What is there is claimed, what others have is shared with them. */
void claim_shared(const struct claim *c, const struct cpulist *cpus);

/* Nothing is claimed any more. */
void claim_close(struct claim *c);

#endif
