/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the sub-commands of thole. To add one: its function here, its row in command.c.
 *
 * Threads: main only. Errors: what a command returns is the exit code of the process
 * (exit_code.h); it has then reported why.
 */
#ifndef LAUNCHER_COMMAND_H
#define LAUNCHER_COMMAND_H

#include "vmm/util.h"

struct berth;
struct cpulist;
struct run_config;

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *help;                  /* one line, lower case, no full stop */
};

int run_command(int argc, char **argv);
int exec_command(int argc, char **argv);
int ps_command(int argc, char **argv);
int stat_command(int argc, char **argv);
int stop_command(int argc, char **argv);
int console_command(int argc, char **argv);
int plan_command(int argc, char **argv);
int kvm_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int bench_command(int argc, char **argv);
int isolate_command(int argc, char **argv);
int noise_command(int argc, char **argv);
int restore_command(int argc, char **argv);
int pci_command(int argc, char **argv);

/* Start the machine that c describes and wait for its end. An exit code, or negative errno. */
int run_main(const struct run_config *c);
/* The same for a machine that has its place already; NULL: none. */
int run_at_berth(const struct run_config *c, struct berth *berth);

/* What --cpus LIST names, in place of what cpus has; an empty list is an error. Negative errno, reported. */
int command_cpus(struct cpulist *cpus, const char *text) must_check;

/* The whole program, but for main() itself. */
int command_main(int argc, char **argv);

#endif
