/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.c - format a line and hand it to the sink.
 *
 * The sink is the library's one piece of process-wide state: errors come from the deepest places,
 * and a context passed everywhere only for them would be noise.
 */
#include "vmm/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static struct {
	log_sink_fn *fn;
	void *ctx;
} sink;

void log_set_sink(log_sink_fn *fn, void *ctx)
{
	sink.fn = fn;
	sink.ctx = ctx;
}

static void log_line(enum log_level level, const char *fmt, va_list args)
{
	char line[1024];

	if (!sink.fn)
		return;
	vsnprintf(line, sizeof(line), fmt, args);
	sink.fn(sink.ctx, level, line);
}

int log_errno(int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	errno = -err;
	log_line(LOG_LEVEL_ERR, fmt, args);
	va_end(args);
	return err;
}

#define LOG_FN(name, level)                    \
	void log_##name(const char *fmt, ...)  \
	{                                      \
		int saved = errno;             \
		va_list args;                  \
                                               \
		va_start(args, fmt);           \
		log_line(level, fmt, args);    \
		va_end(args);                  \
		errno = saved;                 \
	}

LOG_FN(warn, LOG_LEVEL_WARN)
LOG_FN(info, LOG_LEVEL_INFO)
LOG_FN(debug, LOG_LEVEL_DEBUG)
