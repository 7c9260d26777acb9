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

static int write_beside(const char *path, const char *text)
{
	char *temporary = NULL;
	int err = 0;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto out_free;
	}
	err = write_text(fd, text);
	if (!err && fchmod(fd, 0644) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
out_free:
	free(temporary);
	return err;
}

int file_replace(const char *path, const char *text)
{
	struct stat st;
	bool direct = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	int err = direct ? write_direct(path, text) : write_beside(path, text);

	return err ? log_errno(err, "cannot write %s: %m", path) : 0;
}
