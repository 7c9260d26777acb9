/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ledger.c - what was noted and not struck is undone, newest first, by whoever comes after a kill. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/ledger.h"

static char dir[64];
static char undone[512];
static const char *refuse;

static int undo(void *ctx, const char *entry)
{
	(void)ctx;
	if (refuse && strcmp(entry, refuse) == 0)
		return -EBUSY;
	strcat(undone, entry);
	strcat(undone, ";");
	return 0;
}

static int setup(void **state)
{
	char parent[] = "/tmp/thole-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(parent));
	snprintf(dir, sizeof(dir), "%s/run", parent);
	undone[0] = '\0';
	refuse = NULL;
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	*strrchr(dir, '/') = '\0';
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static uint32_t recover(bool kept)
{
	uint32_t nr;

	assert_int_equal(ledger_recover(dir, "pci", kept, undo, NULL, &nr), refuse ? -EBUSY : 0);
	return nr;
}

static bool there(const char *owner)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/pci.%s", dir, owner);
	return access(path, F_OK) == 0;
}

/* A process that notes something, and is killed. */
static void killed_after(const char *const *entry, const char *tail)
{
	struct ledger l;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (ledger_open(&l, dir, "pci", NULL) != 0)
			_exit(1);
		for (; *entry; entry++)
			if (**entry == '-' ? ledger_strike(&l, *entry + 1) : ledger_note(&l, *entry))
				_exit(1);
		if (tail && write(l.fd, tail, strlen(tail)) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void nothing_there(void **state)
{
	(void)state;
	assert_int_equal(recover(true), 0);
}

static void struck_is_gone(void **state)
{
	struct ledger l;
	char pid[16];

	(void)state;
	assert_int_equal(ledger_open(&l, dir, "pci", NULL), 0);
	assert_int_equal(ledger_note(&l, "a"), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_true(there(pid));
	assert_int_equal(ledger_strike(&l, "a"), 0);
	ledger_close(&l);
	assert_false(there(pid));
}

static void a_living_owner_is_left_alone(void **state)
{
	struct ledger l;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, "pci", NULL), 0);
	assert_int_equal(ledger_note(&l, "a"), 0);
	/* flock is per open file, so another open in this process counts as somebody else's */
	assert_int_equal(recover(false), 0);
	assert_string_equal(undone, "");
	ledger_close(&l);
	assert_int_equal(recover(false), 1);
	assert_string_equal(undone, "a;");
}

static void orphans_are_undone_in_reverse(void **state)
{
	(void)state;
	killed_after((const char *const[]){ "a", "b", "-a", "c", NULL }, NULL);
	assert_int_equal(recover(false), 2);
	assert_string_equal(undone, "c;b;");
	assert_int_equal(recover(false), 0);
}

static void half_a_line_is_no_change(void **state)
{
	(void)state;
	killed_after((const char *const[]){ "a", NULL }, "+b");
	assert_int_equal(recover(false), 1);
	assert_string_equal(undone, "a;");
}

static void what_fails_stays(void **state)
{
	(void)state;
	killed_after((const char *const[]){ "a", "b", NULL }, NULL);
	refuse = "b";
	assert_int_equal(recover(false), 1);
	assert_string_equal(undone, "a;");
	refuse = NULL;
	assert_int_equal(recover(false), 1);
	assert_string_equal(undone, "a;b;");
}

static void kept_stays_until_asked_for(void **state)
{
	struct ledger l;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, "pci", LEDGER_KEPT), 0);
	assert_int_equal(ledger_note(&l, "a"), 0);
	ledger_close(&l);
	assert_int_equal(recover(false), 0);
	assert_true(there(LEDGER_KEPT));
	assert_int_equal(recover(true), 1);
	assert_false(there(LEDGER_KEPT));
}

static int pick_b(void *ctx, const char *entry)
{
	(void)ctx;
	return strcmp(entry, "b") == 0 ? 0 : 1;
}

static void one_of_several(void **state)
{
	struct ledger l;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, "pci", LEDGER_KEPT), 0);
	assert_int_equal(ledger_note(&l, "a"), 0);
	assert_int_equal(ledger_note(&l, "b"), 0);
	assert_int_equal(ledger_note(&l, "c"), 0);
	assert_int_equal(ledger_undo_one(&l, pick_b, undo, NULL), 0);
	assert_string_equal(undone, "b;");
	assert_int_equal(ledger_undo_one(&l, pick_b, undo, NULL), -ENOENT);
	ledger_close(&l);
	assert_int_equal(recover(true), 2);
	assert_string_equal(undone, "b;c;a;");
}

static void another_boot_is_forgotten(void **state)
{
	char path[128];
	FILE *out;

	(void)state;
	killed_after((const char *const[]){ NULL }, NULL); /* makes the directory */
	snprintf(path, sizeof(path), "%s/pci.1", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs("thole-ledger 1 00000000-0000-0000-0000-000000000000\n+a\n", out);
	fclose(out);
	assert_int_equal(recover(false), 0);
	assert_false(there("1"));
}

static void no_line_in_a_line(void **state)
{
	char longest[2 * LEDGER_LINE];
	struct ledger l;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(ledger_open(&l, dir, "pci", NULL), 0);
	assert_int_equal(ledger_note(&l, "a\n+b"), -EINVAL);
	assert_int_equal(ledger_note(&l, longest), -EINVAL);
	ledger_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_there, setup, teardown),
		cmocka_unit_test_setup_teardown(struck_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_living_owner_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(orphans_are_undone_in_reverse, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_line_is_no_change, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(kept_stays_until_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(one_of_several, setup, teardown),
		cmocka_unit_test_setup_teardown(another_boot_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(no_line_in_a_line, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
