/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - run a program, and have its output, its times and its size.
 *
 * It has a process group of its own, no input, and dies with its parent. Two further channels are open in it
 * for writing, at PROCESS_FD_STATS and PROCESS_FD_REPORT, so that nothing is left in the file system. Two may have the
 * machine in turn (slices.h).
 *
 * Threads: one. process_fini() frees the texts. Errors: negative errno, reported.
 */
#ifndef BENCHMARKS_BENCH_PROCESS_H
#define BENCHMARKS_BENCH_PROCESS_H

#include "benchmarks/slices.h"
#include "vmm/util.h"

#define PROCESS_FD_STATS  10
#define PROCESS_FD_REPORT 11

enum channel { CHANNEL_OUT, CHANNEL_ERR, CHANNEL_STATS, CHANNEL_REPORT, CHANNELS };

struct process_pipes;

struct process {
	/* In. */
	unsigned timeout_s;
	uint64_t look_kib; /* not 0: look at its size when it has said something, and kill it then; what is mapped in
			    * pieces of half of this, at least, is guest memory, and left out */
	void (*turn)(struct process *p, bool begins); /* in slices: as slice_ops.turn; NULL: nobody wants to know */

	/* Out. */
	int status;	 /* its exit code; 128 + the signal that killed it */
	bool timed_out;
	double first_ms; /* from its start to its first output */
	double wall_ms;	 /* to its end */
	uint64_t resident_kib;
	uint64_t faults, switches; /* of the whole process (getrusage(2)) */
	char *text[CHANNELS];

	/* While it runs. */
	struct slice_process slice;
	struct process_pipes *pipes;
	uint64_t start;
};

/* -EINTR: this process was asked to end, and has ended it. */
int process_run(struct process *p, char *const *argv) must_check;

/*
 * Two of them in slices of so many ms; first (0 or 1) is started first, and begins. Their times are from their start to
 * their end, the other one's slices included, and so is the time that is given to them.
 */
int process_run_in_turn(struct process *const p[2], char *const *const argv[2], size_t first, unsigned slice_ms) must_check;

void process_fini(struct process *p);

/* SIGINT, SIGTERM and SIGHUP end what runs, and make process_run() fail from then on. */
void process_catch_signals(void);

#endif
