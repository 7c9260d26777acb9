/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log_lines.h - what is logged during a test: how many lines, and the last one. A sink: log_set_sink(log_lines_keep, &lines). */
#ifndef TESTS_UNIT_LOG_LINES_H
#define TESTS_UNIT_LOG_LINES_H

#include <stdio.h>

#include "vmm/log.h"

struct log_lines {
	enum log_level least; /* what matters less is not kept */
	unsigned nr;
	char last[1024];
};

static inline void log_lines_keep(void *ctx, enum log_level level, const char *line)
{
	struct log_lines *l = ctx;

	if (level > l->least)
		return;
	l->nr++;
	snprintf(l->last, sizeof(l->last), "%s", line);
}

#endif
