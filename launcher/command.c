/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.c - the table of sub-commands, and the way from argv to one of them. */
#include "launcher/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launcher/exit_code.h"
#include "launcher/handover.h"
#include "launcher/option.h"
#include "launcher/output.h"
#include "launcher/stderr_log.h"
#include "launcher/suggest.h"
#include "vmm/cpulist.h"

static int help_command(int argc, char **argv);

static const struct command commands[] = {
	{ "run", run_command, "start a machine and wait for its end" },
	{ "exec", exec_command, "run a program in a machine as if it ran here" },
	{ "ps", ps_command, "list the machines that run" },
	{ "stat", stat_command, "show the exits and the memory of a running machine" },
	{ "stop", stop_command, "end a running machine" },
	{ "console", console_command, "show the console of a running machine" },
	{ "kvm", kvm_command, "show what this host's KVM can do" },
	{ "plan", plan_command, "show where a machine would live, without starting it" },
	{ "doctor", doctor_command, "show what keeps this host from the speed of the metal" },
	{ "pci", pci_command, "show devices that can be handed over, take them, give them back" },
	{ "noise", noise_command, "show what takes this host's CPUs away, how often and for how long" },
	{ "isolate", isolate_command, "keep other work away from CPUs, or show what that takes" },
	{ "restore", restore_command, "put back what isolation has changed on this host" },
	{ "bench", bench_command, "measure what a virtual machine costs on this host" },
	{ "help", help_command, "show how a command is used" },
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void usage_print(FILE *out)
{
	fputs("usage: thole COMMAND [OPTION...]\n"
	      "       thole --help | --version\n"
	      "\n"
	      "Runs a virtual machine on the processors and the memory that it is given.\n"
	      "\n"
	      "commands:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n"
		"exit codes of run:\n"
		"  %-10d the guest powered off; others, a code that the guest gave\n"
		"  %-10d the guest rebooted, and --reboot was not given\n"
		"  %-10d the guest crashed\n"
		"  %-10d the guest was stopped hard\n"
		"  %-10d thole failed: usage, configuration or host\n"
		"\n"
		"`thole COMMAND --help` lists a command's options; thole(1) and thole.cfg(5) "
		"say more.\n",
		EXIT_CODE_POWEROFF, EXIT_CODE_REBOOT, EXIT_CODE_CRASHED, EXIT_CODE_KILLED,
		EXIT_CODE_FAILED);
}

/* For completion and the manual pages: a record a line, its fields between tabs, none empty. */
static void options_print(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "command\t%s\t%s\n", commands[i].name, commands[i].help);
	for (uint32_t i = 0; i < options_nr; i++) {
		const struct option_row *o = &options[i];

		fprintf(out, "option\t%s\t%c\t%s\t%s\t", o->name, o->letter ? o->letter : '-',
			o->type->kind, option_groups[o->group]);
		if (!o->choice)
			fputs(o->type->bare == BARE_BOOL ? "yes no" : "-", out);
		for (const char *const *c = o->choice; c && *c; c++)
			fprintf(out, "%s%s", c == o->choice ? "" : " ", *c);
		fprintf(out, "\t%s\t%s\t%s\t%s\t%s\n", o->arg ? o->arg : "-", o->def ? o->def : "-",
			o->type->list ? "list" : "one", o->help, o->more ? o->more : "-");
	}
}

static int unknown_command(const char *name)
{
	struct suggest s;
	char hint[80];

	suggest_start(&s, name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		suggest_offer(&s, commands[i].name);
	log_errno(-EINVAL, "no command \"%.40s\"%s%s", name, suggest_text(&s, hint, sizeof(hint)),
		s.best ? "" : "; `thole --help` lists them");
	return EXIT_CODE_FAILED;
}

static int help_command(int argc, char **argv)
{
	char help[] = "--help";
	const struct command *c;

	if (argc < 2 || argv[1][0] == '-') {
		usage_print(stdout);
		return 0;
	}
	c = command_find(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	return c->run(2, (char *[]){ argv[1], help, NULL });
}

/* A standard stream that the caller has closed: its number must not become guest memory or /dev/kvm,
 * which output would then go to. Read or written, it still fails as a closed one does. */
static void streams_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
}

/* Devices that a killed thole had go back before anything else looks at the host. To be told how is no reason, and
 * `thole pci` has a command that counts them. */
static void recover(const struct command *c, const char *first)
{
	if (c->run != help_command && c->run != pci_command && strcmp(first, "--help") != 0)
		handover_recover();
}

/*
 * A file that becomes too large (ulimit -f) is an error of one write, not our end. What was ignored before stays as it
 * was: programs that exec starts are to know whose wish it is.
 */
static void file_limit_survive(void)
{
	struct sigaction now;

	if (sigaction(SIGXFSZ, NULL, &now) < 0 || now.sa_handler != SIG_IGN)
		signal(SIGXFSZ, SIG_IGN);
}

int command_cpus(struct cpulist *cpus, const char *text)
{
	const char *why;

	cpulist_fini(cpus);
	if (cpulist_parse(cpus, text, &why, NULL) != 0)
		return log_errno(-EINVAL, "--cpus=%.60s: %s; a list looks like 2-15,18", text, why);
	return cpus->nr ? 0 : log_errno(-EINVAL, "--cpus: expected a list such as 2-15,18");
}

/* What is asked in place of a command; false: it is none of these. */
static bool word_answer(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		usage_print(stdout);
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		puts("thole " THOLE_VERSION "\nLicence: GPL-2.0-or-later; there is no warranty.");
	else if (strcmp(word, "--dump-options") == 0)
		options_print(stdout);
	else
		return false;
	return true;
}

int command_main(int argc, char **argv)
{
	const struct command *c;
	const char *word;
	int code;

	streams_hold();
	file_limit_survive();
	stderr_log_install();
	if (argc < 2) {
		usage_print(stderr);
		return EXIT_CODE_FAILED;
	}
	word = argv[1];
	if (word_answer(word))
		return output_end() ? EXIT_CODE_FAILED : 0;
	c = command_find(word);
	if (!c)
		return unknown_command(word);
	recover(c, argc > 2 ? argv[2] : "");
	code = c->run(argc - 1, argv + 1);
	return code || output_end() == 0 ? code : EXIT_CODE_FAILED;
}
