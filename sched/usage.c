/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage.c - see usage.h. */
#include "sched/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 8192 /* the files are about 2 KiB; what we want is near the start or in full lines */

int64_t usage_find(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; *line; line += strspn(line, "\n")) {
		const char *at = line + len;
		char *end;
		long long n;

		if (strncmp(line, key, len) == 0 && strchr(": \t", *at) && *at) {
			at += strspn(at, ": \t");
			errno = 0;
			n = strtoll(at, &end, 10);
			return end == at || errno || n < 0 ? USAGE_UNKNOWN : n;
		}
		line += strcspn(line, "\n");
	}
	return USAGE_UNKNOWN;
}

/* A small file of /proc, "" if it can't be read. */
static void text_read(const char *path, char text[static TEXT_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT_SIZE - 1);

	text[max(n, (ssize_t)0)] = 0;
	if (fd >= 0)
		close(fd);
}

struct usage usage_of(pid_t tid)
{
	struct usage u = { .cpu = { -1 }, .migrations = USAGE_UNKNOWN };
	char path[64], text[TEXT_SIZE];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	text_read(path, text);
	u.voluntary = usage_find(text, "voluntary_ctxt_switches");
	u.involuntary = usage_find(text, "nonvoluntary_ctxt_switches");
	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)tid);
	text_read(path, text);
	if (sscanf(text, "%*d %" SCNd64, &u.waited_ns) != 1)
		u.waited_ns = USAGE_UNKNOWN;
	return u;
}

struct usage usage_read(void)
{
	struct usage u = usage_of(gettid());
	char text[TEXT_SIZE];

	u.cpu.os = sched_getcpu();
	text_read("/proc/thread-self/sched", text);
	u.migrations = usage_find(text, "se.nr_migrations");
	return u;
}

int64_t usage_delta(int64_t a, int64_t b)
{
	return a == USAGE_UNKNOWN || b == USAGE_UNKNOWN ? USAGE_UNKNOWN : b - a;
}
