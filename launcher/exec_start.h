/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_start.h - a process of its own that is a machine, for programs to join.
 *
 * Threads: main, without others. Errors: negative errno, reported; the machine's own are in its log. */
#ifndef LAUNCHER_EXEC_START_H
#define LAUNCHER_EXEC_START_H

#include <sched.h>

#include "launcher/config.h"

/* harbour: locked, and still so afterwards. Returns when the machine listens at its name. */
int exec_start(int harbour, const char *path, const struct run_config *cfg, const cpu_set_t *cpus) must_check;

#endif
