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
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define OUTPUT_MAX MiB(64) /* of one channel: no guest fills our memory */

struct process_pipes {
	struct pollfd poll[CHANNELS]; /* -1: it has been closed */
	size_t open;
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

static noreturn_fn void child(const struct process_pipes *p, char *const *argv)
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
static bool channel_read(struct process_pipes *io, enum channel c)
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

static void channels_read(struct process *p, struct process_pipes *io)
{
	for (size_t c = 0; c < CHANNELS; c++) {
		if (io->poll[c].fd < 0 || !io->poll[c].revents)
			continue;
		if (c == CHANNEL_OUT && p->first_ms == 0)
			p->first_ms = ms_since(p->start);
		if (!channel_read(io, (enum channel)c)) {
			io->poll[c].fd = -1;
			io->open--;
		} else if (c == CHANNEL_OUT && p->look_kib && !p->resident_kib) {
			p->resident_kib = resident_kib(p->slice.pid, p->look_kib / 2);
			kill(-p->slice.pid, SIGKILL);
		}
	}
}

/* Until all channels are closed (1), it is that time (0), or it is to stop: -EINTR, -ETIMEDOUT. */
static int process_hear(struct slice_process *slice, uint64_t until_ns)
{
	struct process *p = container_of(slice, struct process, slice);
	struct process_pipes *io = p->pipes;

	while (io->open) {
		double left = p->timeout_s * 1e3 - ms_since(p->start);
		uint64_t now = clock_now_ns();

		if (asked_to_end)
			return -EINTR;
		if (left <= 0) {
			p->timed_out = true;
			return -ETIMEDOUT;
		}
		if (until_ns && now >= until_ns)
			return 0;
		if (until_ns)
			left = min(left, (double)(until_ns - now) / 1e6);
		if (poll(io->poll, CHANNELS, (int)min(left + 1, 200.0)) >= 0)
			channels_read(p, io);
		else if (errno != EINTR)
			return -errno;
	}
	return 1;
}

static void process_turn(struct slice_process *slice, bool begins)
{
	struct process *p = container_of(slice, struct process, slice);

	if (p->turn)
		p->turn(p, begins);
}

static const struct slice_ops process_ops = { process_hear, process_turn };

static int pipes_open(struct process *p, struct process_pipes *io)
{
	memset(io->fd, -1, sizeof(io->fd));
	for (size_t c = 0; c < CHANNELS; c++) {
		if (pipe2(io->fd[c], O_CLOEXEC) < 0)
			return -errno;
		io->poll[c] = (struct pollfd){ .fd = io->fd[c][0], .events = POLLIN };
		io->open++;
		io->text[c] = open_memstream(&p->text[c], &io->size[c]);
		if (!io->text[c])
			return -ENOMEM;
	}
	return 0;
}

static void pipes_close(struct process_pipes *io)
{
	for (size_t c = 0; c < CHANNELS; c++) {
		for (size_t end = 0; end < 2; end++)
			if (io->fd[c][end] >= 0)
				close(io->fd[c][end]);
		if (io->text[c])
			fclose(io->text[c]);
	}
}

static int process_start(struct process *p, char *const *argv)
{
	struct process_pipes *io = calloc(1, sizeof(*io));
	int err = io ? pipes_open(p, io) : -ENOMEM;

	fflush(NULL);
	p->pipes = io;
	p->start = clock_now_ns();
	p->slice = (struct slice_process){ .ops = &process_ops };
	p->slice.pid = err ? -1 : fork();
	if (p->slice.pid == 0)
		child(io, argv);
	if (p->slice.pid < 0) {
		p->slice.pid = 0;
		return log_errno(err ? err : -errno, "cannot start %s: %m", argv[0]);
	}
	setpgid(p->slice.pid, p->slice.pid); /* whoever comes first */
	for (size_t c = 0; c < CHANNELS; c++) {
		close(io->fd[c][1]);
		io->fd[c][1] = -1;
	}
	return 0;
}

/* Whether it has started or not. err: why it has to end now, or 0 if it does so by itself. */
static void process_end(struct process *p, int err)
{
	int status;

	if (err && p->slice.pid)
		kill(-p->slice.pid, SIGKILL);
	slice_process_reap(&p->slice);
	status = p->slice.status;
	p->faults = (uint64_t)(p->slice.usage.ru_minflt + p->slice.usage.ru_majflt);
	p->switches = (uint64_t)(p->slice.usage.ru_nvcsw + p->slice.usage.ru_nivcsw);
	p->wall_ms = ms_since(p->start);
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (p->pipes)
		pipes_close(p->pipes);
	free(p->pipes);
	p->pipes = NULL;
}

int process_run(struct process *p, char *const *argv)
{
	int err = process_start(p, argv);

	if (!err)
		err = min(process_hear(&p->slice, 0), 0);
	process_end(p, err);
	return err == -ETIMEDOUT ? 0 : err;
}

int process_run_in_turn(struct process *const p[2], char *const *const argv[2], size_t first, unsigned slice_ms)
{
	struct slice_process *const slices[] = { &p[0]->slice, &p[1]->slice };
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++)
		err = process_start(p[(first + i) % 2], argv[(first + i) % 2]);
	if (!err)
		err = slices_run(slices, 2, first, slice_ms);
	for (size_t i = 0; i < 2; i++)
		process_end(p[i], err);
	return err == -ETIMEDOUT ? 0 : err;
}

void process_fini(struct process *p)
{
	for (size_t c = 0; c < CHANNELS; c++)
		free(p->text[c]);
	*p = (struct process){ 0 };
}
