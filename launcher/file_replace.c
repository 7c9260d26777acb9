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

static int write_direct(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return -errno;
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

int file_replace(const char *path, const char *text)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	int err = there && !S_ISREG(st.st_mode) ? write_direct(path, text) :
						 write_beside(path, there ? &st : NULL, text);

	return err ? log_errno(err, "cannot write %s: %m", path) : 0;
}
