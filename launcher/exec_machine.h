/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_machine.h - the machine for a program: the one that its job has, or a new one.
 *
 *   harbour locked: somebody answers at the name's socket?  yes ---------------------------+
 *                     no: a child that lives on becomes the machine, listens -> unlocked   |
 *   join, and wait: it boots, its agent listens <------------------------------------------+
 *   [the program runs; the connection is what counts it]
 *   left: the last one has the machine stopped
 *
 * Whoever is killed leaves: connections close, and locks are the kernel's.
 *
 * Threads: main. Owns: its connection and the log. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_EXEC_MACHINE_H
#define LAUNCHER_EXEC_MACHINE_H

#include <sched.h>

#include <jansson.h>

#include "launcher/berth.h"
#include "launcher/config.h"
#include "launcher/exec_client.h"

struct exec_machine {
	char name[BERTH_NAME_MAX + 1];
	int control; /* open as long as the program is in it */
	int log;     /* what the machine says; -1: elsewhere */
	int berth;   /* its directory, which it has locked */
	uint32_t nr_cpus;
	int *host_cpu; /* [nr_cpus]: of each vCPU */
	bool started;  /* by us, so that it is as we want it */
	bool our_root; /* its files are this host's */
	struct exec_agent agent;
};

/*
 * cfg: how to start it, on cpus, if there is none; NULL: then that is an error. wanted: what was asked for
 * (exec_given.h), of which is said what a machine that runs already has otherwise. On success agent.fd is connected.
 */
int exec_machine_join(struct exec_machine *m, const char *name, const struct run_config *cfg, const cpu_set_t *cpus,
	const json_t *wanted, uint32_t timeout_ms) must_check;
void exec_machine_leave(struct exec_machine *m);

/* And if that ends the machine, see it gone: where others kill what our end leaves behind. */
void exec_machine_leave_wait(struct exec_machine *m);

/* Which vCPUs a program is bound to: list, of room for all, filled with their numbers. Pure. */
uint32_t exec_bind(uint32_t *list, const struct exec_machine *m, enum config_bind bind, const cpu_set_t *own,
	uint32_t local_rank);

#endif
