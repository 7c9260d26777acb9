/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_file_replace.c - a file is written whole or not at all, and nothing is left beside it. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "launcher/file_replace.h"

static char dir[] = "/tmp/thole-replace.XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink("file");
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void assert_content(const char *wanted)
{
	char buf[64] = "";
	FILE *f = fopen("file", "r");

	assert_non_null(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(buf, wanted);
}

static unsigned files(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void former_text_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(file_replace("file", "one"), 0);
	assert_content("one\n");
	assert_int_equal(file_replace("file", "two and more"), 0);
	assert_content("two and more\n");
	assert_int_equal(files(), 1);
}

/* A limit on file size stands in for a full disk: it fails in the middle as well. */
static void full_disk_keeps_the_former(void **state)
{
	struct rlimit was, little;
	static char big[100000];
	int err;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(file_replace("file", "one"), 0);
	getrlimit(RLIMIT_FSIZE, &was);
	little = (struct rlimit){ 4096, was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	err = file_replace("file", big);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(err, -EFBIG);
	assert_content("one\n");
	assert_int_equal(files(), 1);
}

static unsigned mode(void)
{
	struct stat st;

	assert_int_equal(stat("file", &st), 0);
	return st.st_mode & 0777;
}

static void mode_is_the_users_to_say(void **state)
{
	mode_t was = umask(0077);

	(void)state;
	assert_int_equal(file_replace("file", "one"), 0);
	assert_int_equal(mode(), 0600);
	unlink("file");
	umask(0002);
	assert_int_equal(file_replace("file", "two"), 0);
	assert_int_equal(mode(), 0664);
	assert_int_equal(chmod("file", 0640), 0);
	assert_int_equal(file_replace("file", "three"), 0);
	assert_int_equal(mode(), 0640);
	umask(was);
	assert_int_equal(files(), 1);
}

static void device_and_missing_directory(void **state)
{
	(void)state;
	assert_int_equal(file_replace("/dev/full", "x"), -ENOSPC);
	assert_int_equal(file_replace("/dev/null", "x"), 0);
	assert_int_equal(file_replace("no/such/dir", "x"), -ENOENT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(former_text_is_replaced),
		TEST(full_disk_keeps_the_former),
		TEST(mode_is_the_users_to_say),
		TEST(device_and_missing_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
