/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_request.h - what can be asked of a running machine: a line of JSON.
 *
 *   {"request": "status"}                       {"request": "stop", "hard": true}
 *   {"request": "stat"}                         {"request": "console"}
 *   {"request": "join", "keep": true}
 *
 * Pure; any thread. Errors: -EINVAL and why.
 */
#ifndef LAUNCHER_CONTROL_REQUEST_H
#define LAUNCHER_CONTROL_REQUEST_H

#include "vmm/util.h"

/* A longer line is no request. */
#define CONTROL_LINE_MAX 1024u

enum control_kind { CONTROL_STATUS, CONTROL_STAT, CONTROL_STOP, CONTROL_CONSOLE, CONTROL_JOIN, CONTROL_KINDS };

struct control_request {
	enum control_kind kind;
	bool hard; /* CONTROL_STOP */
	bool keep; /* CONTROL_JOIN */
};

/* line: without its newline, nr bytes, any. why: a constant text. */
int control_request_parse(struct control_request *r, const char *line, size_t nr, const char **why) must_check;

/* The same as a line with its newline; buf of CONTROL_LINE_MAX bytes. */
void control_request_print(const struct control_request *r, char *buf);

#endif
