/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_terminal.c - keys, and a terminal that is raw in between and as before afterwards.
 *
 * Each case runs in a process of its own on a pseudo terminal, below a "shell" that has the job in
 * a process group of its own: a group whose parent is in another session can't be stopped.
 *
 *   test --- pty master
 *    \-- shell: session leader, tells by pipe how the job ended or stopped
 *         \-- job: the code under test, tells by pipe when it is ready
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "launcher/terminal.h"

static void keys_are_told_apart(void **state)
{
	static const struct {
		const char *typed, *passed;
		int quits, helps;
	} t[] = {
		{ "ls\r", "ls\r", 0, 0 },
		{ "\1x", "", 1, 0 },
		{ "a\1hb", "ab", 0, 1 },
		{ "\1\1", "\1", 0, 0 },
		{ "\1a", "\1", 0, 0 },
		{ "\1\1x", "\1x", 0, 0 },
		{ "\1c", "\1c", 0, 0 },
		{ "\1X", "\1X", 0, 0 },
		{ "\1\3x", "\1\3x", 0, 0 },
		{ "\3\4\32", "\3\4\32", 0, 0 },
		{ "x\1", "x", 0, 0 },
		{ "\1x\1h\1a!", "\1!", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct terminal_escape e = { 0 };
		char passed[32] = "";
		int quits = 0, helps = 0;

		for (const char *p = t[i].typed; *p; p++) {
			uint8_t pass[TERMINAL_PASS_MAX];
			uint32_t nr = 99;
			enum terminal_verdict v = terminal_escape_feed(&e, (uint8_t)*p, pass, &nr);

			assert_true(nr <= TERMINAL_PASS_MAX);
			assert_true(v == TERMINAL_PASS || nr == 0);
			quits += v == TERMINAL_QUIT;
			helps += v == TERMINAL_HELP;
			strncat(passed, (const char *)pass, nr);
		}
		assert_string_equal(passed, t[i].passed);
		assert_int_equal(quits, t[i].quits);
		assert_int_equal(helps, t[i].helps);
	}
}

static void every_byte_gets_through(void **state)
{
	struct terminal_escape e = { 0 };
	uint8_t pass[TERMINAL_PASS_MAX];
	uint32_t nr;

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		assert_int_equal(terminal_escape_feed(&e, (uint8_t)byte, pass, &nr), TERMINAL_PASS);
		if (byte == 1)
			assert_int_equal(terminal_escape_feed(&e, 1, pass, &nr), TERMINAL_PASS);
		assert_int_equal(nr, 1);
		assert_int_equal(pass[0], byte);
	}
}

static void no_terminal_is_no_error(void **state)
{
	struct terminal t;
	char byte;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(terminal_open(&t, p[0], 2), 0);
	assert_false(t.open);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(terminal_read(&t, &byte, 1), 1);
	terminal_close(&t);
	close(p[0]);
	close(p[1]);
	assert_int_equal(terminal_open(&t, p[0], 2), 0);
	assert_false(t.open);
	terminal_close(&t);
	terminal_restore();
}

/* The job's side. */
typedef void job_fn(struct terminal *t, int ready);

struct job {
	int master;
	int status; /* pipe: wait statuses of the job, by the shell */
	int ready;  /* pipe: a byte from the job */
	pid_t shell, pid;
	struct termios before;
};

/* The one that runs now, for job_forget(). */
static struct running {
	pid_t shell, pid;
} running;

static void job_main(job_fn *fn, int ready, bool background)
{
	struct terminal t;

	/* cmocka and sanitizers have taken some. */
	for (int sig = 1; sig < SIGRTMIN; sig++)
		signal(sig, SIG_DFL);
	/* The shell says when the group has, or hasn't, the terminal. */
	while (!background && tcgetpgrp(0) != getpgrp())
		usleep(1000);
	if (terminal_open(&t, 0, 2) != 0)
		_exit(99);
	fn(&t, ready);
	_exit(98);
}

/* As shells do when their terminal goes away. */
static pid_t shell_job;

static void shell_on_hup(int sig)
{
	kill(shell_job, sig);
}

static void shell_main(job_fn *fn, int status, int ready, bool background)
{
	const struct sigaction hup = { .sa_handler = shell_on_hup, .sa_flags = SA_RESTART };
	pid_t pid;
	int st;

	signal(SIGTTOU, SIG_IGN);
	shell_job = pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		job_main(fn, ready, background);
	}
	sigaction(SIGHUP, &hup, NULL);
	setpgid(pid, pid);
	if (!background)
		tcsetpgrp(0, pid);
	if (write(status, &pid, sizeof(pid)) < 0)
		_exit(1);
	for (;;) {
		if (waitpid(pid, &st, WUNTRACED | WCONTINUED) < 0)
			_exit(0);
		if (write(status, &st, sizeof(st)) < 0)
			_exit(1);
	}
}

