/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_files.h - a recorded host's files, unpacked into a directory of the test's.
 *
 * A .tree file has a line for each: "PATH = TEXT" (with \n and \t), "PATH -> TARGET", "PATH/".
 */
#ifndef TESTS_UNIT_HOST_FILES_H
#define TESTS_UNIT_HOST_FILES_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* Make the directories that a path is in; the last part of it too when it ends in a slash. */
static inline void host_dirs(const char *root, const char *path)
{
	char at[PATH_MAX];

	snprintf(at, sizeof(at), "%s/%s", root, path);
	for (char *p = strchr(at + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(at, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

static inline void host_file(const char *root, const char *path, const char *text)
{
	char at[PATH_MAX];
	FILE *out;

	host_dirs(root, path);
	snprintf(at, sizeof(at), "%s/%s", root, path);
	out = fopen(at, "w");
	assert_non_null(out);
	for (const char *p = text; *p; p++) {
		bool escape = *p == '\\' && (p[1] == 'n' || p[1] == 't');

		fputc(escape ? (p[1] == 'n' ? '\n' : '\t') : *p, out);
		p += escape;
	}
	fputc('\n', out);
	fclose(out);
}

static inline void host_link(const char *root, const char *path, const char *target)
{
	char at[PATH_MAX];

	host_dirs(root, path);
	snprintf(at, sizeof(at), "%s/%s", root, path);
	unlink(at);
	assert_int_equal(symlink(target, at), 0);
}

static inline void host_unpack(const char *root, const char *tree)
{
	char line[2048], *at;
	FILE *in = fopen(tree, "re");

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		if ((at = strstr(line, " = "))) {
			*at = '\0';
			host_file(root, line, at + 3);
		} else if ((at = strstr(line, " -> "))) {
			*at = '\0';
			host_link(root, line, at + 4);
		} else {
			host_dirs(root, line);
		}
	}
	fclose(in);
}

static inline void host_remove(const char *root)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

#endif
