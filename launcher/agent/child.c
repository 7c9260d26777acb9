/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.c - the steps from a copy of the agent to the program, in the order that rights demand.
 *
 * Limits are raised and groups set while we may; the working directory is entered as the user.
 */
#include "launcher/agent/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/agent/process.h"

extern char **environ;

static void report(int fd, enum process_what what, uint32_t value, int error)
{
	const struct process_report r = { what, value, (uint32_t)error };
	ssize_t n;

	do
		n = write(fd, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
}

/* The kernel's bound for one kind of limit: more is refused even to root. */
static uint64_t files_max(void)
{
	unsigned long long most = 1u << 20;
	FILE *f = fopen("/proc/sys/fs/nr_open", "re");

	if (!f)
		return most;
	if (fscanf(f, "%llu", &most) != 1) /* NOLINT(cert-err34-c): the kernel's own number */
		most = 1u << 20;
	fclose(f);
	return most;
}

static int limits_set(const struct order *o)
{
	for (uint32_t i = 0; i < ORDER_LIMITS; i++) {
		struct rlimit now, want = { o->limit[i].soft, o->limit[i].hard };

		if (!(o->limits & 1u << i))
			continue;
		if (i == RLIMIT_NOFILE) {
			want.rlim_max = min((uint64_t)want.rlim_max, files_max());
			want.rlim_cur = min(want.rlim_cur, want.rlim_max);
		}
		if (getrlimit((__rlimit_resource_t)i, &now) == 0 && now.rlim_cur == want.rlim_cur && now.rlim_max == want.rlim_max)
			continue;
		if (setrlimit((__rlimit_resource_t)i, &want) < 0)
			return -errno;
	}
	return 0;
}

static int groups_set(const struct order *o)
{
	gid_t now[64];
	int nr;

	if (setgroups(o->nr_groups, o->groups) == 0)
		return 0;
	/* An agent without rights runs its own user's programs, with the groups that they have. */
	nr = geteuid() ? getgroups((int)ARRAY_SIZE(now), now) : -1;
	return nr < 0 ? -errno : 0;
}

static int user_set(const struct order *o)
{
	if (setresgid(o->gid, o->gid, o->gid) < 0 || setresuid(o->uid, o->uid, o->uid) < 0)
		return -errno;
	return 0;
}

static int cpus_set(const struct order *o)
{
	cpu_set_t *set;
	size_t size = CPU_ALLOC_SIZE(ORDER_CPUS_MAX);
	int err;

	if (!o->nr_cpus)
		return 0;
	set = CPU_ALLOC(ORDER_CPUS_MAX);
	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	for (uint32_t i = 0; i < o->nr_cpus; i++)
		CPU_SET_S(o->cpus[i], size, set);
	err = sched_setaffinity(0, size, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return err;
}

/* As a program finds them after exec of a shell: but for those that the caller ignores. */
static void signals_reset(const struct order *o)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, s <= 64 && o->ignored & 1ull << (s - 1) ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Out of the way of the numbers that are to be used. */
static int moved(int fd, int least)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, least);
}

static int stream_fd(const struct child_ends *c, const struct order *o, int i)
{
	switch (o->stream[i]) {
	case ORDER_TTY: return c->tty;
	case ORDER_LIKE_OUT: return stream_fd(c, o, 1);
	default: return c->stream[i];
	}
}

static int streams_set(const struct child_ends *c, const struct order *o)
{
	for (int i = 0; i < 3; i++)
		if (dup2(stream_fd(c, o, i), i) < 0)
			return -errno;
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return c->pmi >= 0 && dup2(c->pmi, (int)o->pmi_fd) < 0 ? -errno : 0;
}

static void program_run(const struct child_ends *given, const struct order *o, int report_fd) noreturn_fn;

static void program_run(const struct child_ends *given, const struct order *o, int report_fd)
{
	int least = o->pmi == ORDER_PMI_FD ? max((int)o->pmi_fd + 1, 10) : 10;
	const struct child_ends c = {
		{ moved(given->stream[0], least), moved(given->stream[1], least), moved(given->stream[2], least) },
		moved(given->tty, least), moved(given->pmi, least), moved(report_fd, least) };
	static const struct {
		enum process_stage stage;
		int (*set)(const struct order *o);
	} steps[] = { { STAGE_CPUS, cpus_set }, { STAGE_LIMITS, limits_set }, { STAGE_GROUPS, groups_set },
		{ STAGE_USER, user_set } };
	enum process_stage stage = STAGE_STREAMS;
	int err;

	setpgid(0, 0);
	if (c.tty >= 0)
		tcsetpgrp(c.tty, getpid());
	err = streams_set(&c, o);
	for (size_t i = 0; !err && i < ARRAY_SIZE(steps); i++) {
		stage = steps[i].stage;
		err = steps[i].set(o);
	}
	if (!err) {
		stage = STAGE_CWD;
		err = chdir(o->cwd) < 0 ? -errno : 0;
	}
	if (!err) {
		stage = STAGE_EXEC;
		umask((mode_t)o->umask);
		signals_reset(o);
		environ = o->env; /* the PATH to search is the program's */
		if (o->program)
			execv(o->program, o->args); /* if it can't be run, the search tells why */
		execvp(o->args[0], o->args);
		err = -errno;
	}
	report(c.report, PROCESS_FAILED, stage, -err);
	_exit(127);
}

/* Wait for the program, whatever it does meanwhile. */
static void keep(pid_t program, int report_fd) noreturn_fn;

static void keep(pid_t program, int report_fd)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(program, &status, WUNTRACED);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			_exit(1);
		if (WIFSTOPPED(status)) {
			report(report_fd, PROCESS_STOPPED, (uint32_t)WSTOPSIG(status), 0);
			continue;
		}
		report(report_fd, PROCESS_ENDED, (uint32_t)status, 0);
		_exit(0);
	}
}

void child_keep(const struct child_ends *c, const struct order *o)
{
	sigset_t all;
	pid_t program;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	if (c->tty >= 0)
		ioctl(c->tty, TIOCSCTTY, 0);
	program = fork();
	if (program < 0) {
		report(c->report, PROCESS_FAILED, STAGE_FORK, errno);
		_exit(1);
	}
	if (!program)
		program_run(c, o, c->report);
	setpgid(program, program);
	report(c->report, PROCESS_PID, (uint32_t)program, 0);
	/* Whoever reads from the program must see it as the last one that could write. */
	if (dup2(c->report, 3) != 3)
		_exit(1);
	close_range(4, ~0u, 0);
	keep(program, 3);
}
