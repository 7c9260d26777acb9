/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_answer.h - what a running machine answers, as JSON.
 *
 * Threads: the loop's. Ownership: the caller's. NULL: out of memory.
 */
#ifndef LAUNCHER_CONTROL_ANSWER_H
#define LAUNCHER_CONTROL_ANSWER_H

#include <jansson.h>

#include "launcher/control.h"

json_t *control_answer_error(const char *text);
json_t *control_answer_done(void);
/* Come again when it has ended. */
json_t *control_answer_stopping(void);
json_t *control_answer_status(const struct control *c);
/* Counters since the start, and when they were read: whoever wants rates asks twice. */
json_t *control_answer_stat(const struct control *c);
/* How to reach the machine's agent, which host CPU each vCPU has, and with which options it was started. */
json_t *control_answer_join(struct control *c);

#endif
