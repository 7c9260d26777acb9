/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interleave.c - run commands in turn, many times over, and compare the first with the others.
 *
 * Each round runs every command once, and each round starts with another one, so that whatever
 * the machine does meanwhile falls on all of them; the ratios are of one round's values. Nothing is
 * warmed up and nothing is left out.
 *
 * A value is the time from just before posix_spawn() to the command's end having been noticed, or, with
 * --output, the number that the command prints. Commands get no input.
 *
 * With --slice, a round's commands are all there at once and have the machine in turn, so that they meet the same of
 * its moods; what a command prints must then not depend on its being stopped now and then. Who begins is slices_first()'s.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/sample.h"
#include "benchmarks/slices.h"

#define COMMANDS_MAX 8
#define LEVEL	     0.95

struct command {
	const char *name;
	int status; /* exit code of success */
	char **argv;
	double *value;
	struct sample own;
	struct sample ratio; /* the first command's values over these */
};

struct plan {
	size_t rounds;
	bool output; /* values are what the commands print, not their time */
	unsigned slice; /* ms; 0: one command after the other */
	bool json;
	size_t nr;
	struct command command[COMMANDS_MAX];
};

static const char usage[] =
	"usage: interleave [OPTION]... -- NAME STATUS COMMAND [ARGUMENT]... [-- NAME STATUS COMMAND...]...\n"
	"\n"
	"Runs the commands in turn and compares the first with each of the others.\n"
	"\n"
	"  NAME STATUS     what the command is called, and the exit code that it has to end with\n"
	"  --rounds N      runs of each command (default: 25)\n"
	"  --output        compare the numbers that the commands print, not the time they take\n"
	"  --slice MS      with --output: run a round's commands together, each for so long in turn\n"
	"  --json          print JSON, with every value\n";

static struct slice_text running[COMMANDS_MAX]; /* for the signals' handler, too */

/* Those that have not ended. Safe in a signal's handler. */
static void running_kill(void)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++)
		if (running[i].process.pid > 0)
			kill(running[i].process.pid, SIGKILL);
}

static noreturn_fn printf_like(1, 2) void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("interleave: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	running_kill();
	exit(1);
}

/* A stopped command would stay for ever. */
static void on_signal(int sig)
{
	running_kill(); /* NOLINT(bugprone-signal-handler): kill(2) only */
	signal(sig, SIG_DFL);
	raise(sig);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Start it with its standard output at out, or nowhere if that is -1. */
static pid_t command_spawn(const struct command *c, int out)
{
	extern char **environ;
	posix_spawn_file_actions_t files;
	pid_t pid;
	int err;

	if (!c->argv[0])
		fail("%s: no command", c->name);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (out < 0)
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	err = posix_spawnp(&pid, c->argv[0], &files, NULL, c->argv, environ);
	if (err)
		fail("%s: cannot run %s: %s", c->name, c->argv[0], strerror(err));
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static void command_ended(const struct command *c, int status)
{
	if (WIFSIGNALED(status))
		fail("%s: was killed by signal %d", c->name, WTERMSIG(status));
	if (WEXITSTATUS(status) != c->status)
		fail("%s: ended with %d, not %d", c->name, WEXITSTATUS(status), c->status);
}

static void command_wait(const struct command *c, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	command_ended(c, status);
}

static double command_time(const struct command *c)
{
	double start = now();

	command_wait(c, command_spawn(c, -1));
	return now() - start;
}

static double command_number(const struct command *c, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || strspn(end, " \r\n") != strlen(end))
		fail("%s: printed \"%.40s\", which is not one number", c->name, text);
	return value;
}

/* Start it; *out: where its output can be read. */
static pid_t command_spawn_heard(const struct command *c, int *out)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		fail("pipe: %s", strerror(errno));
	pid = command_spawn(c, pipes[1]);
	close(pipes[1]);
	*out = pipes[0];
	return pid;
}

static double command_output(const struct command *c)
{
	char text[SLICE_TEXT_MAX];
	size_t nr = 0;
	ssize_t n;
	int out;
	pid_t pid = command_spawn_heard(c, &out);

	while (nr < sizeof(text) - 1 && (n = read(out, text + nr, sizeof(text) - 1 - nr)) != 0) {
		if (n < 0 && errno != EINTR)
			fail("read: %s", strerror(errno));
		nr += n > 0 ? (size_t)n : 0;
	}
	close(out);
	command_wait(c, pid);
	text[nr] = '\0';
	return command_number(c, text);
}

static void round_run_sliced(struct plan *p, size_t round)
{
	struct slice_process *slices[COMMANDS_MAX];
	size_t first = slices_first(round, p->nr);
	int err;

	for (size_t k = 0; k < p->nr; k++) {
		size_t at = (first + k) % p->nr;

		running[at] = (struct slice_text){ .process.ops = &slice_text_ops };
		running[at].process.pid = command_spawn_heard(&p->command[at], &running[at].out);
		slices[at] = &running[at].process;
	}
	err = slices_run(slices, p->nr, first, p->slice);
	if (err)
		fail("cannot run commands in slices: %s", strerror(-err));
	for (size_t k = 0; k < p->nr; k++) {
		close(running[k].out);
		command_ended(&p->command[k], running[k].process.status);
		p->command[k].value[round] = command_number(&p->command[k], running[k].text);
	}
}

