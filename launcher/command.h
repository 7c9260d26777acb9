/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the sub-commands of thole. To add one: its function here, its row in command.c.
 *
 * Threads: main only. Errors: what a command returns is the exit code of the process
 * (exit_code.h); it has then reported why.
 */
#ifndef LAUNCHER_COMMAND_H
#define LAUNCHER_COMMAND_H

struct run_config;

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *help;                  /* one line, lower case, no full stop */
};

int run_command(int argc, char **argv);
int exec_command(int argc, char **argv);
int plan_command(int argc, char **argv);
int kvm_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int isolate_command(int argc, char **argv);
int restore_command(int argc, char **argv);
int pci_command(int argc, char **argv);

/* Start the machine that c describes and wait for its end. An exit code, or negative errno. */
int run_main(const struct run_config *c);

/* The whole program, but for main() itself. */
int command_main(int argc, char **argv);

#endif
