/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/slices.h"

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Wait until it has ended, or, where `stopped` is asked for, until it stands still. */
static int process_wait(struct slice_process *p, bool stopped)
{
	int status;

	while (waitpid(p->pid, &status, stopped ? WUNTRACED : 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSTOPPED(status))
		return 0;
	p->pid = 0;
	p->status = status;
	return 0;
}

/* Take what is there; false at the end of it. More than fits is thrown away. */
static bool output_read(struct slice_process *p)
{
	char more[SLICE_TEXT_MAX];
	ssize_t n = read(p->out, more, sizeof(more));

	if (n < 0)
		return errno == EINTR;
	for (ssize_t i = 0; i < n && p->nr < sizeof(p->text) - 1; i++)
		p->text[p->nr++] = more[i];
	p->text[p->nr] = '\0';
	return n > 0;
}

/* Let it run until that time, or, if that is 0, for ever; true if its output ended, which a process's end does. */
static bool process_listen(struct slice_process *p, long long until)
{
	struct pollfd fd = { .fd = p->out, .events = POLLIN };

	for (;;) {
		long long left = until ? (until - now_ns() + 999999) / 1000000 : -1;

		if (until && left <= 0)
			return false;
		if (poll(&fd, 1, (int)left) > 0 && !output_read(p))
			return true;
	}
}

static int process_slice(struct slice_process *p, unsigned ms, bool alone)
{
	if (kill(p->pid, SIGCONT) < 0)
		return -errno;
	if (process_listen(p, alone ? 0 : now_ns() + ms * 1000000ll))
		return process_wait(p, false);
	if (kill(p->pid, SIGSTOP) < 0)
		return -errno;
	return process_wait(p, true);
}

static size_t processes_left(const struct slice_process *process, size_t nr)
{
	size_t left = 0;

	for (size_t i = 0; i < nr; i++)
		left += process[i].pid != 0;
	return left;
}

static int all_stop(struct slice_process *process, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = kill(process[i].pid, SIGSTOP) < 0 ? -errno : process_wait(&process[i], true);
	return err;
}

int slices_run(struct slice_process *process, size_t nr, size_t first, unsigned ms)
{
	int err = all_stop(process, nr);
	size_t left;

	for (size_t at = first; !err && (left = processes_left(process, nr)) > 0; at++)
		if (process[at % nr].pid)
			err = process_slice(&process[at % nr], ms, left == 1);
	for (size_t i = 0; i < nr; i++) {
		while (!err && output_read(&process[i]))
			;
		close(process[i].out);
	}
	return err;
}

void slices_kill(const struct slice_process *process, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (process[i].pid > 0)
			kill(process[i].pid, SIGKILL);
}
