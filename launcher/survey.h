/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey.h - the host's CPUs, nodes and caches, read from /sys by a thread while the caller asks KVM and opens images:
 * each file takes some microseconds, there are some fifty on a small machine and thousands on a large one, and nothing
 * else is needed to read them. The processor is asked for its name, too, which takes as long where this host is a guest.
 *
 *   survey_begin -> survey_host, what a plan is made from -> survey_cpu, what vCPUs are told -> survey_end
 *
 * Threads: all of these on one; between begin and the last a thread of its own works on another CPU. Owns: that thread,
 * and the host until it is taken.
 */
#ifndef LAUNCHER_SURVEY_H
#define LAUNCHER_SURVEY_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "numa/host.h"
#include "vmm/cpuid.h"

struct survey {
	pthread_t thread;
	bool begun; /* there is a thread */
	sem_t host_there;
	/* The thread writes these. */
	struct host host;
	int host_err;
	uint32_t nr_caches;
	struct topo_cache cache[TOPO_CACHES_MAX];
	bool has_caches; /* apart from the host's */
	uint32_t brand[CPUID_BRAND_REGS];
};

/* Without a thread, as with one CPU only, survey_host() does it all. */
void survey_begin(struct survey *s);

/* The machine as it is, perhaps without caches; host_fini() ends it. Errors: reported. */
int survey_host(struct survey *s, struct host *h) must_check;

/* The host's caches into t, unless it has them from survey_host() already. The processor's name; owned by the survey. */
const uint32_t *survey_cpu(struct survey *s, struct topology *t);

/* After survey_begin(), whatever was taken. */
void survey_end(struct survey *s);

#endif
