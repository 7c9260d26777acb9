/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_command.c - `thole exec`: from argv to an order, and to an agent that takes it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/command.h"
#include "launcher/config_args.h"
#include "launcher/exec_client.h"
#include "launcher/exec_given.h"
#include "launcher/exec_job.h"
#include "launcher/exec_machine.h"
#include "launcher/exit_code.h"

enum { KEY_AGENT_SOCKET = CONFIG_KEY_OWN, KEY_JOB, KEY_VM };

/* What `exec` has of its own. Strings are argv's. */
struct exec_args {
	const char *agent_socket, *job, *vm; /* one at most */
	struct exec_job found;
	json_t *wanted; /* what was asked for of the machine */
	char **program; /* NULL-terminated; NULL: none */
};

static const struct argp_option exec_options[] = {
	{ .doc = "Which machine to run in", .group = 100 },
	{ "job", KEY_JOB, "ID", 0,
		"that of this job; without it, of the batch system's job, of mpiexec's, or of this program alone", 100 },
	{ "vm", KEY_VM, "NAME", 0, "one that runs already, by its name", 100 },
	{ "agent-socket", KEY_AGENT_SOCKET, "PATH", 0,
		"an agent that listens there already", 100 },
	{ 0 },
};

static error_t exec_key(int key, char *arg, struct argp_state *state)
{
	struct exec_args *a = state->input;

	switch (key) {
	case KEY_JOB: a->job = arg; return 0;
	case KEY_VM: a->vm = arg; return 0;
	case KEY_AGENT_SOCKET: a->agent_socket = arg; return 0;
	case ARGP_KEY_ARG:
		/* The program; all that follows is its own. */
		a->program = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static int defaults(struct run_config *c, void *own_input)
{
	struct exec_args *a = own_input;
	int err;

	if (c->name)
		return log_errno(-EINVAL, "name=%s: exec names a machine after its job: say --job ID, or --vm NAME for one "
			"that runs", c->name);
	if (a->agent_socket)
		return 0;
	a->wanted = exec_given_read(c);
	if (!a->wanted)
		return -ENOMEM;
	err = exec_job_find(&a->found, a->job, c->granularity);
	return err || a->vm ? err : exec_job_defaults(&a->found, c);
}

/* thole itself failed. */
static const struct exec_end failed = { EXIT_CODE_FAILED, 0, true };

static struct exec_end order_run(const struct exec_agent *agent, const struct run_config *c, const struct exec_args *a,
	const struct exec_machine *m)
{
	static char nolocal[] = "MPIR_CVAR_NOLOCAL=1";
	struct exec_order order;
	struct exec_end end;

	if (exec_order_make(&order, a->program, &c->env) != 0) {
		close(agent->fd);
		return failed;
	}
	if (m && m->our_root)
		exec_order_program_find(&order);
	if (m) {
		order.order.cpus = calloc((size_t)m->nr_cpus + 1, sizeof(*order.order.cpus));
		if (order.order.cpus)
			order.order.nr_cpus = exec_bind(order.order.cpus, m, c->bind, &a->found.own, a->found.local_rank);
	}
	/* Hydra tells ranks of one host that they share its memory: here they don't. The list has room for one more. */
	if (m && c->granularity != CONFIG_GRANULARITY_NODE && order.order.pmi != ORDER_PMI_NONE) {
		order.order.env[order.order.nr_env++] = nolocal;
		order.order.env[order.order.nr_env] = NULL;
	}
	end = exec_client_run(agent, &order);
	exec_order_fini(&order);
	return end;
}

static struct exec_end exec_at_socket(const struct run_config *c, const struct exec_args *a)
{
	const struct exec_agent agent = { .fd = exec_agent_connect(a->agent_socket) };

	return agent.fd < 0 ? failed : order_run(&agent, c, a, NULL);
}

static struct exec_end exec_in_machine(const struct run_config *c, const struct exec_args *a)
{
	struct exec_machine m;
	struct exec_end end;
	cpu_set_t cpus;

	/* Whoever says which CPUs may take any of the job's. */
	cpus = a->found.all;
	if (!c->host_cpus.nr)
		exec_job_cpus(&a->found, c->granularity, &cpus);
	if (exec_machine_join(&m, a->vm ? a->vm : c->name, a->vm ? NULL : c, &cpus, a->wanted,
		c->start_timeout_ms) != 0)
		return failed;
	end = order_run(&m.agent, c, a, &m);
	if (a->found.swept)
		exec_machine_leave_wait(&m);
	else
		exec_machine_leave(&m);
	return end;
}

static struct exec_end exec_where(const struct run_config *c, const struct exec_args *a)
{
	if (!!a->agent_socket + !!a->job + !!a->vm > 1) {
		log_errno(-EINVAL, "--job, --vm and --agent-socket each name a machine: give one");
		return failed;
	}
	if (!a->program) {
		log_errno(-EINVAL, "no program to run: thole exec [OPTION...] PROGRAM [ARGUMENT...]");
		return failed;
	}
	return a->agent_socket ? exec_at_socket(c, a) : exec_in_machine(c, a);
}

/*
 * A rank that thole has lost is to end as one that was killed. Hydra takes an exit code for a rank's own, and has the
 * others of the job wait for it: for ever, where they are on other hosts.
 */
static void rank_lost(struct exec_end *end)
{
	if (end->unknown && (getenv("PMI_FD") || getenv("PMI_PORT")))
		end->signal = SIGKILL;
}

int exec_command(int argc, char **argv)
{
	static const struct argp own = { exec_options, exec_key, NULL, NULL, NULL, NULL, NULL };
	struct exec_args a = { 0 };
	const struct config_line line = { .name = "exec", .doc = "Run a program in a machine as if it ran here.",
		.args = "PROGRAM [ARGUMENT...]", .own = &own, .defaults = defaults, .own_input = &a };
	struct run_config config;
	struct exec_end end;
	int code = run_config_from_args(&config, &line, argc, argv);

	if (code) {
		json_decref(a.wanted);
		return code < 0 ? EXIT_CODE_FAILED : 0;
	}
	end = exec_where(&config, &a);
	json_decref(a.wanted);
	run_config_fini(&config);
	rank_lost(&end);
	if (end.signal)
		exec_end_by(end.signal);
	return end.code;
}
