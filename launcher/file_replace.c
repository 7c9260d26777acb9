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

/* Our own standard output or error, if it is that file: /dev/stdout, with a file behind it. -1: neither. */
static int own_stream(const struct stat *st)
{
	struct stat own;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
			return fd;
	return -1;
}

/* What is behind the links that lead there, if anything is; else path itself. To be freed; NULL: no memory. */
static char *place_of(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

/* The directory that path is in; to be freed. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

static int place_check(const char *path)
{
	char *place = place_of(path), *dir = place ? directory_of(place) : NULL;
	int err = !dir ? -ENOMEM : access(dir, W_OK | X_OK) < 0 ? -errno : 0;

	free(dir);
	free(place);
	return err;
}

int file_replace_check(const char *path)
{
	struct stat st;
	int err = 0;

	if (stat(path, &st) < 0)
		err = place_check(path);
	else if (!S_ISREG(st.st_mode))
		err = direct_check(path);
	else if (own_stream(&st) < 0)
		err = place_check(path);
	return err ? log_errno(err, "cannot write %s: %m%s", path, err == -ENXIO ? " (nobody reads this pipe)" :
		"; name a file in a directory that is there and yours to write") : 0;
}

/* st: of path; NULL: it is not there. */
static int write_there(const char *path, const struct stat *st, const char *text)
{
	int own = st ? own_stream(st) : -1;
	char *place;
	int err;

	if (st && !S_ISREG(st->st_mode))
		return write_direct(path, text);
	if (own >= 0)
		return fflush(stdout) == 0 ? write_text(own, text) : -errno;
	place = place_of(path);
	err = place ? write_beside(place, st, text) : -ENOMEM;
	free(place);
	return err;
}

int file_replace(const char *path, const char *text)
{
	struct stat st;
	int err = write_there(path, stat(path, &st) == 0 ? &st : NULL, text);

	return err ? log_errno(err, "cannot write %s: %m", path) : 0;
}
