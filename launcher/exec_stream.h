/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_stream.h - this process's standard streams, read and written without waiting.
 *
 * They are shared with whoever started us, so they may not be made non-blocking. Where /proc lets us, a
 * pipe is opened anew, non-blocking, which is nobody else's; else the least that a ready descriptor takes.
 *
 * Threads: the loop's. Ownership: descriptors made here go to a flow. Errors: -errno.
 */
#ifndef LAUNCHER_EXEC_STREAM_H
#define LAUNCHER_EXEC_STREAM_H

#include "launcher/agent/flow.h"

/* For descriptors of exec_stream_open(). */
extern const struct flow_io exec_stream_io;
/* The terminal at standard input. -EAGAIN from read also while it is somebody else's. */
extern const struct flow_io exec_terminal_io;
/* Sockets. */
extern const struct flow_io exec_socket_io;

/* A descriptor of our own for a standard stream. */
int exec_stream_open(int fd) must_check;

#endif
