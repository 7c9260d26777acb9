/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stderr_log.c - the program's log sink.
 *
 * A line may quote a file's content or a guest's words: control characters don't reach the
 * terminal.
 */
#include "launcher/stderr_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	enum log_level least;
	bool colour;
} sink;

static const struct {
	const char *word;
	const char *colour;
} levels[] = {
	[LOG_LEVEL_ERR] = { "", "\033[1;31m" },
	[LOG_LEVEL_WARN] = { "warning: ", "\033[1;33m" },
	[LOG_LEVEL_INFO] = { "", "" },
	[LOG_LEVEL_DEBUG] = { "debug: ", "\033[2m" },
};

static void line_write(void *ctx, enum log_level level, const char *line)
{
	const char *colour = sink.colour ? levels[level].colour : "";
	char buf[1152];
	int start, len;

	(void)ctx;
	if (level > sink.least)
		return;
	start = snprintf(buf, sizeof(buf), "%sthole: %s", colour, levels[level].word);
	len = start + snprintf(buf + start, sizeof(buf) - (size_t)start - 16, "%s", line);
	len = min(len, (int)sizeof(buf) - 17);
	for (int i = start; i < len; i++)
		if ((unsigned char)buf[i] < 0x20 || buf[i] == 0x7f)
			buf[i] = buf[i] == '\t' ? ' ' : '?';
	len += snprintf(buf + len, sizeof(buf) - (size_t)len, "%s\n", *colour ? "\033[0m" : "");
	/* Nobody to tell when this fails. */
	if (write(STDERR_FILENO, buf, (size_t)len) < 0)
		return;
}

void stderr_log_install(void)
{
	const char *no_color = getenv("NO_COLOR");

	sink.least = LOG_LEVEL_INFO;
	sink.colour = !(no_color && *no_color) && isatty(STDERR_FILENO);
	log_set_sink(line_write, NULL);
}

void stderr_log_level(enum log_level least)
{
	sink.least = least;
}
