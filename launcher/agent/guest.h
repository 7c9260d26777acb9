/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - the agent and the machine that it is in: what the host says on the kernel's command line, and
 * the end of the machine.
 *
 * Threads: one. Errors: reported.
 */
#ifndef LAUNCHER_AGENT_GUEST_H
#define LAUNCHER_AGENT_GUEST_H

#include "launcher/agent/session.h"

struct guest_words {
	bool has_key;
	uint8_t key[FRAME_KEY_BYTES];
	uint32_t port;
	char hostname[65];
	char address[32];  /* "10.1.2.3/16", for the first network device; or empty */
};

/* thole.key=, thole.vsock=, thole.hostname=, thole.address= of a command line. Pure. */
void guest_words_parse(struct guest_words *w, const char *cmdline);

/* Those of this machine's. -errno: no /proc. */
int guest_words_read(struct guest_words *w) must_check;

/* As process 1: hide the key, name the machine and give it its address. What fails is reported and left. */
void guest_prepare(const struct guest_words *w);

/* Switch the machine off; as process 1 this does not return. */
void guest_poweroff(void);

#endif
