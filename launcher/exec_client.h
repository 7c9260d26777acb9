/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_client.h - be the program that runs elsewhere: its streams, its signals, its terminal, its end.
 *
 * Threads: the calling one, with an event loop of its own. Owns: nothing afterwards; the standard input
 * and output of this process are used up. Errors: reported; the exit code says it.
 */
#ifndef LAUNCHER_EXEC_CLIENT_H
#define LAUNCHER_EXEC_CLIENT_H

#include "launcher/exec_order.h"

/* An agent to be reached at fd, which is used up, and the key that it wants. */
struct exec_agent {
	int fd;
	uint8_t key[FRAME_KEY_BYTES];
	/* The connection broke: say why, if more is known than that. NULL: it is not. */
	void (*lost)(void *ctx);
	void *ctx;
};

/* How a program ended. */
struct exec_end {
	int code;   /* its own, 128 + n after signal n, 125 to 127 as exit_code.h and a shell have them */
	int signal; /* that ended it; 0: none */
	bool unknown; /* it was not heard of: thole itself failed */
};

struct exec_end exec_client_run(const struct exec_agent *agent, const struct exec_order *order);

/*
 * End this process by the signal that ended the program, without a core: whoever waits for it (a shell, a process
 * manager) is to see what it would see of the program. Comes back where the signal ends nobody.
 */
void exec_end_by(int sig);

/* Connect to an agent's Unix socket. A descriptor, or -errno, reported. */
int exec_agent_connect(const char *path) must_check;

#endif
