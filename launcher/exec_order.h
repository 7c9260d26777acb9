/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_order.h - the order for what this process would have become, had it executed the program itself.
 *
 * Threads: main only, before signals are held back. Ownership: the order's arrays are exec_order_fini()'s,
 * its strings argv's, environ's or the configuration's. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_EXEC_ORDER_H
#define LAUNCHER_EXEC_ORDER_H

#include "launcher/agent/order.h"
#include "launcher/config.h"

struct exec_order {
	struct order order;
	const char *pmi_port; /* ORDER_PMI_PORT: where the process manager listens, HOST:PORT */
};

int exec_order_make(struct exec_order *e, char **args, const struct config_strings *env) must_check;
void exec_order_fini(struct exec_order *e);

/*
 * Search the program here, for a guest with our files: each directory of PATH that has it not costs a guest a
 * round trip to the host. Nothing changes where it isn't found, or where PATH is relative.
 */
void exec_order_program_find(struct exec_order *e);

/*
 * The environment for a program, from this one's: each rule in turn is NAME=VALUE, or -PATTERN (as a
 * shell's) for those that are left out. *list: NULL-terminated, with room for one more, the caller frees it, not the strings.
 * Pure. -ENOMEM.
 */
int exec_env_make(char ***list, uint32_t *nr, char *const *from, const struct config_strings *rules) must_check;

#endif
