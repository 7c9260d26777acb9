/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_slices.c - processes that have the machine in turn: never two at once, all to their end, with what they said; and
 * who begins. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/slices.h"
#include "vmm/clock.h"

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
static struct slice_text child_start(void (*run)(void *, unsigned), void *arg, unsigned which)
{
	struct slice_text p = { .process.ops = &slice_text_ops };
	siginfo_t stopped;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	p.process.pid = fork();
	assert_true(p.process.pid >= 0);
	if (p.process.pid == 0) {
		close(pipes[0]);
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[1]);
		raise(SIGSTOP);
		run(arg, which);
		_exit((int)which);
	}
	close(pipes[1]);
	p.out = pipes[0];
	assert_int_equal(waitid(P_PID, (id_t)p.process.pid, &stopped, WSTOPPED | WNOWAIT), 0);
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

static int run_in_slices(struct slice_text p[2], size_t first)
{
	struct slice_process *const slices[] = { &p[0].process, &p[1].process };
	int err = slices_run(slices, 2, first, SLICE_MS);

	close(p[0].out);
	close(p[1].out);
	return err;
}

static void in_turn(void **state)
{
	struct shared *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct slice_text p[2];

	(void)state;
	assert_ptr_not_equal(s, MAP_FAILED);
	for (unsigned i = 0; i < 2; i++) {
		p[i] = child_start(take_steps, s, i);
		s->pid[i] = p[i].process.pid;
	}
	assert_int_equal(run_in_slices(p, 1), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(WIFEXITED(p[i].process.status));
		assert_int_equal(WEXITSTATUS(p[i].process.status), i);
		assert_int_equal(p[i].process.pid, 0);
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
	struct slice_text p[2] = { child_start(wait_for_ever, NULL, 0),
		child_start(write_much, NULL, 7) };

	(void)state;
	kill(p[0].process.pid, SIGKILL);
	assert_int_equal(run_in_slices(p, 0), 0);
	assert_true(WIFSIGNALED(p[0].process.status));
	assert_int_equal(WTERMSIG(p[0].process.status), SIGKILL);
	assert_int_equal(WEXITSTATUS(p[1].process.status), 7);
	assert_int_equal(strlen(p[1].text), SLICE_TEXT_MAX - 1);
	assert_string_equal(p[0].text, "");
}

/* What was told of a process's turns. */
static struct {
	unsigned begun, over;
	uint64_t shortest_pause_ns, since;
} turns[2];
static const struct slice_process *of_turn[2];

static void turn_note(struct slice_process *p, bool begins)
{
	size_t which = p == of_turn[1];
	uint64_t now = clock_now_ns();

	if (begins && turns[which].begun++)
		turns[which].shortest_pause_ns =
			min(turns[which].shortest_pause_ns, now - turns[which].since);
	if (!begins) {
		turns[which].over++;
		turns[which].since = now;
	}
}

static void end_soon(void *arg, unsigned which)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	(void)which;
	for (unsigned i = 0; i < *(unsigned *)arg; i++)
		nanosleep(&moment, NULL);
}

/* Who is stopped is so for a slice at least, also if the other one has ended sooner: that tells a stop from all else. */
static void pauses(void **state)
{
	unsigned soon = 5, later = 60;
	struct slice_text p[2] = { child_start(end_soon, &soon, 0),
		child_start(end_soon, &later, 1) };
	struct slice_ops noting = { slice_text_ops.hear, turn_note };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		turns[i].begun = turns[i].over = 0;
		turns[i].shortest_pause_ns = UINT64_MAX;
		of_turn[i] = &p[i].process;
		p[i].process.ops = &noting;
	}
	assert_int_equal(
		slices_run((struct slice_process *[]){ &p[0].process, &p[1].process }, 2, 1, 20),
		0);
	for (unsigned i = 0; i < 2; i++) {
		close(p[i].out);
		assert_int_equal(turns[i].begun, turns[i].over);
	}
	assert_int_equal(turns[0].begun, 1);
	assert_true(turns[1].begun >= 2);
	assert_true(turns[1].shortest_pause_ns >= 20000000);
}

static int give_up(struct slice_process *p, uint64_t until_ns)
{
	(void)p;
	(void)until_ns;
	return -ETIMEDOUT;
}

/* If hearing gives up, all are still there. */
static void given_up(void **state)
{
	struct slice_text p[2] = { child_start(wait_for_ever, NULL, 0),
		child_start(wait_for_ever, NULL, 1) };
	struct slice_ops giving_up = { give_up, slice_text_ops.turn };

	(void)state;
	p[0].process.ops = p[1].process.ops = &giving_up;
	assert_int_equal(run_in_slices(p, 0), -ETIMEDOUT);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(p[i].process.pid > 0);
		kill(p[i].process.pid, SIGKILL);
		assert_int_equal(slice_process_reap(&p[i].process), 0);
		assert_int_equal(WTERMSIG(p[i].process.status), SIGKILL);
		assert_int_equal(slice_process_reap(&p[i].process), 0);
	}
}

/*
 * Two that take their memory from one pool, which gives what was freed last first: how often each got the same part.
 * ends_first: who began has ended first; or last.
 */
static void pool_share(size_t (*first)(size_t, size_t), bool ends_first, size_t got[2])
{
	size_t pool[2] = { 0, 1 }; /* the next one is [0] */

	got[0] = got[1] = 0;
	for (size_t round = 0; round < 40; round++) {
		size_t begins = first(round, 2), part[2];

		part[begins] = pool[0];
		part[!begins] = pool[1];
		got[0] += part[0] == 0;
		got[1] += part[1] == 0;
		pool[0] = part[ends_first ? !begins : begins];
		pool[1] = part[ends_first ? begins : !begins];
	}
}

static size_t by_turns(size_t round, size_t nr)
{
	return round % nr;
}

/* Each begins as often as the others, and gets each part of a pool of memory as often: if they began by turns, never. */
static void who_begins(void **state)
{
	static const size_t want[] = { 0, 1, 1, 0, 0, 1, 1, 0 };
	size_t times[3] = { 0 }, got[2];

	(void)state;
	for (size_t round = 0; round < ARRAY_SIZE(want); round++)
		assert_int_equal(slices_first(round, 2), want[round]);
	for (size_t round = 0; round < 60; round++)
		times[slices_first(round, 3)]++;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(times[i], 20);
	for (int ends_first = 0; ends_first < 2; ends_first++) {
		pool_share(slices_first, ends_first, got);
		assert_int_equal(got[0], 20);
		assert_int_equal(got[1], 20);
	}
	pool_share(by_turns, true, got);
	assert_true(got[0] == 40 || got[1] == 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_turn),
		cmocka_unit_test(unlucky),
		cmocka_unit_test(pauses),
		cmocka_unit_test(given_up),
		cmocka_unit_test(who_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
