/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - see output.h. */
#include "launcher/output.h"

#include <errno.h>
#include <stdio.h>

#include "vmm/log.h"

/* Times to the nanosecond, shares to the millionth of a hundredth. */
#define DIGITS 9

int output_end(void)
{
	errno = EIO; /* of an earlier write, of which only the flag is left */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return log_errno(-errno, "standard output: %m");
}

int output_json(json_t *root)
{
	int err = 0;

	if (!root)
		return log_errno(-ENOMEM, "JSON: %m");
	if (json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) < 0 && !ferror(stdout))
		err = log_errno(-EIO, "JSON: a value that it cannot say");
	else
		putchar('\n');
	json_decref(root);
	return err ? err : output_end();
}
