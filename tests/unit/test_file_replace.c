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
#include <sys/wait.h>
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
	unlink("link");
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

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* A link stays one, and what it leads to is replaced. */
static void links_are_followed(void **state)
{
	(void)state;
	assert_int_equal(file_replace("file", "one"), 0);
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(file_replace_check("link"), 0);
	assert_int_equal(file_replace("link", "two"), 0);
	assert_true(is_link("link"));
	assert_content("two\n");
	assert_int_equal(files(), 2);
}

/* /dev/stdout with a file behind it: the text comes after what was said there before, and the link is left alone. */
static void own_output(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(symlink("/proc/self/fd/1", "link"), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		dup2(fd, STDOUT_FILENO);
		if (write(STDOUT_FILENO, "said\n", 5) != 5)
			_exit(1);
		_exit(file_replace_check("link") != 0 || file_replace("link", "text") != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(is_link("link"));
	assert_content("said\ntext\n");
	assert_int_equal(files(), 2);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(former_text_is_replaced),
		TEST(full_disk_keeps_the_former),
		TEST(mode_is_the_users_to_say),
		TEST(device_and_missing_directory),
		TEST(links_are_followed),
		TEST(own_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
