/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.c - process 1 of the lab machine once it is ready: runs the command,
 * passes its streams to the host, says how it ended, and waits to be ended.
 *
 *	lab-agent [--tty] PORT COMMAND [ARGUMENT...]
 *	lab-agent --failed PORT REASON
 *
 * The command gets pipes (or with --tty a terminal), never the port itself,
 * so that it can open /dev/stdout and leave children behind as anywhere else.
 * What it wrote before it ended is passed on whole; what its orphans write
 * later is not waited for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "frame.h"

struct agent {
	int port, signals;
	int in, out, err; /* our ends of the command's streams, -1: closed */
	bool tty, ended;
	pid_t command;
	uint32_t code;
	struct frame_in frame;
	uint8_t input[FRAME_WINDOW_BYTES]; /* received and not yet taken */
	uint32_t input_size;
	bool input_ends;
};

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void send_or_end(struct agent *a, enum frame_type type, const void *data, size_t size)
{
	if (frame_send(a->port, type, data, size) < 0)
		power_off();
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Pass on what is there. false: there is nothing (more). */
static bool agent_output(struct agent *a, int *fd, enum frame_type type)
{
	uint8_t data[FRAME_MAX];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, data, sizeof(data));
	if (n > 0)
		send_or_end(a, type, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return n > 0;
}

static void agent_taken(struct agent *a, uint32_t size)
{
	a->input_size -= size;
	memmove(a->input, a->input + size, a->input_size);
	send_or_end(a, FRAME_TAKEN, &size, sizeof(size));
}

/* Give the command what input it takes; drop it all when nobody reads it. */
static void agent_input(struct agent *a)
{
	ssize_t n;

	if (a->input_size && a->in >= 0) {
		n = write(a->in, a->input, a->input_size);
		if (n > 0)
			agent_taken(a, (uint32_t)n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			close_fd(&a->in);
	}
	if (a->input_size && a->in < 0)
		agent_taken(a, a->input_size);
	if (!a->input_size && a->input_ends && !a->tty)
		close_fd(&a->in);
}

/* What a file in /proc begins with, in one line of what prints; "" if there is none. */
static void line_of(char *line, size_t size, const char *pid, const char *name)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, size - 1);
		close(fd);
	}
	for (ssize_t i = 0; i < n; i++)
		if (line[i] < ' ')
			line[i] = ' ';
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n > 0 ? n : 0] = 0;
}

/*
 * Tell the host what this machine is at: each process that is no kernel thread, with its state and what it waits
 * for; and have the kernel print what its CPUs are at, and which tasks are blocked, on the console.
 */
static void agent_alive(struct agent *a)
{
	char text[FRAME_MAX], stat[256], wchan[64], words[128];
	size_t used = 0;
	struct dirent *e;
	DIR *dir = opendir("/proc");
	int trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	while (dir && (e = readdir(dir)) && used < sizeof(text) - 512) {
		const char *state;

		line_of(words, sizeof(words), e->d_name, "cmdline");
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !words[0])
			continue;
		line_of(stat, sizeof(stat), e->d_name, "stat");
		line_of(wchan, sizeof(wchan), e->d_name, "wchan");
		state = strrchr(stat, ')');
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%.20s %c %s: %s\n",
			e->d_name, state && state[1] ? state[2] : '?', wchan, words);
	}
	if (dir)
		closedir(dir);
	send_or_end(a, FRAME_ALIVE, text, used);
	if (trigger < 0)
		return;
	(void)!write(trigger, "l", 1);
	(void)!write(trigger, "w", 1);
	close(trigger);
}

static void agent_frame(struct agent *a)
{
	uint32_t size = a->frame.head.size;

	switch (a->frame.head.type) {
	case FRAME_STDIN:
		if (size > sizeof(a->input) - a->input_size)
			power_off();
		memcpy(a->input + a->input_size, a->frame.data, size);
		a->input_size += size;
		a->input_ends |= size == 0;
		agent_input(a);
		break;
	case FRAME_WINDOW:
		if (a->tty && size == sizeof(struct winsize))
			ioctl(a->out, TIOCSWINSZ, a->frame.data);
		break;
	case FRAME_ASK: agent_alive(a); break;
	}
}

