/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_command.c - `thole exec`: from argv to an order, and to an agent that takes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/command.h"
#include "launcher/config_args.h"
#include "launcher/exec_client.h"
#include "launcher/exit_code.h"

enum { KEY_AGENT_SOCKET = CONFIG_KEY_OWN };

/* What `exec` has of its own. Strings are argv's. */
struct exec_args {
	const char *agent_socket;
	char **program; /* NULL-terminated; NULL: none */
};

static const struct argp_option exec_options[] = {
	{ .doc = "Which machine to run in", .group = 100 },
	{ "agent-socket", KEY_AGENT_SOCKET, "PATH", 0,
		"an agent that listens there already", 100 },
	{ 0 },
};

static error_t exec_key(int key, char *arg, struct argp_state *state)
{
	struct exec_args *a = state->input;

	switch (key) {
	case KEY_AGENT_SOCKET: a->agent_socket = arg; return 0;
	case ARGP_KEY_ARG:
		/* The program; all that follows is its own. */
		a->program = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static int exec_at_socket(const struct run_config *c, const struct exec_args *a)
{
	struct exec_agent agent = { .fd = exec_agent_connect(a->agent_socket) };
	struct exec_order order;
	int code;

	if (agent.fd < 0)
		return EXIT_CODE_FAILED;
	if (exec_order_make(&order, a->program, &c->env) != 0)
		return EXIT_CODE_FAILED;
	code = exec_client_run(&agent, &order);
	exec_order_fini(&order);
	return code;
}

int exec_command(int argc, char **argv)
{
	static const struct argp own = { exec_options, exec_key, NULL, NULL, NULL, NULL, NULL };
	struct exec_args a = { 0 };
	const struct config_line line = { "exec", "Run a program in a machine as if it ran here.",
		"PROGRAM [ARGUMENT...]", &own, &a };
	struct run_config config;
	int code = run_config_from_args(&config, &line, argc, argv);

	if (code)
		return code < 0 ? EXIT_CODE_FAILED : 0;
	if (!a.program) {
		log_errno(-EINVAL, "no program to run: thole exec [OPTION...] PROGRAM [ARGUMENT...]");
		code = EXIT_CODE_FAILED;
	} else {
		code = exec_at_socket(&config, &a);
	}
	run_config_fini(&config);
	return code;
}
