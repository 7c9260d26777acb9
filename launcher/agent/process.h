/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - make the process that an order describes, and hear of its end.
 *
 *   agent
 *     +- keeper   leads the session, waits for the program, reports
 *          +- program   leads its process group: it can be stopped and go on as under a shell
 *
 * Threads: one. Owns: its ends of pipes, of a terminal, of the process manager's connection.
 * Errors: -errno with a text for whoever gave the order; what fails in the new process is a report.
 */
#ifndef LAUNCHER_AGENT_PROCESS_H
#define LAUNCHER_AGENT_PROCESS_H

#include "launcher/agent/order.h"

/* What the keeper says, one struct process_report a write. */
enum process_what { PROCESS_PID, PROCESS_STOPPED, PROCESS_ENDED, PROCESS_FAILED };

/* Where the making of a process failed. */
enum process_stage {
	STAGE_FORK,
	STAGE_STREAMS,
	STAGE_LIMITS,
	STAGE_GROUPS,
	STAGE_USER,
	STAGE_CPUS,
	STAGE_CWD,
	STAGE_EXEC,
	STAGES,
};

struct process_report {
	uint32_t what;
	uint32_t value; /* pid, signal, wait status, stage */
	uint32_t error; /* of FAILED: errno */
};

/* Our ends; -1 where there is none. The caller closes them. */
struct process {
	pid_t keeper;
	int stream[3]; /* of pipes */
	int tty;
	int pmi;        /* connected */
	int pmi_listen; /* or: accept one here */
	int report;     /* non-blocking */
};

struct process_failure {
	uint8_t code; /* exit code for the caller */
	char text[512];
};

/* o: its environment may be changed. 0, or -errno with why filled. */
int process_start(struct process *p, struct order *o, struct process_failure *why) must_check;

/* PROCESS_FAILED in words. */
void process_failure_tell(struct process_failure *why, const struct order *o, const struct process_report *r);

#endif
