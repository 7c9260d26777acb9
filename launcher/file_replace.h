/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file_replace.h - write a file whole or not at all.
 *
 * The text is written to a temporary file beside it, which then takes its name: a full disk or a
 * kill leaves the former file. Links that lead there stay, and our own standard output, /dev/stdout with a file behind
 * it, is written to as it is. A new one's mode is what umask(2) leaves it, else it is the former's. What is no regular
 * file (a pipe, /dev/stdout) is written to directly; a pipe that nobody reads is an error.
 *
 * Threads: any. Errors: negative errno, reported with the file's name.
 */
#ifndef LAUNCHER_FILE_REPLACE_H
#define LAUNCHER_FILE_REPLACE_H

#include "vmm/util.h"

/* text and a final newline. */
int file_replace(const char *path, const char *text) must_check;

/* Before work whose result is to be written there: can it be, as far as can be known? Changes nothing. */
int file_replace_check(const char *path) must_check;

/* Open what may be no regular file, to write; flags: more of open(2)'s. A descriptor or -errno, which is not reported. */
int file_open_direct(const char *path, int flags) must_check;

#endif