static void rounds_run(struct plan *p)
{
	for (size_t round = 0; round < p->rounds; round++) {
		if (p->slice) {
			round_run_sliced(p, round);
			continue;
		}
		for (size_t k = 0; k < p->nr; k++) {
			struct command *c = &p->command[(round + k) % p->nr];

			c->value[round] = p->output ? command_output(c) : command_time(c);
		}
	}
}

static void describe(struct plan *p)
{
	for (size_t k = 0; k < p->nr; k++) {
		struct command *c = &p->command[k];
		int err = sample_describe(c->value, p->rounds, LEVEL, &c->own);

		if (!err)
			err = sample_describe_ratio(p->command[0].value, c->value, p->rounds, LEVEL, &c->ratio);
		if (err)
			fail("%s: no statistics of its values: %s", c->name, strerror(-err));
	}
}

static json_t *sample_json(const struct sample *s)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:[f, f]}", "min", s->min, "q1", s->q1, "median", s->median,
		"q3", s->q3, "max", s->max, "interval", s->sure.low, s->sure.high);
}

static json_t *command_json(const struct plan *p, const struct command *c)
{
	json_t *argv = json_array();
	json_t *values = json_array();
	json_t *obj;

	for (char **a = c->argv; *a; a++)
		json_array_append_new(argv, json_string(*a));
	for (size_t i = 0; i < p->rounds; i++)
		json_array_append_new(values, json_real(c->value[i]));
	obj = json_pack("{s:s, s:o, s:o, s:o}", "name", c->name, "argv", argv, "own", sample_json(&c->own),
		"values", values);
	if (c != p->command)
		json_object_set_new(obj, "ratio", sample_json(&c->ratio));
	return obj;
}

static int json_print(const struct plan *p)
{
	json_t *commands = json_array();
	json_t *root = json_pack("{s:I, s:I, s:s, s:f, s:o}", "rounds", (json_int_t)p->rounds, "slice_ms",
		(json_int_t)p->slice, "unit", p->output ? "output" : "seconds", "level", LEVEL, "commands", commands);
	int err;

	for (size_t k = 0; k < p->nr; k++)
		json_array_append_new(commands, command_json(p, &p->command[k]));
	err = json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) < 0 || putchar('\n') < 0;
	json_decref(root);
	return err;
}

static int table_print(const struct plan *p)
{
	double scale = p->output ? 1 : 1e3;

	printf("%zu rounds, %s\n", p->rounds, p->output ? "as printed" : "ms");
	printf("%-16s %12s %12s %12s   %s / it, %.0f %% interval\n", "", "median", "min", "max", p->command[0].name,
		LEVEL * 100);
	for (size_t k = 0; k < p->nr; k++) {
		const struct command *c = &p->command[k];

		printf("%-16s %12.3f %12.3f %12.3f", c->name, c->own.median * scale, c->own.min * scale,
			c->own.max * scale);
		if (k)
			printf("   %.4f, %.4f to %.4f", c->ratio.median, c->ratio.sure.low, c->ratio.sure.high);
		putchar('\n');
	}
	return ferror(stdout);
}

/* argv: NAME STATUS COMMAND..., further such lists after "--"; NULL-terminated. */
static void commands_parse(struct plan *p, char **argv)
{
	while (*argv) {
		struct command *c = &p->command[p->nr++];
		char *end;

		if (p->nr > COMMANDS_MAX)
			fail("more than %d commands", COMMANDS_MAX);
		for (size_t i = 0; i < 3; i++)
			if (!argv[i] || strcmp(argv[i], "--") == 0)
				fail("a command needs its NAME and STATUS first (see --help)");
		c->name = argv[0];
		c->status = (int)strtol(argv[1], &end, 10);
		if (*end || end == argv[1])
			fail("%s: the exit code \"%s\" is no number", c->name, argv[1]);
		c->argv = argv + 2;
		c->value = calloc(p->rounds, sizeof(*c->value));
		if (!c->value)
			fail("no memory");
		for (argv += 2; *argv && strcmp(*argv, "--") != 0; argv++)
			;
		if (*argv)
			*argv++ = NULL;
	}
	if (!p->nr)
		fail("no command (see --help)");
}

static unsigned number_parse(const char *option, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 1 || n > 100000)
		fail("--%s: \"%s\" is no number from 1 to 100000", option, text);
	return (unsigned)n;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "output", no_argument, NULL, 'o' },
		{ "slice", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct plan p = { .rounds = 25 };

	for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		switch (c) {
		case 'r': p.rounds = number_parse("rounds", optarg); break;
		case 's': p.slice = number_parse("slice", optarg); break;
		case 'o': p.output = true; break;
		case 'j': p.json = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: return 1;
		}
	}
	commands_parse(&p, argv + optind);
	if (p.slice && !p.output)
		fail("--slice needs --output: the time of a command that is stopped says nothing");
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	rounds_run(&p);
	describe(&p);
	if ((p.json ? json_print(&p) : table_print(&p)) || fflush(stdout) != 0)
		fail("cannot write: %s", strerror(errno));
	for (size_t k = 0; k < p.nr; k++)
		free(p.command[k].value);
	return 0;
}
