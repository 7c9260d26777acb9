/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_args.h - a sub-command's arguments: the options of the table, -f FILE, -o KEY=VALUE, and
 * what the sub-command adds of its own.
 *
 *   static const struct config_line line = { .name = "run", .doc = "Start a machine." };
 *
 *   err = run_config_from_args(&config, &line, argc, argv);
 *   if (err)
 *           return err < 0 ? EXIT_CODE_FAILED : 0;
 *   …
 *   run_config_fini(&config);
 *
 * Precedence: defaults, then files in their order, then options and -o in theirs. A list on the
 * command line replaces a file's, and grows with each further option.
 */
#ifndef LAUNCHER_CONFIG_ARGS_H
#define LAUNCHER_CONFIG_ARGS_H

#include <argp.h>

#include "launcher/config.h"

struct config_line {
	const char *name;     /* of the sub-command */
	const char *doc;      /* a sentence or two, before the options in --help */
	const char *args;     /* what follows the options, "COMMAND [ARG...]"; NULL: nothing may */
	const struct argp *own; /* further options, and the parser of args; NULL: none */
	/* Options that are not given and follow from elsewhere, before what follows from the rest; NULL: none. */
	int (*defaults)(struct run_config *c, void *own_input);
	void *own_input;        /* its input; its keys are letters or from CONFIG_KEY_OWN up */
};

#define CONFIG_KEY_OWN 0x2000

/*
 * Parse argv[1..]. Returns 0: c is finished and the caller's to end; 1: --help or --dump-config was
 * asked for and is done; negative errno: reported. In the last two cases there is nothing to end.
 */
int run_config_from_args(struct run_config *c, const struct config_line *line, int argc,
	char **argv) must_check;

#endif
