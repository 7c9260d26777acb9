/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_scan.h - what libconfig would get wrong without a word, found before it reads the text.
 *
 *   - a number of 2^31 or more becomes another number;
 *   - a zero byte, or \x00 in a string, hides what follows;
 *   - an @include that can't be read ends the process, and is looked for beside the first file.
 *
 * Pure; any thread.
 */
#ifndef LAUNCHER_CONFIG_SCAN_H
#define LAUNCHER_CONFIG_SCAN_H

#include "vmm/util.h"

/* An @include directive: name is not terminated. Return non-zero to end the scan with it. */
typedef int config_include_fn(void *ctx, const char *name, size_t len, unsigned line);

/*
 * Look through text, which ends with a zero byte at text[size]; file is its name in messages.
 * Every @include line is given to include() and blanked, so that line numbers stay.
 * Returns 0, -EINVAL (reported), or what include() returned.
 */
int config_scan(char *text, size_t size, const char *file, config_include_fn *include, void *ctx)
	must_check;

#endif