static bool wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 10000) == 1 && (p.revents & POLLIN);
}

static int read_int(int fd)
{
	int value;

	assert_true(wait_readable(fd));
	assert_int_equal(read(fd, &value, sizeof(value)), sizeof(value));
	return value;
}

static void ready_wait(const struct job *j)
{
	char byte;

	assert_true(wait_readable(j->ready));
	assert_int_equal(read(j->ready, &byte, 1), 1);
}

static void job_start(struct job *j, job_fn *fn, bool background)
{
	int status[2], ready[2], slave;

	assert_int_equal(pipe(status), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(stdout);
	/* As it is before anybody has it; the job may be quick. */
	assert_int_equal(openpty(&j->master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(slave, &j->before), 0);
	j->shell = fork();
	assert_true(j->shell >= 0);
	if (j->shell == 0) {
		if (login_tty(slave) != 0)
			_exit(1);
		close(j->master);
		close(status[0]);
		close(ready[0]);
		shell_main(fn, status[1], ready[1], background);
	}
	running.shell = j->shell;
	close(slave);
	close(status[1]);
	close(ready[1]);
	j->status = status[0];
	j->ready = ready[0];
	j->pid = running.pid = read_int(j->status);
	ready_wait(j);
}

static void job_end(struct job *j)
{
	int st;

	if (j->master >= 0)
		close(j->master);
	close(j->status);
	close(j->ready);
	kill(j->shell, SIGKILL);
	waitpid(j->shell, &st, 0);
	running = (struct running){ 0 };
}

/* After a failed assertion, which leaves the test without job_end(). */
static int job_forget(void **state)
{
	(void)state;
	if (running.pid)
		kill(running.pid, SIGKILL);
	if (running.shell)
		kill(running.shell, SIGKILL);
	running = (struct running){ 0 };
	return 0;
}

/* Input as in a raw terminal? Output is not touched. */
static bool is_raw(const struct job *j)
{
	struct termios now;

	assert_int_equal(tcgetattr(j->master, &now), 0);
	assert_int_equal(now.c_oflag, j->before.c_oflag);
	return !(now.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) && !(now.c_iflag & (ICRNL | IXON));
}

static void assert_as_before(const struct job *j)
{
	struct termios now;

	assert_int_equal(tcgetattr(j->master, &now), 0);
	assert_int_equal(now.c_iflag, j->before.c_iflag);
	assert_int_equal(now.c_oflag, j->before.c_oflag);
	assert_int_equal(now.c_lflag, j->before.c_lflag);
	assert_int_equal(now.c_cflag, j->before.c_cflag);
	assert_memory_equal(now.c_cc, j->before.c_cc, sizeof(now.c_cc));
}

static void ready_tell(int ready)
{
	if (write(ready, "r", 1) != 1)
		_exit(97);
}

static void job_waits(struct terminal *t, int ready)
{
	(void)t;
	ready_tell(ready);
	for (;;)
		pause();
}

static void job_closes(struct terminal *t, int ready)
{
	char byte = 0;

	ready_tell(ready);
	while (terminal_read(t, &byte, 1) != 1)
		usleep(1000);
	terminal_close(t);
	_exit(byte);
}

static void job_exits(struct terminal *t, int ready)
{
	char byte;

	ready_tell(ready);
	exit(terminal_read(t, &byte, 1) == 1 ? 7 : 8);
}

static void job_aborts(struct terminal *t, int ready)
{
	char byte;

	ready_tell(ready);
	if (terminal_read(t, &byte, 1) == 1)
		abort();
}

/* A real fault. */
static void job_faults(struct terminal *t, int ready)
{
	char byte;

	ready_tell(ready);
	if (terminal_read(t, &byte, 1) == 1)
		__asm__ volatile("ud2");
}

static void raw_between_open_and_close(void **state)
{
	struct job j;

	(void)state;
	job_start(&j, job_closes, false);
	assert_true(is_raw(&j));
	assert_int_equal(write(j.master, "\3", 1), 1); /* Ctrl-C is a byte */
	assert_int_equal(WEXITSTATUS(read_int(j.status)), 3);
	assert_as_before(&j);
	job_end(&j);
}

static void restored_by_every_signal_that_ends(void **state)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGABRT,
		SIGUSR1, SIGALRM };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++) {
		struct job j;
		int st;

		job_start(&j, job_waits, false);
		assert_true(is_raw(&j));
		assert_int_equal(kill(j.pid, sigs[i]), 0);
		st = read_int(j.status);
		assert_true(WIFSIGNALED(st));
		assert_int_equal(WTERMSIG(st), sigs[i]);
		assert_as_before(&j);
		job_end(&j);
	}
}

