/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey.h - the host's CPUs and nodes, read from /sys by a thread while the caller asks KVM and opens images: each
 * file takes some microseconds, there are some thirty on a small machine and thousands on a large one, and nothing
 * else is needed to read them.
 *
 * Threads: begin, take and end on one; between them a thread of its own reads. Owns: that thread, and the host until
 * it is taken.
 */
#ifndef LAUNCHER_SURVEY_H
#define LAUNCHER_SURVEY_H

#include <pthread.h>
#include <stdbool.h>

#include "numa/host.h"

struct survey {
	pthread_t thread;
	bool begun;
	struct host host;
	int err; /* written by the thread */
};

/* Without a thread, or with one CPU only, survey_take() does it all. */
void survey_begin(struct survey *s);

/* The machine as it is, which host_fini() ends. Errors: reported. */
int survey_take(struct survey *s, struct host *h) must_check;

/* If nobody took it. */
void survey_end(struct survey *s);

#endif
