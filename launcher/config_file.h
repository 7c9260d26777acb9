/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file.h - options from a file in libconfig's grammar, and back.
 *
 * Keys are the options' names, all at the top level. A key twice, an unknown key, or a value of
 * another kind is an error with file and line. thole.cfg(5) describes the file.
 *
 * Threads: any, one per config. Errors: negative errno, reported; the config then holds what was
 * read so far, and is still to be ended with run_config_fini().
 */
#ifndef LAUNCHER_CONFIG_FILE_H
#define LAUNCHER_CONFIG_FILE_H

#include <stdio.h>

#include "launcher/config.h"

/* Read path ("-": standard input) over c. A list in the file replaces the one in c. */
int run_config_read(struct run_config *c, const char *path) must_check;

/* The same from memory; name stands for the file in messages, and @include is refused. */
int run_config_read_text(struct run_config *c, const char *name, const char *text, size_t size)
	must_check;

/* Write every option, so that reading it gives the same config. -EIO, -ENOMEM. */
int run_config_dump(const struct run_config *c, FILE *out) must_check;

#endif
