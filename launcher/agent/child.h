/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - what happens in the new processes: the keeper, and the program until it is executed.
 *
 * Threads: after fork(), in a process without others. Errors: reported through the report's descriptor. */
#ifndef LAUNCHER_AGENT_CHILD_H
#define LAUNCHER_AGENT_CHILD_H

#include "launcher/agent/order.h"

/* The program's ends; -1 where there is none. */
struct child_ends {
	int stream[3]; /* of pipes, and of /dev/null */
	int tty;
	int pmi;
	int report;
};

/* In the child of a fork(): lead a session, start the program, report, end with it. */
void child_keep(const struct child_ends *c, const struct order *o) noreturn_fn;

#endif
