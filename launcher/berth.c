/* SPDX-License-Identifier: GPL-2.0-or-later */
/* berth.c - directories, locks on them, and sockets by names that may be longer than a socket's can. */
#include "launcher/berth.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"

#define BACKLOG 4096

/* How often to see whether a machine has left. */
#define AWAIT_US 5000

void berth_name_clean(char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			*name = '-';
}

static void path_make(char *path)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (runtime && *runtime == '/' && strlen(runtime) < PATH_MAX - 16)
		snprintf(path, PATH_MAX, "%s/thole", runtime);
	else
		snprintf(path, PATH_MAX, "/tmp/thole-%u", geteuid());
}

/* Only what nobody else can have put there. */
static int harbour_check(int fd, const char *path)
{
	struct stat s;

	if (fstat(fd, &s) < 0)
		return log_errno(-errno, "%s: %m", path);
	if (s.st_uid != geteuid() || (s.st_mode & 077))
		return log_errno(-EPERM, "%s belongs to user %u with mode %o, not to you alone: remove it, or set "
			"XDG_RUNTIME_DIR to a directory of yours", path, s.st_uid, s.st_mode & 07777);
	return 0;
}

int harbour_open(char *path)
{
	int err, fd;

	path_make(path);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return log_errno(-errno, "cannot make %s, where machines with a name are found: %m; does "
			"XDG_RUNTIME_DIR exist?", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return log_errno(-errno, "cannot open %s, where machines with a name are found: %m", path);
	err = harbour_check(fd, path);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int harbour_lock(int harbour)
{
	int n;

	do
		n = flock(harbour, LOCK_EX);
	while (n < 0 && errno == EINTR);
	return n < 0 ? log_errno(-errno, "cannot lock the directory of machines: %m") : 0;
}

void harbour_unlock(int harbour)
{
	flock(harbour, LOCK_UN);
}

/* Through /proc, so that the length of the path is no matter. */
static struct sockaddr_un socket_name(int dir)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/control", dir);
	return at;
}

static int dir_open(int harbour, const char *name)
{
	int fd = openat(harbour, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int listen_open(const struct berth *b)
{
	struct sockaddr_un at = socket_name(b->dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return log_errno(-errno, "cannot make a socket: %m");
	unlinkat(b->dir, "control", 0);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	log_errno(-errno, "cannot listen at %s/control: %m", b->path);
	close(fd);
	return -EIO;
}

static int dir_take(struct berth *b, const char *path)
{
	if (mkdirat(b->harbour, b->name, 0700) < 0 && errno != EEXIST)
		return log_errno(-errno, "cannot make %s/%s: %m", path, b->name);
	b->dir = dir_open(b->harbour, b->name);
	if (b->dir < 0)
		return log_errno(b->dir, "cannot open %s/%s: %m", path, b->name);
	if (flock(b->dir, LOCK_EX | LOCK_NB) < 0) {
		close(b->dir);
		return errno == EWOULDBLOCK ? -EBUSY : log_errno(-errno, "cannot lock %s/%s: %m", path, b->name);
	}
	snprintf(b->path, sizeof(b->path), "%s/%s", path, b->name);
	return 0;
}

int berth_take(struct berth *b, int harbour, const char *path, const char *name)
{
	int err;

	*b = (struct berth){ .harbour = harbour, .dir = -1, .listen = -1 };
	snprintf(b->name, sizeof(b->name), "%s", name);
	if (getrandom(b->key, sizeof(b->key), 0) != (ssize_t)sizeof(b->key))
		err = log_errno(-EIO, "there are no random numbers for a key");
	else
		err = dir_take(b, path);
	if (!err && (b->listen = listen_open(b)) < 0) {
		err = b->listen;
		berth_clear(harbour, name);
		close(b->dir);
	}
	if (err)
		close(harbour);
	return err;
}

static void dir_clear(int harbour, int dir, const char *name)
{
	unlinkat(dir, "control", 0);
	unlinkat(dir, "log", 0);
	unlinkat(harbour, name, AT_REMOVEDIR);
}

/* With the harbour locked, so that nobody comes any more. */
static void late_answer(int listen_fd)
{
	static const char text[] = "{\"error\": \"the machine is being stopped\", \"stopping\": true}\n";
	int fd;

	while ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		ssize_t n = send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);

		(void)n;
		close(fd);
	}
}

void berth_leave(struct berth *b)
{
	if (harbour_lock(b->harbour) == 0)
		dir_clear(b->harbour, b->dir, b->name);
	if (b->stopped)
		late_answer(b->listen);
	close(b->listen);
	close(b->dir);
	close(b->harbour); /* and its lock */
}

int berth_connect(int harbour, const char *name)
{
	int dir = dir_open(harbour, name);
	struct sockaddr_un at;
	int fd, err = 0;

	if (dir < 0)
		return dir;
	at = socket_name(dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		err = -errno;
	close(dir);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

bool berth_is_taken(int harbour, const char *name)
{
	int dir = dir_open(harbour, name);
	bool taken = dir >= 0 && flock(dir, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (dir >= 0)
		close(dir);
	return taken;
}

void berth_clear(int harbour, const char *name)
{
	int dir = dir_open(harbour, name);

	if (dir < 0)
		return;
	dir_clear(harbour, dir, name);
	close(dir);
}

void harbour_clear(int harbour)
{
	DIR *dir = fdopendir(dup(harbour));
	struct dirent *e;

	if (!dir)
		return;
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && !berth_is_taken(harbour, e->d_name))
			berth_clear(harbour, e->d_name);
	closedir(dir);
}

int berth_open(int harbour, const char *name)
{
	return dir_open(harbour, name);
}

bool berth_await(int berth, uint32_t timeout_ms)
{
	uint64_t until = clock_now_ns() + (uint64_t)timeout_ms * 1000000;

	while (flock(berth, LOCK_SH | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || clock_now_ns() > until)
			return false;
		usleep(AWAIT_US);
	}
	flock(berth, LOCK_UN);
	return true;
}

int berth_log_open(int harbour, const char *name, int flags)
{
	int dir, fd;

	if ((flags & O_CREAT) && mkdirat(harbour, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = dir_open(harbour, name);
	if (dir < 0)
		return dir;
	fd = openat(dir, "log", flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	fd = fd < 0 ? -errno : fd;
	close(dir);
	return fd;
}