static void restored_by_exit_abort_and_fault(void **state)
{
	static const struct {
		job_fn *fn;
		int exit, sig;
	} t[] = { { job_exits, 7, 0 }, { job_aborts, 0, SIGABRT }, { job_faults, 0, SIGILL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct job j;
		int st;

		job_start(&j, t[i].fn, false);
		assert_true(is_raw(&j));
		assert_int_equal(write(j.master, "x", 1), 1);
		st = read_int(j.status);
		assert_int_equal(WIFSIGNALED(st) ? WTERMSIG(st) : 0, t[i].sig);
		assert_int_equal(WIFEXITED(st) ? WEXITSTATUS(st) : 0, t[i].exit);
		assert_as_before(&j);
		job_end(&j);
	}
}

/* The handler runs when the process is scheduled again. */
static bool becomes_raw(const struct job *j)
{
	for (int i = 0; i < 5000; i++) {
		if (is_raw(j))
			return true;
		usleep(i < 1000 ? 10 : 1000);
	}
	return false;
}

static void stopped_terminal_is_the_shells(void **state)
{
	struct job j;
	int st;

	(void)state;
	job_start(&j, job_waits, false);
	/* Many rounds: the next stop comes the moment the terminal is raw again. */
	for (int round = 0; round < 200; round++) {
		assert_true(becomes_raw(&j));
		assert_int_equal(kill(j.pid, SIGTSTP), 0);
		st = read_int(j.status);
		assert_true(WIFSTOPPED(st));
		assert_as_before(&j);
		assert_int_equal(kill(j.pid, SIGCONT), 0);
		assert_true(WIFCONTINUED(read_int(j.status)));
	}
	assert_true(becomes_raw(&j));
	assert_int_equal(kill(j.pid, SIGTERM), 0);
	assert_true(WIFSIGNALED(read_int(j.status)));
	assert_as_before(&j);
	job_end(&j);
}

static void job_reads_in_background(struct terminal *t, int ready)
{
	char byte;

	ready_tell(ready);
	for (int i = 0; i < 20; i++) {
		if (terminal_read(t, &byte, 1) != -EAGAIN)
			_exit(1);
		usleep(1000);
	}
	terminal_close(t);
	_exit(0);
}

static void background_leaves_the_terminal_alone(void **state)
{
	struct job j;
	int st;

	(void)state;
	job_start(&j, job_reads_in_background, true);
	assert_as_before(&j);
	assert_int_equal(write(j.master, "ls\n", 3), 3);
	st = read_int(j.status);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
	assert_as_before(&j);
	job_end(&j);
}

static void job_outlives_the_terminal(struct terminal *t, int ready)
{
	char byte;
	ssize_t n;

	ready_tell(ready);
	while ((n = terminal_read(t, &byte, 1)) == -EAGAIN)
		usleep(1000);
	terminal_help(t);
	terminal_close(t);
	_exit(n == 0 || n == -EIO ? 0 : 1);
}

static void hangup_is_survived(void **state)
{
	struct job j;
	int st;

	(void)state;
	/* With nobody to handle it, SIGHUP ends the job as always. */
	job_start(&j, job_waits, false);
	close(j.master);
	j.master = -1;
	st = read_int(j.status);
	assert_true(WIFSIGNALED(st));
	assert_int_equal(WTERMSIG(st), SIGHUP);
	job_end(&j);
}

static void job_ignores_hangup(struct terminal *t, int ready)
{
	signal(SIGHUP, SIG_IGN);
	job_outlives_the_terminal(t, ready);
}

static void terminal_that_goes_away_is_an_end_of_input(void **state)
{
	struct job j;
	int st;

	(void)state;
	job_start(&j, job_ignores_hangup, false);
	close(j.master);
	j.master = -1;
	st = read_int(j.status);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
	job_end(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_told_apart),
		cmocka_unit_test(every_byte_gets_through),
		cmocka_unit_test(no_terminal_is_no_error),
		cmocka_unit_test_teardown(raw_between_open_and_close, job_forget),
		cmocka_unit_test_teardown(restored_by_every_signal_that_ends, job_forget),
		cmocka_unit_test_teardown(restored_by_exit_abort_and_fault, job_forget),
		cmocka_unit_test_teardown(stopped_terminal_is_the_shells, job_forget),
		cmocka_unit_test_teardown(background_leaves_the_terminal_alone, job_forget),
		cmocka_unit_test_teardown(hangup_is_survived, job_forget),
		cmocka_unit_test(terminal_that_goes_away_is_an_end_of_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
