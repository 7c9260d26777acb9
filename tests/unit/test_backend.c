/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_backend.c - processes beside the guest: how they start, what is told when they can't or die, and that
 * nothing is left. The back ends are shells; descriptor 3 is the socket that they would listen on.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/backend.h"
#include "launcher/program.h"
#include "vmm/log.h"

static char said[4096];
static char directory[] = "/tmp/thole-test-XXXXXX";
static struct loop loop;
static struct end end;

static void sink(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level <= LOG_LEVEL_WARN)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static void woken(void *ctx)
{
	(void)ctx;
	loop_quit(&loop);
}

static int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	log_set_sink(sink, NULL);
	assert_int_equal(loop_init(&loop, woken, NULL), 0);
	end_init(&end, &loop);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_fini(&loop);
	log_set_sink(NULL, NULL);
	return 0;
}

static void told(const char *what)
{
	if (!strstr(said, what))
		fail_msg("\"%s\" is not in: %s", what, said);
}

static int start(struct backend *b, const char *script)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)(uintptr_t)script, NULL };
	const struct backend_setup s = { .name = "the back end", .argv = argv, .file = -1 };

	return backend_start(b, &s);
}

/* Entries of the directory in which a socket has a name for a moment. */
static unsigned entries(void)
{
	DIR *dir = opendir(directory);
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A socket is made and connected to, and nothing of it is left but the connection. */
static void test_start(void **state)
{
	unsigned before = descriptors();
	struct backend b;
	int type = 0, fd;
	socklen_t size = sizeof(type);

	(void)state;
	assert_int_equal(start(&b, "test -S /proc/self/fd/3 && exec sleep 100"), 0);
	assert_int_equal(entries(), 0);
	fd = backend_take(&b);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size), 0);
	assert_int_equal(type, SOCK_STREAM);
	close(fd);
	backend_stop(&b);
	assert_string_equal(said, "");
	assert_int_equal(descriptors(), before);
}

static void test_missing(void **state)
{
	char *argv[] = { (char *)"/no/such/program", NULL };
	const struct backend_setup s = { .name = "the back end", .argv = argv, .file = -1 };
	unsigned before = descriptors();
	struct backend b;

	(void)state;
	assert_int_equal(backend_start(&b, &s), -ENOENT);
	told("the back end: cannot run it (/no/such/program): No such file");
	assert_int_equal(descriptors(), before);
	assert_int_equal(entries(), 0);
}

static int refuse(const void *ctx, const char **what)
{
	(void)ctx;
	*what = "make it ready";
	return -EPERM;
}

static void test_prepare_fails(void **state)
{
	char *argv[] = { (char *)"/bin/true", NULL };
	struct backend_setup s = { .name = "the back end", .argv = argv, .file = -1, .prepare = refuse };
	struct backend b;

	(void)state;
	assert_int_equal(backend_start(&b, &s), -EPERM);
	told("cannot make it ready (/bin/true): Operation not permitted; has the user the right to?\n");
	said[0] = '\0';
	s.remedy = "have something else";
	assert_int_equal(backend_start(&b, &s), -EPERM);
	told("cannot make it ready (/bin/true): Operation not permitted; have something else\n");
	/* The remedy is for that, and not for what else goes wrong. */
	argv[0] = (char *)"/no/such/program";
	said[0] = '\0';
	s.prepare = NULL;
	assert_int_equal(backend_start(&b, &s), -ENOENT);
	told("cannot run it (/no/such/program): No such file or directory\n");
}

static void test_file(void **state)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"cat <&4; exit 1", NULL };
	struct backend_setup s = { .name = "the back end", .argv = argv };
	struct backend b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "from the file\n", 14), 14);
	close(fd[1]);
	s.file = fd[0];
	assert_int_equal(backend_start(&b, &s), 0);
	close(fd[0]);
	backend_explain(&b);
	told("ended with code 1; its last words: from the file");
	backend_stop(&b);
}

/* While the guest runs: its end is the machine's. */
static void dies(const char *script, int signal, const char *what)
{
	struct backend b;
	int fd;

	said[0] = '\0';
	assert_int_equal(start(&b, script), 0);
	fd = backend_take(&b);
	assert_int_equal(backend_watch(&b, &loop, &end, NULL), 0);
	if (signal)
		kill(b.pid, signal);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(end_kind(&end), END_FAILED);
	told(what);
	close(fd);
	backend_stop(&b);
}

static void test_dies(void **state)
{
	(void)state;
	dies("echo first; echo it hurts >&2; exit 3", 0, "the back end: ended with code 3; its last words: first it hurts");
}

