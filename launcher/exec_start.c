/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_start.c - fork twice, so that the machine is nobody's child, and belongs to no terminal. */
#include "launcher/exec_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "vmm/log.h"

enum { HARBOUR_FD = 3, READY_FD = 4 };

/* Nothing of the caller's but the harbour and the way to say that we listen. */
static void descriptors_set(int harbour, int ready, int log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int h = fcntl(harbour, F_DUPFD_CLOEXEC, 10), r = fcntl(ready, F_DUPFD_CLOEXEC, 10);

	if (null < 0 || h < 0 || r < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 ||
		dup3(h, HARBOUR_FD, O_CLOEXEC) < 0 || dup3(r, READY_FD, O_CLOEXEC) < 0)
		_exit(EXIT_CODE_FAILED);
	close_range(READY_FD + 1, ~0u, 0);
}

static void signals_reset(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void machine_be(const char *path, const struct run_config *cfg, const cpu_set_t *cpus) noreturn_fn;

static void machine_be(const char *path, const struct run_config *cfg, const cpu_set_t *cpus)
{
	struct berth b;
	int code;

	signals_reset();
	if (sched_setaffinity(0, sizeof(*cpus), cpus) < 0)
		log_warn("the CPUs of the job cannot be had: %m");
	if (berth_take(&b, HARBOUR_FD, path, cfg->name) != 0)
		_exit(EXIT_CODE_FAILED);
	/* A lock belongs to what was opened: the caller's must keep us out, too. */
	b.harbour = openat(HARBOUR_FD, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(HARBOUR_FD);
	b.transient = true;
	b.keep = cfg->keep;
	/* They may be gone, and others wait for the machine. */
	signal(SIGPIPE, SIG_IGN);
	if (write(READY_FD, "", 1) != 1)
		log_warn("whoever started this machine has gone");
	signal(SIGPIPE, SIG_DFL);
	close(READY_FD);
	code = run_config_check(cfg);
	if (!code)
		code = run_at_berth(cfg, &b);
	berth_leave(&b);
	_exit(code < 0 ? EXIT_CODE_FAILED : code);
}

static void middle_be(int harbour, int ready, int log, const char *path, const struct run_config *cfg,
	const cpu_set_t *cpus) noreturn_fn;

static void middle_be(int harbour, int ready, int log, const char *path, const struct run_config *cfg,
	const cpu_set_t *cpus)
{
	pid_t pid;

	setsid();
	descriptors_set(harbour, ready, log);
	pid = fork();
	if (pid == 0)
		machine_be(path, cfg, cpus);
	_exit(pid < 0);
}

int exec_start(int harbour, const char *path, const struct run_config *cfg, const cpu_set_t *cpus)
{
	int log = berth_log_open(harbour, cfg->name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
	int ready[2], status;
	char byte;
	ssize_t n;
	pid_t pid;

	if (log < 0)
		return log_errno(log, "cannot make a log in %s/%s: %m", path, cfg->name);
	if (pipe2(ready, O_CLOEXEC) < 0) {
		close(log);
		return log_errno(-errno, "cannot make a pipe: %m");
	}
	pid = fork();
	if (pid == 0)
		middle_be(harbour, ready[1], log, path, cfg, cpus);
	close(ready[1]);
	close(log);
	if (pid > 0)
		waitpid(pid, &status, 0);
	do
		n = pid < 0 ? 0 : read(ready[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	close(ready[0]);
	return n == 1 ? 0 : pid < 0 ? log_errno(-EAGAIN, "cannot start a process for the machine: %m") : -EIO;
}
