/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.c - start a machine and wait for its end. */
#include <errno.h>

#include "launcher/command.h"
#include "vmm/log.h"

int run_main(const struct run_config *c)
{
	(void)c;
	return log_errno(-ENOSYS, "this build can't start machines yet; --dump-config works");
}
