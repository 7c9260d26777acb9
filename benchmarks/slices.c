/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "benchmarks/slices.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/util.h"

/* Wait until it has ended, or, where `stopped` is asked for, until it stands still. */
static int process_wait(struct slice_process *p, bool stopped)
{
	int status;

	while (wait4(p->pid, &status, stopped ? WUNTRACED : 0, &p->usage) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSTOPPED(status))
		return 0;
	p->pid = 0;
	p->status = status;
	return 0;
}

int slice_process_reap(struct slice_process *p)
{
	return p->pid ? process_wait(p, false) : 0;
}

/* It may have ended instead: then what it wrote last is heard, too. */
static int process_stop(struct slice_process *p)
{
	int err = kill(p->pid, SIGSTOP) < 0 ? -errno : process_wait(p, true);

	return err || p->pid ? err : min(p->ops->hear(p, 0), 0);
}

/* Take what is there; false at the end of it. More than fits is thrown away. */
static bool text_read(struct slice_text *t)
{
	char more[SLICE_TEXT_MAX];
	ssize_t n = read(t->out, more, sizeof(more));

	if (n < 0)
		return errno == EINTR;
	for (ssize_t i = 0; i < n && t->nr < sizeof(t->text) - 1; i++)
		t->text[t->nr++] = more[i];
	t->text[t->nr] = '\0';
	return n > 0;
}

static int text_hear(struct slice_process *p, uint64_t until_ns)
{
	struct slice_text *t = container_of(p, struct slice_text, process);
	struct pollfd fd = { .fd = t->out, .events = POLLIN };

	for (;;) {
		uint64_t now = clock_now_ns();

		if (until_ns && now >= until_ns)
			return 0;
		if (poll(&fd, 1, until_ns ? (int)((until_ns - now + 999999) / 1000000) : -1) > 0 &&
			!text_read(t))
			return 1;
	}
}

static void text_turn(struct slice_process *p, bool begins)
{
	(void)p;
	(void)begins;
}

const struct slice_ops slice_text_ops = { text_hear, text_turn };

static void sleep_until(uint64_t ns)
{
	const struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int process_slice(struct slice_process *p, unsigned ms, bool alone)
{
	uint64_t until = clock_now_ns() + ms * 1000000ull;
	int ended;

	p->ops->turn(p, true);
	if (kill(p->pid, SIGCONT) < 0)
		return -errno;
	ended = p->ops->hear(p, alone ? 0 : until);
	if (ended < 0)
		return ended;
	ended = ended ? process_wait(p, false) : process_stop(p);
	p->ops->turn(p, false);
	if (!ended && !p->pid && !alone)
		sleep_until(until);
	return ended;
}

static size_t processes_left(struct slice_process *const *process, size_t nr)
{
	size_t left = 0;

	for (size_t i = 0; i < nr; i++)
		left += process[i]->pid != 0;
	return left;
}

size_t slices_first(size_t round, size_t nr)
{
	return (round + 1) / 2 % nr;
}

int slices_run(struct slice_process *const *process, size_t nr, size_t first, unsigned ms)
{
	size_t left;
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = process_stop(process[i]);
	for (size_t at = first; !err && (left = processes_left(process, nr)) > 0; at++)
		if (process[at % nr]->pid)
			err = process_slice(process[at % nr], ms, left == 1);
	return err;
}
