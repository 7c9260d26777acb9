/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_given.h - the options of a machine, told from those of who joins it: it was started with its own, and
 * what another program wants otherwise is said, not silently dropped.
 *
 * Options that are each program's own (env, bind, ...) and the machine's name are not among them.
 *
 * Pure; any thread. Ownership: the caller's.
 */
#ifndef LAUNCHER_EXEC_GIVEN_H
#define LAUNCHER_EXEC_GIVEN_H

#include <jansson.h>

#include "launcher/config.h"

/* {"NAME": "VALUE", ...} of all options that are not at their defaults; NULL: out of memory. */
json_t *exec_given_read(const struct run_config *c) must_check;

/* "cpus=4 (it has 2), ..." of what is wanted and not so; empty: all is. Cut off, with "...", where it is longer. */
void exec_given_differ(const json_t *wanted, const json_t *has, char *text, size_t size);

#endif
