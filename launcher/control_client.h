/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_client.h - ask a running machine by its name (control.h is the other end).
 *
 * Threads: main. Errors: negative errno, reported unless said otherwise.
 */
#ifndef LAUNCHER_CONTROL_CLIENT_H
#define LAUNCHER_CONTROL_CLIENT_H

#include <jansson.h>

#include "launcher/control_request.h"

/* A connection to the machine of that name. */
int control_connect(const char *name) must_check;

/* Send a request. -errno, not reported. */
int control_send(int fd, const struct control_request *r) must_check;

/*
 * Wait for an answer, timeout_ms at most (-1: as long as it takes). NULL: none, not reported; *err says
 * why, -ECONNRESET if the machine has gone.
 */
json_t *control_receive(int fd, int timeout_ms, int *err);

/* All of it for one request. NULL: reported. The caller's. */
json_t *control_ask(const char *name, const struct control_request *r);

#endif
