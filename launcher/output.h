/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - what commands say on standard output, all of it or an error.
 *
 * Threads: main. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_OUTPUT_H
#define LAUNCHER_OUTPUT_H

#include <jansson.h>

#include "vmm/util.h"

/* Everything was said; did it get there? */
int output_end(void) must_check;

/* With --json: indented, a line's end, and output_end(). Takes root; NULL: there was no memory for it. */
int output_json(json_t *root) must_check;

#endif
