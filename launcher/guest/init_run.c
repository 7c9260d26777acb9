/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init_run.c - a program on the console, of which this is the parent, and that of all who lose theirs. */
#include "launcher/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

__attribute__((noreturn)) static void child(const char *program)
{
	char *const argv[] = { (char *)(size_t)program, NULL };
	int console;

	setsid();
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		(void)dup2(console, fd);
	if (console > 2)
		close(console);
	(void)ioctl(0, TIOCSCTTY, 1);
	execv(program, argv);
	tell("cannot run %s: %s", program, strerror(errno));
	_exit(127);
}

/* The power button, and whatever else has keys; those of now, since nothing is plugged in later. */
static unsigned inputs_open(struct pollfd *at, unsigned most)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < 32 && nr < most; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/input/event%u", i);
		at[nr].fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		at[nr].events = POLLIN;
		nr += at[nr].fd >= 0;
	}
	return nr;
}

static bool button_pressed(int fd)
{
	struct input_event e;
	bool pressed = false;

	while (read(fd, &e, sizeof(e)) == (ssize_t)sizeof(e))
		pressed |= e.type == EV_KEY && e.code == KEY_POWER && e.value == 1;
	return pressed;
}

/* Has it ended? Others that have are taken notice of, and forgotten. */
static bool child_ended(pid_t pid, int *status)
{
	pid_t gone;

	while ((gone = waitpid(-1, status, WNOHANG)) > 0)
		if (gone == pid)
			return true;
	return gone < 0;
}

static void end_all(void)
{
	kill(-1, SIGTERM);
	usleep(200 * 1000);
	kill(-1, SIGKILL);
}

/* Until it has ended, or the power button is pressed. Nothing wakes this process up but that. */
static void await(pid_t pid, int *status)
{
	struct pollfd p[8];
	unsigned nr;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	p[0].fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	p[0].events = POLLIN;
	if (p[0].fd < 0)
		die("cannot wait for a process: %s", strerror(errno));
	nr = 1 + inputs_open(p + 1, 7);
	while (!child_ended(pid, status)) {
		struct signalfd_siginfo info;

		if (poll(p, nr, -1) < 0)
			continue;
		while (read(p[0].fd, &info, sizeof(info)) > 0)
			;
		for (unsigned i = 1; i < nr; i++)
			if (button_pressed(p[i].fd)) {
				*status = 0;
				return;
			}
	}
}

int run_child(const char *program)
{
	sigset_t chld, before;
	int status = 0;
	pid_t pid;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &before);
	pid = fork();
	if (pid < 0)
		die("cannot make a process: %s", strerror(errno));
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		child(program);
	}
	await(pid, &status);
	end_all();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
