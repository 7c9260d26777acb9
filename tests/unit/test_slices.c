/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_slices.c - processes that have the machine in turn: never two at once, all to their end, with what they said. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/slices.h"

#define SLICE_MS 2

/* What the children see of each other, in memory of both. */
struct shared {
	_Atomic(pid_t) pid[2];
	atomic_uint last;      /* who made the last step */
	atomic_uint changes;   /* how often it was another one's than the one before */
	atomic_uint beside[2]; /* steps during which the other one did not stand still */
	atomic_uint alone[2];  /* and during which it did */
};

/* Start a child whose output is heard; it waits to be continued. */
static struct slice_process child_start(void (*run)(void *, unsigned), void *arg, unsigned which)
{
	struct slice_process p = { 0 };
	siginfo_t stopped;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (p.pid == 0) {
		close(pipes[0]);
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[1]);
		raise(SIGSTOP);
		run(arg, which);
		_exit((int)which);
	}
	close(pipes[1]);
	p.out = pipes[0];
	assert_int_equal(waitid(P_PID, (id_t)p.pid, &stopped, WSTOPPED | WNOWAIT), 0);
	return p;
}

/* T: stopped, Z: ended (proc(5), /proc/PID/stat); there is nothing to read of one that is gone. */
static bool stands_still(pid_t pid)
{
	char path[32], text[64] = "";
	const char *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	state = strrchr(text, ')');
	return !state || (state[2] == 'T' || state[2] == 'Z');
}

/* Takes steps until there were some turns, and says its name. */
static void take_steps(void *arg, unsigned which)
{
	struct shared *s = arg;

	while (atomic_load(&s->changes) < 10) {
		if (atomic_exchange(&s->last, which) != which)
			atomic_fetch_add(&s->changes, 1);
		atomic_fetch_add(
			stands_still(s->pid[!which]) ? &s->alone[which] : &s->beside[which], 1);
	}
	dprintf(STDOUT_FILENO, "I am %u\n", which);
}

static void in_turn(void **state)
{
	struct shared *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct slice_process p[2];

	(void)state;
	assert_ptr_not_equal(s, MAP_FAILED);
	for (unsigned i = 0; i < 2; i++) {
		p[i] = child_start(take_steps, s, i);
		s->pid[i] = p[i].pid;
	}
	assert_int_equal(slices_run(p, 2, 1, SLICE_MS), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(WIFEXITED(p[i].status));
		assert_int_equal(WEXITSTATUS(p[i].status), i);
		assert_int_equal(p[i].pid, 0);
		assert_true(s->alone[i] > 0);
		assert_int_equal(s->beside[i], 0);
	}
	assert_string_equal(p[0].text, "I am 0\n");
	assert_string_equal(p[1].text, "I am 1\n");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	munmap(s, sizeof(*s));
}

static void wait_for_ever(void *arg, unsigned which)
{
	(void)arg;
	(void)which;
	for (;;)
		pause();
}

static void write_much(void *arg, unsigned which)
{
	(void)arg;
	(void)which;
	for (unsigned i = 0; i < 100000; i++)
		dprintf(STDOUT_FILENO, "x");
}

/* One that is killed is told with its end, one that writes too much is cut and does not block. */
static void unlucky(void **state)
{
	struct slice_process p[2] = { child_start(wait_for_ever, NULL, 0),
		child_start(write_much, NULL, 7) };

	(void)state;
	kill(p[0].pid, SIGKILL);
	assert_int_equal(slices_run(p, 2, 0, SLICE_MS), 0);
	assert_true(WIFSIGNALED(p[0].status));
	assert_int_equal(WTERMSIG(p[0].status), SIGKILL);
	assert_int_equal(WEXITSTATUS(p[1].status), 7);
	assert_int_equal(strlen(p[1].text), SLICE_TEXT_MAX - 1);
	assert_string_equal(p[0].text, "");
}

/* slices_kill() ends the stopped ones, too, and leaves those alone that have no process. */
static void killed(void **state)
{
	struct slice_process p[3] = { child_start(wait_for_ever, NULL, 0), { 0 },
		child_start(wait_for_ever, NULL, 2) };
	int status;

	(void)state;
	slices_kill(p, 3);
	for (unsigned i = 0; i < 3; i += 2) {
		assert_int_equal(waitpid(p[i].pid, &status, 0), p[i].pid);
		assert_true(WIFSIGNALED(status));
		close(p[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_turn),
		cmocka_unit_test(unlucky),
		cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
