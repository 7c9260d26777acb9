/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_power.h - ask the agent in a guest to switch the guest off.
 *
 * An agent that is not there, or not yet, is no error: the power button and the timeout do without it.
 *
 * Threads: the loop's. Owns: its connection.
 */
#ifndef LAUNCHER_AGENT_POWER_H
#define LAUNCHER_AGENT_POWER_H

#include "launcher/agent/frame.h"
#include "vmm/loop.h"

struct agent_power {
	struct loop *loop;
	struct loop_source socket; /* fd -1: none */
	uint8_t words[2 * FRAME_HEADER + FRAME_HELLO_BYTES];
};

void agent_power_init(struct agent_power *p);
void agent_power_off(struct agent_power *p, struct loop *loop, uint32_t cid, uint32_t port,
	const uint8_t key[static FRAME_KEY_BYTES]);
void agent_power_fini(struct agent_power *p);

#endif