static void test_killed(void **state)
{
	(void)state;
	dies("exec sleep 100", SIGKILL, "the back end: was killed by signal 9 (Killed), without a word");
}

/* It is there, but no longer listens or answers: the kernel says that the connection has gone. */
static void test_hangs_up(void **state)
{
	(void)state;
	dies("exec 3<&-; echo 'enough'; exec sleep 100", 0, "the back end: has hung up; its last words: enough");
}

/* Binary noise, and a great deal of it: the end counts, and is readable. */
static void test_noise(void **state)
{
	(void)state;
	dies("head -c 300000 /dev/zero | tr '\\0' 'x'; printf '\\nlast\\033[31m word\\n'; exit 1", 0, "last [31m word");
	assert_true(strlen(said) < 2300);
}

static void test_stubborn_is_killed(void **state)
{
	struct backend b;
	pid_t pid;

	(void)state;
	assert_int_equal(start(&b, "exec sleep 100"), 0);
	pid = b.pid;
	backend_stop(&b);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* Somebody has stopped it (SIGSTOP): it goes on to its end. */
static void test_stopped(void **state)
{
	struct backend b;
	int status;

	(void)state;
	assert_int_equal(start(&b, "kill -STOP $$"), 0);
	assert_int_equal(waitpid(b.pid, &status, WUNTRACED), b.pid);
	assert_true(WIFSTOPPED(status));
	backend_stop(&b);
	assert_int_equal(b.pid, 0);
	assert_string_equal(said, "");
}

/* Given up, it is not asked any more: one that would not mind SIGTERM is gone without a warning. */
static void test_given_up(void **state)
{
	struct backend b;
	char word[8];
	struct pollfd p;

	(void)state;
	assert_int_equal(start(&b, "trap '' TERM; echo deaf; while :; do sleep 1; done"), 0);
	p = (struct pollfd){ .fd = b.said.fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(b.said.fd, word, sizeof(word)), 5);
	backend_kill(&b);
	backend_stop(&b);
	assert_int_equal(b.pid, 0);
	assert_string_equal(said, "");
}

/* Its device has told that it does not answer, and hung up: that is the machine's end, and all is said. */
static void test_silent(void **state)
{
	const bool silent = true;
	struct backend b;
	int fd;

	(void)state;
	assert_int_equal(start(&b, "exec sleep 100"), 0);
	fd = backend_take(&b);
	assert_int_equal(backend_watch(&b, &loop, &end, &silent), 0);
	shutdown(fd, SHUT_RDWR);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(end_kind(&end), END_FAILED);
	assert_string_equal(said, "");
	close(fd);
	backend_kill(&b);
	backend_stop(&b);
	assert_string_equal(said, "");
}

/* A short program's answer, or its end if it takes too long. */
static void test_answer_in_time(void **state)
{
	char *quick[] = { (char *)"/bin/sh", (char *)"-c", (char *)"echo two words; exit 3", NULL };
	char *slow[] = { (char *)"/bin/sh", (char *)"-c", (char *)"exec sleep 1000", NULL };
	char text[16];

	(void)state;
	assert_int_equal(program_run(quick, text, sizeof(text), 20000), 3);
	assert_string_equal(text, "two words");
	assert_int_equal(program_run(slow, text, sizeof(text), 1), -ETIMEDOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

/* Whoever has started it is killed: the kernel ends it, too. */
static void test_orphan(void **state)
{
	int alive[2];
	struct pollfd p;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(alive), 0);
	pid = fork();
	if (pid == 0) {
		struct backend b;
		char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"printf x >&4; exec sleep 100", NULL };
		const struct backend_setup s = { .name = "the back end", .argv = argv, .file = alive[1] };

		if (backend_start(&b, &s) != 0)
			_exit(1);
		close(alive[1]);
		pause();
		_exit(0);
	}
	close(alive[1]);
	assert_int_equal(read(alive[0], &c, 1), 1); /* it runs */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Only it holds the other end of the pipe. */
	p = (struct pollfd){ .fd = alive[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(alive[0], &c, 1), 0);
	close(alive[0]);
	assert_int_equal(entries(), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_start),
		T(test_missing),
		T(test_prepare_fails),
		T(test_file),
		T(test_dies),
		T(test_killed),
		T(test_hangs_up),
		T(test_noise),
		T(test_stubborn_is_killed),
		T(test_stopped),
		T(test_given_up),
		T(test_silent),
		T(test_answer_in_time),
		T(test_orphan),
	};
	int failed;

	if (!mkdtemp(directory))
		return 1;
	setenv("XDG_RUNTIME_DIR", directory, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return failed;
}
