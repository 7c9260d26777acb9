/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - one connection to the agent: from its greeting to the end of the program it ordered.
 *
 *   GREET --HELLO--> ORDER --START--> RUN --program and output ended--> TOLD --peer closes--> over
 *
 * A connection that ends before its program does takes the program with it.
 *
 * Threads: the loop's. Owns: the connection, its processes' ends. Errors: told to the peer.
 */
#ifndef LAUNCHER_AGENT_SESSION_H
#define LAUNCHER_AGENT_SESSION_H

#include "launcher/agent/flow.h"
#include "launcher/agent/order.h"
#include "launcher/agent/process.h"

/* Who may give orders: over a Unix socket, users for themselves and root for anybody; else whoever has
 * the key. */
struct session_gate {
	bool by_user;
	bool has_key;
	uint8_t key[FRAME_KEY_BYTES];
};

enum session_state { SESSION_GREET, SESSION_ORDER, SESSION_RUN, SESSION_TOLD };

struct session {
	struct session *next;
	const struct session_gate *gate;
	struct loop *loop;
	void (*over)(struct session *s);     /* may be called in a handler of its own: free it later */
	void (*poweroff)(struct session *s);
	enum session_state state;
	struct link link;
	uint32_t peer_uid;
	uint8_t *bytes; /* of the order */
	uint32_t nr_bytes;
	struct order order;
	bool has_order;
	struct flow flow[STREAMS];
	struct loop_source report;     /* fd -1: no keeper, or it has gone */
	struct loop_source pmi_listen; /* fd -1: none */
	pid_t group;                   /* the program's process group; 0: not known yet */
	uint64_t signals;              /* to send when it is */
	bool ended;
	int status; /* of wait(2) */
	bool finished;
};

/* fd becomes the session's. -errno: and is closed. */
int session_start(struct session *s, struct loop *loop, int fd, const struct session_gate *gate) must_check;
void session_fini(struct session *s);

/* Both the connection and the processes have gone. */
bool session_is_over(const struct session *s);

#endif