static void agent_reap(struct agent *a)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(a->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != a->command)
			continue;
		a->ended = true;
		a->code = WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status)
					    : 128u + (uint32_t)WTERMSIG(status);
	}
}

static void agent_loop(struct agent *a)
{
	int got;

	while (!a->ended) {
		struct pollfd fds[] = {
			{ .fd = a->port, .events = POLLIN },
			{ .fd = a->signals, .events = POLLIN },
			{ .fd = a->out, .events = POLLIN },
			{ .fd = a->err, .events = POLLIN },
			{ .fd = a->input_size ? a->in : -1, .events = POLLOUT },
		};

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if (fds[0].revents) {
			got = frame_receive(a->port, &a->frame);
			if (got < 0)
				power_off();
			if (got > 0)
				agent_frame(a);
		}
		if (fds[2].revents)
			agent_output(a, &a->out, FRAME_STDOUT);
		if (fds[3].revents)
			agent_output(a, &a->err, FRAME_STDERR);
		if (fds[4].revents)
			agent_input(a);
		if (fds[1].revents)
			agent_reap(a);
	}
	/* A terminal's output may still be on its way through the kernel. */
	do {
		while (agent_output(a, &a->out, FRAME_STDOUT))
			;
	} while (a->tty && poll(&(struct pollfd){ .fd = a->out, .events = POLLIN }, 1, 100) > 0);
	while (agent_output(a, &a->err, FRAME_STDERR))
		;
}

/* In the child; does not return. */
static void exec_command(char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "lab: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void agent_start_tty(struct agent *a, char **argv)
{
	struct winsize window;
	int got = 0;

	/* The host sends the size first, so that the command never sees another. */
	while (got == 0)
		got = frame_receive(a->port, &a->frame);
	if (got < 0 || a->frame.head.type != FRAME_WINDOW)
		power_off();
	memcpy(&window, a->frame.data, sizeof(window));
	a->command = forkpty(&a->out, NULL, NULL, &window);
	if (a->command == 0)
		exec_command(argv);
	a->in = fcntl(a->out, F_DUPFD_CLOEXEC, 0);
	a->err = -1;
}

static void agent_start_pipes(struct agent *a, char **argv)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		power_off();
	a->command = fork();
	if (a->command == 0) {
		setsid();
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		exec_command(argv);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	a->in = in[1];
	a->out = out[0];
	a->err = err[0];
}

static void agent_start(struct agent *a, char **argv)
{
	sigset_t set;
	const int *fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	a->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	send_or_end(a, FRAME_READY, "", 0);
	if (a->tty)
		agent_start_tty(a, argv);
	else
		agent_start_pipes(a, argv);
	if (a->command < 0)
		power_off();
	for (fd = (const int[]){ a->in, a->out, a->err, -1 }; *fd >= 0; fd++)
		fcntl(*fd, F_SETFL, O_NONBLOCK);
}

int main(int argc, char **argv)
{
	static struct agent a;
	const char *mode = argc > 1 ? argv[1] : "";
	bool failed = strcmp(mode, "--failed") == 0;

	a.tty = strcmp(mode, "--tty") == 0;
	argv += failed || a.tty ? 2 : 1;
	a.port = open(argv[0], O_RDWR | O_CLOEXEC);
	if (a.port < 0) {
		fprintf(stderr, "lab-agent: cannot open %s: %s\n", argv[0], strerror(errno));
		power_off();
	}
	if (failed) {
		send_or_end(&a, FRAME_FAILED, argv[1], strlen(argv[1]));
	} else {
		agent_start(&a, argv + 1);
		agent_loop(&a);
		sync(); /* the exchange directory is the host's */
		send_or_end(&a, FRAME_EXIT, &a.code, sizeof(a.code));
	}
	/* The host ends the machine now; if it went away, end ourselves. */
	while (frame_receive(a.port, &a.frame) >= 0)
		;
	power_off();
}
