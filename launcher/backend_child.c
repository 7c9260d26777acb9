/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend_child.c - a listening socket that nobody but thole has ever been able to connect to.
 *
 * virtiofsd and qemu-storage-daemon take a descriptor that listens, not one that is connected. So a
 * socket gets a name in a directory that is ours alone, is connected to, and loses its name at once. This is
 * done here rather than in thole: if thole is killed meanwhile, this process goes on to remove the name
 * before it notices.
 */
#include "launcher/backend_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(int channel, struct backend_told told, const char *what, int fd)
{
	struct iovec part = { &told, sizeof(told) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .align = { .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };

	snprintf(told.what, sizeof(told.what), "%s", what);
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
	}
	(void)sendmsg(channel, &h, MSG_NOSIGNAL);
}

static noreturn_fn void fail(int channel, int err, const char *what)
{
	tell(channel, (struct backend_told){ .err = err }, what, -1);
	_exit(127);
}

/* Where a socket may have a short name for a moment. */
static const char *directory(void)
{
	const char *names[] = { getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR") };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && *names[i] == '/' && strlen(names[i]) < 80 && access(names[i], W_OK) == 0)
			return names[i];
	return "/tmp";
}

static int listen_and_connect(const struct sockaddr_un *at, int *connection)
{
	const struct sockaddr *name = (const struct sockaddr *)at;
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);

	*connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listening < 0 || *connection < 0 || bind(listening, name, sizeof(*at)) < 0 ||
		listen(listening, 1) < 0 || connect(*connection, name, sizeof(*at)) < 0)
		return -errno;
	return listening;
}

/* The listening socket, with its one connection made; -errno. */
static int socket_make(int *connection)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char dir[96];
	int fd;

	snprintf(dir, sizeof(dir), "%s/thole-XXXXXX", directory());
	if (!mkdtemp(dir))
		return -errno;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", dir);
	fd = listen_and_connect(&at, connection);
	unlink(at.sun_path);
	rmdir(dir);
	return fd;
}

static void signals_default(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
}

/* Standard streams and the two descriptors it gets; everything else closes at exec. They are first moved
 * out of the way of the numbers that they shall have. */
static int descriptors_place(int listening, int output, int file)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int from[] = { fcntl(null, F_DUPFD_CLOEXEC, 16), fcntl(output, F_DUPFD_CLOEXEC, 16),
		fcntl(output, F_DUPFD_CLOEXEC, 16), fcntl(listening, F_DUPFD_CLOEXEC, 16),
		file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 16) };
	const unsigned first = file < 0 ? BACKEND_FILE : BACKEND_FILE + 1;

	for (int to = 0; to < (int)first; to++)
		if (from[to] < 0 || dup2(from[to], to) < 0)
			return -errno;
	return close_range(first, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

void backend_child(const struct backend_setup *s, pid_t parent, int channel, int output)
{
	const char *what = "";
	int connection = -1;
	int listening, err;

	setsid();
	signals_default();
	listening = socket_make(&connection);
	if (listening < 0)
		fail(channel, listening, "make a socket");
	tell(channel, (struct backend_told){ 0 }, "", connection);
	/* Out of the way of what it inherits. */
	channel = fcntl(channel, F_DUPFD_CLOEXEC, 32);
	if ((err = descriptors_place(listening, output, s->file)) != 0)
		fail(channel, err, "pass on descriptors");
	if (s->prepare && (err = s->prepare(s->ctx, &what)) != 0) {
		tell(channel, (struct backend_told){ .err = err, .preparing = true }, what, -1);
		_exit(127);
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		fail(channel, -ESRCH, "be there for thole");
	execv(s->argv[0], s->argv);
	fail(channel, -errno, "run it");
}
