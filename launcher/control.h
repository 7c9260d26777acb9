/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the socket of a running machine, in its event loop: others ask, it answers.
 *
 * A request is a line (control_request.h), and so is its answer, an object of JSON; {"error": TEXT} if
 * it cannot be done. After `console` the connection carries the console's bytes. A connection that has
 * said `join` counts as a program in the machine until it closes.
 *
 * Only the machine's own user gets in: the directory and a look at who connects see to that. A client
 * that sends nonsense, or doesn't read, loses its connection, and nobody waits for it.
 *
 * Threads: the loop's. Borrows: the machine. Errors: reported at the start; later the client's matter.
 */
#ifndef LAUNCHER_CONTROL_H
#define LAUNCHER_CONTROL_H

#include <jansson.h>

#include "launcher/control_request.h"
#include "vmm/loop.h"
#include "vmm/stats.h"

/* Where an agent listens in its guest. */
#define CONTROL_AGENT_PORT 1024

struct machine;
struct berth;

struct control_client;

struct control {
	struct machine *m;
	struct berth *berth;
	struct loop_source listen;
	struct loop_source sweep; /* an eventfd: free clients that are over */
	struct loop_source idle;  /* a timer: has nobody come? */
	struct control_client *clients;
	uint32_t nr_clients, nr_joined, nr_consoles;
	uint32_t nr_programs; /* that have joined so far */
	uint64_t started_ns;
	struct stats *kvm; /* [vCPUs]; nr 0: KVM has none */
	json_t *options;   /* for programs that join, from the first one on */
};

int control_start(struct control *c, struct machine *m, struct berth *berth) must_check;
void control_stop(struct control *c);

/* A vCPU is made, and doesn't run yet: later KVM would have us wait until it leaves the guest. On its thread. */
void control_vcpu(struct control *c, uint32_t vcpu, int fd);

/* What the guest wrote to its console. */
void control_console_out(struct control *c, const uint8_t *bytes, uint32_t nr);
/* There is room in the console's input again. */
void control_console_room(struct control *c);

#endif
