/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend.h - a process beside the guest that does a device's work (virtiofsd, qemu-storage-daemon): its
 * start, its last words, its end.
 *
 *   backend_start -> [a device takes the connection] -> backend_watch -> ... -> backend_stop
 *
 * It gets a listening socket as descriptor 3, whose one connection is ours, and runs on the CPUs of who
 * starts it, in a session of its own, so that Ctrl-C at thole's terminal is none of its business. The socket's
 * name is gone before the program starts, and the kernel ends it when thole dies, however that happens.
 *
 * A back end that ends or hangs up while the guest runs ends the machine, with its last words told.
 *
 * Threads: the event loop's. Owns: the process, the connection until it is taken. Errors: reported.
 */
#ifndef LAUNCHER_BACKEND_H
#define LAUNCHER_BACKEND_H

#include <sys/types.h>

#include "vmm/end.h"
#include "vmm/loop.h"

#define BACKEND_SOCKET 3 /* the listening socket, in the back end */
#define BACKEND_FILE   4 /* setup.file there */

struct backend_setup {
	const char *name; /* for messages; copied */
	char *const *argv;
	int file; /* a descriptor that it inherits; -1: none */
	/* In the new process, just before the program; 0, or -errno with what failed. May be NULL. */
	int (*prepare)(const void *ctx, const char **what);
	const char *remedy; /* what to do when it fails; NULL: nothing special */
	const void *ctx;
};

struct backend {
	char name[96];
	pid_t pid; /* 0: there is none */
	int connection; /* -1: taken */
	struct loop_source exited; /* pidfd */
	struct loop_source said;   /* standard output and error */
	struct loop_source hung;   /* a copy of the connection */
	struct loop *loop;	   /* NULL: not watched */
	struct end *end;
	const bool *silent; /* it was given up, and that was told; NULL: nobody would know */
	uint64_t end_by_ns; /* asked to end, until then; 0: not asked */
	char words[2048]; /* the last that it said */
	uint32_t nr_words;
};

int backend_start(struct backend *b, const struct backend_setup *s) must_check;

/* The connection; the caller's from here on. */
int backend_take(struct backend *b);

/* From here on, its end is the machine's. silent: see above; borrowed. */
int backend_watch(struct backend *b, struct loop *loop, struct end *end, const bool *silent) must_check;

/* From here on, its end is expected. */
void backend_unwatch(struct backend *b);

/* Something went wrong that may be the back end's doing: if it has ended, say how, and what it said. */
void backend_explain(struct backend *b);

/* The device has closed the connection: it is to end, and so is one that somebody has stopped. Does not wait. */
void backend_end(struct backend *b);

/* It has not answered in time: it is killed, and not asked. Does not wait. */
void backend_kill(struct backend *b);

/* backend_end(), and wait until it is gone; one that takes too long is killed. */
void backend_stop(struct backend *b);

#endif
