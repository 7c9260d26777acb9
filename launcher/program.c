/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.c - posix_spawn, with a pipe to its output. */
#include "launcher/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/clock.h"

extern char **environ;

static bool is_program(const char *dir, size_t len, const char *name, char path[static PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%.*s/%s", (int)len, dir, name);

	return n > 0 && n < PATH_MAX && access(path, X_OK) == 0;
}

bool program_find(const char *name, const char *const *places, char path[static PATH_MAX])
{
	const char *at = getenv("PATH");

	for (; *places; places++)
		if (is_program(*places, strlen(*places), name, path))
			return true;
	while (at && *at) {
		size_t len = strcspn(at, ":");

		/* An empty or relative entry would mean whatever lies about where one stands. */
		if (*at == '/' && is_program(at, len, name, path))
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

static int spawn(char *const *argv, int output, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	err = posix_spawn(pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

/* Is there something to read, or its end? One that takes too long is killed, which is an end. */
static bool text_await(int fd, uint64_t until_ns, pid_t pid)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		uint64_t now = clock_now_ns();

		n = poll(&p, 1, until_ns > now ? (int)((until_ns - now) / 1000000 + 1) : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		kill(pid, SIGKILL);
	return n != 0;
}

/* False: it was killed. */
static bool text_read(int fd, char *text, size_t size, uint64_t until_ns, pid_t pid)
{
	char more[256];
	size_t n = 0;
	ssize_t got = 1;
	bool in_time = true;

	while (got && (in_time = text_await(fd, until_ns, pid))) {
		got = n < size - 1 ? read(fd, text + n, size - 1 - n) : read(fd, more, sizeof(more));
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0 && n < size - 1)
			n += (size_t)got;
	}
	while (n && (unsigned char)text[n - 1] <= ' ')
		n--;
	text[n] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return in_time;
}

int program_run(char *const *argv, char *text, size_t size, uint32_t timeout_ms)
{
	int pipe_fd[2], status, err;
	pid_t pid;

	*text = '\0';
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return -errno;
	err = spawn(argv, pipe_fd[1], &pid);
	close(pipe_fd[1]);
	if (!err) {
		if (!text_read(pipe_fd[0], text, size, clock_now_ns() + timeout_ms * 1000000ull, pid))
			err = -ETIMEDOUT;
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR) {
				err = -errno;
				break;
			}
	}
	close(pipe_fd[0]);
	if (err)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
