/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program.h - other programs: where they are, and a short one's answer.
 *
 * Threads: main. Errors: negative errno, not reported.
 */
#ifndef LAUNCHER_PROGRAM_H
#define LAUNCHER_PROGRAM_H

#include <limits.h>

#include "vmm/util.h"

/* An executable of that name in one of the places (absolute directories, NULL-terminated) or in $PATH. */
bool program_find(const char *name, const char *const *places, char path[static PATH_MAX]);

/*
 * Run argv[0] to its end, with what it says on both streams in text (its first size - 1 bytes; line ends
 * become spaces). Its exit code, 128 + n for a signal, or -errno when it couldn't be started; -ETIMEDOUT: it took too
 * long, and was killed.
 */
int program_run(char *const *argv, char *text, size_t size, uint32_t timeout_ms) must_check;

#endif
