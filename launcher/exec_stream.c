/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_stream.c - what kind a descriptor is, is asked at every use: it is one system call, and no state. */
#include "launcher/exec_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/terminal.h"

/* A blocking descriptor that polls writable takes this much at once. */
#define PIPE_TAKES 4096u
#define TTY_TAKES  256u

int exec_stream_open(int fd)
{
	int mode = fcntl(fd, F_GETFL);
	char path[40];
	struct stat s;
	int own = -1;

	if (mode < 0 || fstat(fd, &s) < 0)
		return -errno;
	if (S_ISFIFO(s.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, (mode & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (own < 0) /* no pipe, or another user's */
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return own < 0 ? -errno : own;
}

static bool ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) == 1;
}

static bool may_block(int fd, const struct stat *s)
{
	return !S_ISREG(s->st_mode) && !S_ISDIR(s->st_mode) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static ssize_t stream_read(struct flow *f, void *buf, size_t size)
{
	int fd = f->in.fd;
	struct stat s;
	ssize_t n;

	if (fstat(fd, &s) < 0)
		return -errno;
	if (S_ISSOCK(s.st_mode))
		n = recv(fd, buf, size, MSG_DONTWAIT);
	else if (may_block(fd, &s) && !ready(fd, POLLIN))
		return -EAGAIN;
	else
		n = read(fd, buf, size);
	return n < 0 ? -errno : n;
}

static ssize_t stream_write(struct flow *f, const void *buf, size_t size)
{
	int fd = f->out.fd;
	struct stat s;
	ssize_t n;

	if (fstat(fd, &s) < 0)
		return -errno;
	if (S_ISSOCK(s.st_mode)) {
		n = send(fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (may_block(fd, &s)) {
		if (!ready(fd, POLLOUT))
			return -EAGAIN;
		n = write(fd, buf, min(size, S_ISCHR(s.st_mode) ? TTY_TAKES : PIPE_TAKES));
	} else {
		n = write(fd, buf, size);
	}
	return n < 0 ? -errno : n;
}

static ssize_t terminal_in(struct flow *f, void *buf, size_t size)
{
	struct terminal t = { .in = f->in.fd, .out = -1, .open = true };
	ssize_t n;

	if (!ready(f->in.fd, POLLIN))
		return -EAGAIN;
	n = terminal_read(&t, buf, size);
	if (n == -EAGAIN)
		f->in_paused = true;
	return n;
}

static ssize_t socket_read(struct flow *f, void *buf, size_t size)
{
	ssize_t n = recv(f->in.fd, buf, size, MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static ssize_t socket_write(struct flow *f, const void *buf, size_t size)
{
	ssize_t n = send(f->out.fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

const struct flow_io exec_stream_io = { stream_read, stream_write };
const struct flow_io exec_terminal_io = { terminal_in, stream_write };
const struct flow_io exec_socket_io = { socket_read, socket_write };
