/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hostfs.c - see hostfs.h. */
#include "sched/hostfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (64u << 10) /* more than any file of the kernel that is of interest here */

int hostfs_open(struct hostfs *t, const char *root)
{
	*t = (struct hostfs){ .root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	return t->root < 0 ? -errno : 0;
}

void hostfs_close(struct hostfs *t)
{
	if (t->root >= 0)
		close(t->root);
	t->root = -1;
}

static const char *below(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

int hostfs_before(const struct hostfs *t, enum hostfs_op op, const char *path, const char *text)
{
	return t->hook ? t->hook->before(t->hook->ctx, op, path, text) : 0;
}

void hostfs_after(const struct hostfs *t, enum hostfs_op op, const char *path, const char *text)
{
	if (t->hook)
		t->hook->after(t->hook->ctx, op, path, text);
}

char *hostfs_read(const struct hostfs *t, const char *path, int *err)
{
	int fd = openat(t->root, below(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = fd < 0 ? NULL : malloc(TEXT_MAX);
	size_t len = 0;
	ssize_t n = 0;

	*err = fd < 0 ? -errno : text ? 0 : -ENOMEM;
	while (text && len < TEXT_MAX - 1 && (n = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		*err = -errno;
	if (fd >= 0)
		close(fd);
	if (*err || !text) {
		free(text);
		return NULL;
	}
	text[len] = 0;
	return text;
}

int hostfs_write(const struct hostfs *t, const char *path, const char *text)
{
	int err = hostfs_before(t, HOSTFS_WRITE, path, text);
	ssize_t n;
	int fd;

	if (err)
		return err;
	/* Files of the kernel don't care for O_TRUNC; others would keep the rest of a longer text. */
	fd = openat(t->root, below(path), O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	err = n < 0 ? -errno : (size_t)n < strlen(text) ? -EIO : 0;
	close(fd);
	if (!err)
		hostfs_after(t, HOSTFS_WRITE, path, text);
	return err;
}

bool hostfs_exists(const struct hostfs *t, const char *path)
{
	return faccessat(t->root, below(path), F_OK, 0) == 0;
}

bool hostfs_writable(const struct hostfs *t, const char *path)
{
	return faccessat(t->root, below(path), W_OK, AT_EACCESS) == 0;
}

int hostfs_mkdir(const struct hostfs *t, const char *path)
{
	int err = hostfs_before(t, HOSTFS_MKDIR, path, "");

	if (err)
		return err;
	if (mkdirat(t->root, below(path), 0755) < 0)
		return -errno;
	hostfs_after(t, HOSTFS_MKDIR, path, "");
	return 0;
}

int hostfs_rmdir(const struct hostfs *t, const char *path)
{
	int err = hostfs_before(t, HOSTFS_RMDIR, path, "");

	if (err)
		return err;
	if (unlinkat(t->root, below(path), AT_REMOVEDIR) < 0)
		return -errno;
	hostfs_after(t, HOSTFS_RMDIR, path, "");
	return 0;
}

int hostfs_each(const struct hostfs *t, const char *path, int (*fn)(void *ctx, const char *name), void *ctx)
{
	int fd = openat(t->root, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	for (const struct dirent *e; !err && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = fn(ctx, e->d_name);
	closedir(dir);
	return err;
}
