/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_tree.c - one way to each file, always below the root. */
#include "passthrough/host_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void path_make(const struct host_tree *t, char path[static PATH_MAX], const char *format, va_list args)
{
	int n = snprintf(path, PATH_MAX, "%s/", t->root);

	if (n > 0 && n < PATH_MAX)
		vsnprintf(path + n, (size_t)(PATH_MAX - n), format, args);
}

#define PATH_OF(t, path, format)                       \
	do {                                           \
		va_list path_args;                     \
		va_start(path_args, format);           \
		path_make((t), (path), (format), path_args); \
		va_end(path_args);                     \
	} while (0)

const char *tree_line(const struct host_tree *t, char *buf, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	FILE *in;

	PATH_OF(t, path, format);
	in = fopen(path, "re");
	if (!in || !fgets(buf, (int)size, in))
		buf[0] = '\0';
	if (in)
		fclose(in);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

int64_t tree_number(const struct host_tree *t, int64_t other, const char *format, ...)
{
	char path[PATH_MAX], line[64], *end;
	struct host_tree here = { .root = "" };
	long long v;

	PATH_OF(t, path, format);
	tree_line(&here, line, sizeof(line), "%s", path);
	errno = 0;
	v = strtoll(line, &end, 0);
	return end == line || errno ? other : v;
}

const char *tree_target(const struct host_tree *t, char *buf, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t n;

	PATH_OF(t, path, format);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

const char *tree_link(const struct host_tree *t, char *buf, size_t size, const char *format, ...)
{
	char path[PATH_MAX], to[PATH_MAX];
	struct host_tree here = { .root = "" };
	const char *last;

	PATH_OF(t, path, format);
	tree_target(&here, to, sizeof(to), "%s", path);
	last = strrchr(to, '/');
	snprintf(buf, size, "%s", last ? last + 1 : to);
	return buf;
}

bool tree_has(const struct host_tree *t, const char *format, ...)
{
	char path[PATH_MAX];

	PATH_OF(t, path, format);
	return access(path, F_OK) == 0;
}

FILE *tree_open(const struct host_tree *t, const char *format, ...)
{
	char path[PATH_MAX];

	PATH_OF(t, path, format);
	return fopen(path, "re");
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

void tree_names(const struct host_tree *t, const char *path, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	char at[PATH_MAX];
	struct dirent **entry;
	bool more = true;
	int n;

	snprintf(at, sizeof(at), "%s/%s", t->root, path);
	n = scandir(at, &entry, not_dots, alphasort);
	for (int i = 0; i < n; i++) {
		more = more && fn(ctx, entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static int file_write(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n < 0 || (size_t)n < size)
		err = n < 0 ? -errno : -EIO;
	close(fd);
	return err;
}

int tree_write(const struct host_tree *t, const char *text, const char *format, ...)
{
	char path[PATH_MAX];

	PATH_OF(t, path, format);
	return t->write ? t->write(t->ctx, path + strlen(t->root) + 1, text) : file_write(path, text);
}
