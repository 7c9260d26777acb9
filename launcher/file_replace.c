/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_replace.c - see file_replace.h. */
#include "launcher/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

#define TRIES 100 /* names that a killed process of this number may have left */

static int write_whole(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_text(int fd, const char *text)
{
	int err = write_whole(fd, text, strlen(text));

	return err ? err : write_whole(fd, "\n", 1);
}

/* A pipe that nobody reads is an error (ENXIO) and no reason to wait, maybe for ever; one that is read is written to as
 * usual. */
int file_open_direct(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | flags, 0666);
	int now = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (fd < 0)
		return -errno;
	if (now < 0 || fcntl(fd, F_SETFL, now & ~O_NONBLOCK) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int write_direct(const char *path, const char *text)
{
	int fd = file_open_direct(path, 0);
	int err;

	if (fd < 0)
		return fd;
	err = write_text(fd, text);
	close(fd);
	return err;
}

/* A new file beside path, with the mode that umask(2) leaves it; unlike mkstemp(3)'s, which is 0600. Its descriptor, or
 * -errno and no *name. */
static int temporary_open(const char *path, char **name)
{
	for (unsigned i = 0; i < TRIES; i++) {
		int fd;

		if (asprintf(name, "%s.%d-%u", path, getpid(), i) < 0) {
			*name = NULL;
			return -ENOMEM;
		}
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		free(*name);
		*name = NULL;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* former: the file that it replaces, whose mode it takes; NULL: there is none. */
static int write_beside(const char *path, const struct stat *former, const char *text)
{
	char *temporary;
	int err = 0;
	int fd = temporary_open(path, &temporary);

	if (!temporary)
		return fd;
	err = write_text(fd, text);
	if (!err && former && fchmod(fd, former->st_mode & 0777) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
	free(temporary);
	return err;
}

static int direct_check(const char *path)
{
	int fd = file_open_direct(path, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The directory that path is in; to be freed. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

int file_replace_check(const char *path)
{
	struct stat st;
	char *dir = directory_of(path);
	int err = 0;

	if (!dir)
		err = -ENOMEM;
	else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		err = direct_check(path);
	else if (access(dir, W_OK | X_OK) < 0)
		err = -errno;
	free(dir);
	return err ? log_errno(err, "cannot write %s: %m%s", path, err == -ENXIO ? " (nobody reads this pipe)" :
		"; name a file in a directory that is there and yours to write") : 0;
}

int file_replace(const char *path, const char *text)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	int err = there && !S_ISREG(st.st_mode) ? write_direct(path, text) :
						 write_beside(path, there ? &st : NULL, text);

	return err ? log_errno(err, "cannot write %s: %m", path) : 0;
}
