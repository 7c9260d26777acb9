/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - see process.h. fork, not posix_spawn: only a child itself can ask to die with its parent. */
#include "benchmarks/bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define OUTPUT_MAX MiB(64) /* of one channel: no guest fills our memory */

struct pipes {
	int fd[CHANNELS][2];
	FILE *text[CHANNELS];
	size_t size[CHANNELS];
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

void process_catch_signals(void)
{
	const struct sigaction end = { .sa_handler = on_signal };

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static noreturn_fn void child(const struct pipes *p, char *const *argv)
{
	static const int at[CHANNELS] = { STDOUT_FILENO, STDERR_FILENO, PROCESS_FD_STATS, PROCESS_FD_REPORT };
	int null = open("/dev/null", O_RDONLY);
	int high[CHANNELS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (null > 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	/* Out of the way first: a pipe may have one of those numbers. */
	for (size_t c = 0; c < CHANNELS; c++)
		high[c] = fcntl(p->fd[c][1], F_DUPFD_CLOEXEC, 64);
	for (size_t c = 0; c < CHANNELS; c++)
		dup2(high[c], at[c]);
	execvp(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static double ms_since(uint64_t start)
{
	return (double)(clock_now_ns() - start) / 1e6;
}

/* The Rss of all mappings in /proc/PID/smaps that are smaller than that. */
static uint64_t resident_kib(pid_t pid, uint64_t below_kib)
{
	char *path = text_format("/proc/%d/smaps", (int)pid), *text = text_file(path), *rest = text, *line;
	uint64_t kib = 0, size = 0;

	while (rest && (line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "Size:", 5) == 0)
			size = strtoull(line + 5, NULL, 10);
		else if (strncmp(line, "Rss:", 4) == 0 && size < below_kib)
			kib += strtoull(line + 4, NULL, 10);
	}
	free(path);
	free(text);
	return kib;
}

/* Takes what has come; false if the channel has been closed. */
static bool channel_read(struct pipes *io, enum channel c)
{
	char part[16384];
	ssize_t n = read(io->fd[c][0], part, sizeof(part));

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	if (ftello(io->text[c]) < (off_t)OUTPUT_MAX)
		fwrite(part, 1, (size_t)n, io->text[c]);
	return true;
}

/* Until all channels are closed, or it is time to stop: -EINTR, -ETIMEDOUT. */
static int channels_read(struct process *p, struct pipes *io, pid_t pid, uint64_t start)
{
	struct pollfd polls[CHANNELS];
	size_t open = CHANNELS;

	for (size_t c = 0; c < CHANNELS; c++)
		polls[c] = (struct pollfd){ .fd = io->fd[c][0], .events = POLLIN };
	while (open) {
		double left = p->timeout_s * 1e3 - ms_since(start);

		if (asked_to_end)
			return -EINTR;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(polls, CHANNELS, (int)min(left + 1, 200.0)) < 0 && errno != EINTR)
			return -errno;
		for (size_t c = 0; c < CHANNELS; c++) {
			if (polls[c].fd < 0 || !polls[c].revents)
				continue;
			if (c == CHANNEL_OUT && p->first_ms == 0)
				p->first_ms = ms_since(start);
			if (!channel_read(io, (enum channel)c)) {
				polls[c].fd = -1;
				open--;
			} else if (c == CHANNEL_OUT && p->look_kib && !p->resident_kib) {
				p->resident_kib = resident_kib(pid, p->look_kib / 2);
				kill(-pid, SIGKILL);
			}
		}
	}
	return 0;
}

static int pipes_open(struct process *p, struct pipes *io)
{
	memset(io->fd, -1, sizeof(io->fd));
	for (size_t c = 0; c < CHANNELS; c++) {
		if (pipe2(io->fd[c], O_CLOEXEC) < 0)
			return -errno;
		io->text[c] = open_memstream(&p->text[c], &io->size[c]);
		if (!io->text[c])
			return -ENOMEM;
	}
	return 0;
}

static void pipes_close(struct pipes *io)
{
	for (size_t c = 0; c < CHANNELS; c++) {
		for (size_t end = 0; end < 2; end++)
			if (io->fd[c][end] >= 0)
				close(io->fd[c][end]);
		if (io->text[c])
			fclose(io->text[c]);
	}
}

int process_run(struct process *p, char *const *argv)
{
	struct pipes io = { 0 };
	struct rusage usage = { 0 };
	uint64_t start;
	int err = pipes_open(p, &io), status = 0;
	pid_t pid;

	fflush(NULL);
	start = clock_now_ns();
	pid = err ? -1 : fork();
	if (pid == 0)
		child(&io, argv);
	if (pid < 0) {
		err = log_errno(err ? err : -errno, "cannot start %s: %m", argv[0]);
		pipes_close(&io);
		return err;
	}
	setpgid(pid, pid); /* whoever comes first */
	for (size_t c = 0; c < CHANNELS; c++) {
		close(io.fd[c][1]);
		io.fd[c][1] = -1;
	}
	err = channels_read(p, &io, pid, start);
	if (err)
		kill(-pid, SIGKILL);
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	p->faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt);
	p->switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
	p->wall_ms = ms_since(start);
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	p->timed_out = err == -ETIMEDOUT;
	pipes_close(&io);
	return err == -ETIMEDOUT ? 0 : err;
}

void process_fini(struct process *p)
{
	for (size_t c = 0; c < CHANNELS; c++)
		free(p->text[c]);
	*p = (struct process){ 0 };
}
