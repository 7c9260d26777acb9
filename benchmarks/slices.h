/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slices.h - let several processes have the machine in turn, a slice of time each.
 *
 * A machine that others share is slow and fast in waves of seconds. Two runs after each other may be in two
 * waves; two runs that are stopped and continued many times a second are both in all of them.
 */
#ifndef BENCHMARKS_SLICES_H
#define BENCHMARKS_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SLICE_TEXT_MAX 256

struct slice_process {
	pid_t pid;  /* a child; 0 once it has ended */
	int out;    /* what its standard output is read from; closed by slices_run() */
	int status; /* its end, as waitpid() gives it */
	size_t nr;
	char text[SLICE_TEXT_MAX]; /* what it wrote, at most so much; ends with a zero */
};

/*
 * Run them until all have ended: each gets ms milliseconds, then it is stopped (SIGSTOP) and has stopped before the
 * next one goes on. The last one that is left is not stopped any more. Starts with process first % nr; all may be
 * running when it is called.
 *
 * 0 or -errno; then some may still be there, stopped (slices_kill()). One thread.
 */
int slices_run(struct slice_process *process, size_t nr, size_t first, unsigned ms);

/* Kill the ones that have not ended. Safe in a signal's handler. */
void slices_kill(const struct slice_process *process, size_t nr);

#endif
