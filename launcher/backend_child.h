/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend_child.h - the side of the new process, between fork and exec.
 *
 * It tells its parent one thing: the connection, as a descriptor beside a struct backend_told, or why
 * there is none. After the connection the channel closes when the program has been started, or says why
 * it was not.
 */
#ifndef LAUNCHER_BACKEND_CHILD_H
#define LAUNCHER_BACKEND_CHILD_H

#include "launcher/backend.h"

struct backend_told {
	int err; /* 0: the connection is beside it */
	bool preparing; /* it was setup's prepare that failed */
	char what[96];
};

/* channel: a seqpacket socket to the parent; output: where it may speak. Never returns. */
noreturn_fn void backend_child(const struct backend_setup *s, pid_t parent, int channel, int output);

#endif
