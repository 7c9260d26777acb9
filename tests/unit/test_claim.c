/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_claim.c - who has which CPUs: seen by others, gone with its holder. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sched/claim.h"

static char path[] = "/tmp/thole-claim.XXXXXX";

static int file_make(void **state)
{
	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	return unlink(path);
}

static int file_remove(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static struct cpulist list(const char *text)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(&l, text, NULL, NULL), 0);
	return l;
}

static int claim_text(const struct claim *c, const char *text)
{
	struct cpulist l = list(text);
	int err = claim_cpus(c, &l);

	cpulist_fini(&l);
	return err;
}

static void assert_taken(const struct claim *c, const char *text)
{
	struct cpulist taken;
	char buf[128];

	assert_int_equal(claim_taken(c, &taken), 0);
	cpulist_format(&taken, buf, sizeof(buf));
	assert_string_equal(buf, text);
	cpulist_fini(&taken);
}

static void others_see_what_is_claimed(void **state)
{
	struct claim a, b, c;
	struct cpulist more = list("3-5,9");

	(void)state;
	claim_open(&a, path);
	claim_open(&b, path);
	claim_open(&c, path);
	assert_true(a.fd >= 0 && b.fd >= 0 && c.fd >= 0);
	assert_taken(&a, "");
	assert_int_equal(claim_text(&a, "0-2,64,8191"), 0);
	assert_taken(&a, ""); /* its own are nobody else's */
	assert_taken(&b, "0-2,64,8191");
	assert_int_equal(claim_text(&b, "3-4,7"), 0);
	assert_taken(&c, "0-4,7,64,8191");
	assert_taken(&a, "3-4,7");

	/* One is taken: none is claimed. What is there can be claimed beside what is shared. */
	assert_int_equal(claim_text(&c, "8,64"), -EAGAIN);
	assert_taken(&a, "3-4,7");
	claim_shared(&c, &more);
	assert_taken(&a, "3-5,7,9");
	claim_close(&b);
	assert_taken(&a, "5,9");
	cpulist_fini(&more);
	claim_close(&a);
	claim_close(&c);
}

static void a_claim_ends_with_its_process(void **state)
{
	struct claim mine;
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		claim_open(&mine, path);
		(void)!write(ready[1], claim_text(&mine, "1") == 0 ? "y" : "n", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	claim_open(&mine, path);
	assert_taken(&mine, "1");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_taken(&mine, "");
	claim_close(&mine);
	close(ready[0]);
	close(ready[1]);
}

static void all_users_may_open_the_file(void **state)
{
	mode_t before = umask(077);
	struct claim c;
	struct stat st;

	(void)state;
	claim_open(&c, path);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	claim_close(&c);
}

static void without_a_file_there_are_no_claims(void **state)
{
	struct claim c;

	(void)state;
	claim_open(&c, "/nonexistent/cpus");
	assert_int_equal(c.fd, -1);
	assert_int_equal(claim_text(&c, "0"), 0);
	assert_taken(&c, "");
	claim_open(&c, "/dev/null"); /* not a file */
	assert_int_equal(c.fd, -1);
	assert_int_equal(symlink("/dev/zero", path), 0);
	claim_open(&c, path); /* somebody's trap */
	assert_int_equal(c.fd, -1);
	claim_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(others_see_what_is_claimed, file_make, file_remove),
		cmocka_unit_test_setup_teardown(a_claim_ends_with_its_process, file_make, file_remove),
		cmocka_unit_test_setup_teardown(all_users_may_open_the_file, file_make, file_remove),
		cmocka_unit_test_setup_teardown(without_a_file_there_are_no_claims, file_make, file_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
