/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - a bar for what takes longer than two seconds, on a terminal; else one line at its end.
 *
 * Threads: one. Owns nothing; prints to standard error.
 */
#ifndef LAUNCHER_PROGRESS_H
#define LAUNCHER_PROGRESS_H

#include "vmm/util.h"

struct progress {
	const char *what;
	uint64_t start_ns;
	uint64_t total; /* bytes; 0: never shown */
	bool bar;       /* a terminal that wants one */
	bool drawn;
};

/* what: "filling guest memory" */
struct progress progress_start(const char *what, bool quiet);

/* From time to time. */
void progress_show(struct progress *p, uint64_t done, uint64_t total);

/* Takes the bar away. */
void progress_end(struct progress *p);

#endif
