/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slices.h - let several processes have the machine in turn, a slice of time each.
 *
 * A machine that others share is slow and fast in waves of seconds. Two runs after each other may be in two
 * waves; two runs that are stopped and continued many times a second are both in all of them.
 *
 * Threads: one. Ownership: processes and what hears them are the caller's. Errors: negative errno; then some processes
 * may still be there, stopped.
 */
#ifndef BENCHMARKS_SLICES_H
#define BENCHMARKS_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "vmm/util.h"

#define SLICE_TEXT_MAX 256

struct slice_process;

struct slice_ops {
	/*
	 * Take what it writes until that time (CLOCK_MONOTONIC in ns; 0: for ever). 1 if it has closed its output, as its
	 * end does, and also if it has done so before; 0 at that time; -errno to give up.
	 */
	int (*hear)(struct slice_process *p, uint64_t until_ns);
	/* It stands still, and is about to run; or it has run, and stands still again or has ended. */
	void (*turn)(struct slice_process *p, bool begins);
};

struct slice_process {
	const struct slice_ops *ops;
	pid_t pid;  /* a child; 0 once it has ended */
	int status; /* its end, as waitpid(2) gives it */
	struct rusage usage;
};

/* One whose standard output is a short text, and that is all that there is to hear. */
struct slice_text {
	struct slice_process process;
	int out; /* what its output is read from; the caller closes it */
	size_t nr;
	char text[SLICE_TEXT_MAX]; /* what it wrote, at most so much; ends with a zero */
};

extern const struct slice_ops slice_text_ops;

/*
 * Who begins in that round: 0 1 1 0 0 1 1 0 ... for two. Not 0 1 0 1: huge pages are freed by who ends last, and then
 * taken by who begins, the last one freed first, so that each of two that begin by turns would get its own again, and how
 * these lie would be in every pair's ratio.
 */
size_t slices_first(size_t round, size_t nr);

/*
 * Run them until all have ended: each gets ms milliseconds, then it is stopped (SIGSTOP) and has stopped before the
 * next one goes on. Who is stopped is so for ms at least, also if the other one ends sooner. The last one that is left
 * is not stopped any more. Starts with process first % nr; all may be running when it is called.
 */
int slices_run(
	struct slice_process *const *process, size_t nr, size_t first, unsigned ms) must_check;

/* Wait until it has ended. */
int slice_process_reap(struct slice_process *p);

#endif
