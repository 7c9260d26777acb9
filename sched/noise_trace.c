/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_trace.c - see noise_trace.h.
 *
 * The kernel's buffer has room for some 20000 events a CPU; what is in it is taken out by and by. That takes this
 * thread's CPU some time, and is noise where that one is measured, too.
 */
#include "sched/noise_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sched/osnoise.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define TEXT_BYTES (64u << 10)
#define TURN_MS	   200

static int on_write(const struct noise_trace *t, const char *text)
{
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/tracing_on", t->tracer->iso->trace);
	err = hostfs_write(&t->tracer->iso->tree, path, text);
	if (err)
		snprintf(t->into->why, sizeof(t->into->why), "%.150s: %s", path, strerror(-err));
	return err;
}

static int pipe_open(struct noise_trace *t)
{
	const struct isolation *iso = t->tracer->iso;
	char path[256];

	snprintf(path, sizeof(path), "%s/trace_pipe", iso->trace);
	t->pipe = openat(iso->tree.root, path + 1, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->pipe >= 0)
		return 0;
	snprintf(t->into->why, sizeof(t->into->why), "%.150s: %s", path, strerror(errno));
	return -errno;
}

static int undo(struct noise_trace *t)
{
	if (t->pipe >= 0)
		close(t->pipe);
	t->pipe = -1;
	free(t->text);
	t->text = NULL;
	return isolation_trace_end(t->tracer->iso);
}

static int begin(struct noise_trace *t, const struct cpulist *cpus)
{
	const struct noise_tracer *tracer = t->tracer;
	struct noise_traced *into = t->into;
	int err;

	err = isolation_trace_begin(tracer->iso, cpus, into->why, sizeof(into->why));
	if (err < 0 && err != -ENOMEM)
		snprintf(into->why, sizeof(into->why), "a change of this host could not be written down: %s", strerror(-err));
	if (err)
		return err == -ENOMEM ? err : 0;
	t->text = malloc(TEXT_BYTES);
	err = t->text ? cpulist_copy(&into->culprits.cpus, cpus) : -ENOMEM;
	if (err) {
		log_errno(err, "noise: %m");
		(void)!undo(t);
		return err;
	}
	/* Not before the pipe is there: it is what the buffer is emptied by. */
	if (pipe_open(t) != 0 || on_write(t, "1") != 0)
		return undo(t);
	into->on = true;
	return 0;
}

int noise_trace_begin(struct noise_trace *t, const struct noise_tracer *tracer, const struct cpulist *cpus,
	struct noise_traced *into)
{
	int err;

	*into = (struct noise_traced){ 0 };
	*t = (struct noise_trace){ .tracer = tracer, .into = into, .pipe = -1 };
	err = tracer ? begin(t, cpus) : 0;
	/* Nothing is to be put back. */
	if (tracer && tracer->stop && !into->on)
		pthread_sigmask(SIG_UNBLOCK, tracer->stop, NULL);
	return err;
}

static int take(struct noise_trace *t)
{
	int err = 0;
	ssize_t n;

	while (!err && (n = read(t->pipe, t->text + t->len, TEXT_BYTES - t->len)) > 0) {
		size_t used;

		t->len += (size_t)n;
		err = osnoise_lines(&t->into->culprits, t->text, t->len, &used, &t->into->lost);
		t->len -= used;
		memmove(t->text, t->text + used, t->len);
		/* A line that long is none of the kernel's. */
		if (t->len == TEXT_BYTES)
			t->len = 0;
	}
	return err ? log_errno(err, "noise: %m") : 0;
}

static bool stop_asked(const struct noise_trace *t)
{
	sigset_t pending;

	if (!t->tracer->stop || sigpending(&pending) != 0)
		return false;
	for (int s = 1; s < NSIG; s++)
		if (sigismember(t->tracer->stop, s) == 1 && sigismember(&pending, s) == 1)
			return true;
	return false;
}

int noise_trace_wait(struct noise_trace *t, uint64_t ms)
{
	const uint64_t until = clock_now_ns() + ms * 1000000;
	int err = 0;

	if (!t->into->on)
		return 0;
	for (uint64_t now; !err && (now = clock_now_ns()) < until;) {
		const uint64_t left = min(until - now, (uint64_t)TURN_MS * 1000000);

		nanosleep(&(struct timespec){ 0, (long)left }, NULL);
		if (stop_asked(t)) {
			(void)!undo(t);
			pthread_sigmask(SIG_UNBLOCK, t->tracer->stop, NULL);
			return log_errno(-EINTR, "noise: %m");
		}
		err = take(t);
	}
	return err;
}

int noise_trace_end(struct noise_trace *t)
{
	int err = 0, undone;

	if (!t->into->on)
		return 0;
	if (t->pipe >= 0 && on_write(t, "0") == 0)
		err = take(t);
	undone = undo(t);
	return err ? err : undone;
}

void noise_traced_fini(struct noise_traced *n)
{
	culprits_fini(&n->culprits);
	*n = (struct noise_traced){ 0 };
}
