/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line to the person who runs thole.
 *
 * The library never prints: it hands lines to the sink that the program installs. An error is
 * reported once, where its context is known, and says what failed, why (%m) and what to do.
 *
 * Threads: log_set_sink() before any other thread; the rest from any thread.
 * Not for the exit path of a vCPU.
 */
#ifndef VMM_LOG_H
#define VMM_LOG_H

#include "vmm/util.h"

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* line: without a newline, valid during the call only. */
typedef void log_sink_fn(void *ctx, enum log_level level, const char *line);

/* sink NULL: lines are dropped (the state at start). */
void log_set_sink(log_sink_fn *sink, void *ctx);

/*
 * Report an error and return it, so that a caller can write `return log_errno(-errno, …)`.
 * err: negative errno; %m in the format is its text.
 */
int log_errno(int err, const char *fmt, ...) printf_like(2, 3);

void log_warn(const char *fmt, ...) printf_like(1, 2);
void log_info(const char *fmt, ...) printf_like(1, 2);
void log_debug(const char *fmt, ...) printf_like(1, 2);

#endif
