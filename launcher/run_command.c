/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_command.c - `thole run`: from argv to a checked configuration, and on to run_main(). */
#include "launcher/command.h"
#include "launcher/config_args.h"
#include "launcher/exit_code.h"

static const struct config_line run_line = {
	.name = "run",
	.doc = "Start a machine with a kernel or a payload, and wait for its end.",
};

int run_command(int argc, char **argv)
{
	struct run_config config;
	int code = run_config_from_args(&config, &run_line, argc, argv);

	if (code)
		return code < 0 ? EXIT_CODE_FAILED : 0;
	code = run_config_check(&config);
	if (!code)
		code = run_main(&config);
	run_config_fini(&config);
	return code < 0 ? EXIT_CODE_FAILED : code;
}
