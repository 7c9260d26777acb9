/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init_run.c - a program on the console, of which this is the parent, and that of all who lose theirs. */
#include "launcher/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
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

int run_child(const char *program)
{
	pid_t pid = fork();
	int status = 0;
	pid_t gone;

	if (pid < 0)
		die("cannot make a process: %s", strerror(errno));
	if (pid == 0)
		child(program);
	do
		gone = wait(&status);
	while (gone != pid && (gone > 0 || errno == EINTR));
	kill(-1, SIGTERM);
	usleep(20 * 1000);
	kill(-1, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
