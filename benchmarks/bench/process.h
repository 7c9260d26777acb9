/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - run a program, and have its output, its times and its size.
 *
 * It has a process group of its own, no input, and dies with its parent. Two further channels are open in it
 * for writing, at PROCESS_FD_STATS and PROCESS_FD_REPORT, so that nothing is left in the file system.
 *
 * Threads: one. process_fini() frees the texts. Errors: negative errno, reported.
 */
#ifndef BENCHMARKS_BENCH_PROCESS_H
#define BENCHMARKS_BENCH_PROCESS_H

#include "vmm/util.h"

#define PROCESS_FD_STATS  10
#define PROCESS_FD_REPORT 11

enum channel { CHANNEL_OUT, CHANNEL_ERR, CHANNEL_STATS, CHANNEL_REPORT, CHANNELS };

struct process {
	/* In. */
	unsigned timeout_s;
	uint64_t look_kib; /* not 0: look at its size when it has said something, and kill it then; what is mapped in
			    * pieces of half of this, at least, is guest memory, and left out */

	/* Out. */
	int status;	 /* its exit code; 128 + the signal that killed it */
	bool timed_out;
	double first_ms; /* from its start to its first output */
	double wall_ms;	 /* to its end */
	uint64_t resident_kib;
	uint64_t faults, switches; /* of the whole process (getrusage(2)) */
	char *text[CHANNELS];
};

/* -EINTR: this process was asked to end, and has ended it. */
int process_run(struct process *p, char *const *argv) must_check;

void process_fini(struct process *p);

/* SIGINT, SIGTERM and SIGHUP end what runs, and make process_run() fail from then on. */
void process_catch_signals(void);

#endif
