/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_progress.c - a bar for what takes longer than two seconds, and only where somebody sees it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "launcher/progress.h"
#include "vmm/clock.h"
#include "vmm/log.h"

static char logged[256];
static unsigned lines;

static void log_catch(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level != LOG_LEVEL_INFO)
		return;
	lines++;
	snprintf(logged, sizeof(logged), "%s", line);
}

/* What is drawn for so much of 8 GiB, by work that began so long ago. */
static const char *drawn(bool bar, uint64_t seconds, uint64_t done, bool end)
{
	static char text[256];
	struct progress p = { .what = "filling", .start_ns = clock_now_ns() - seconds * 1000000000ull, .bar = bar };
	int old = dup(STDERR_FILENO), pipes[2];
	ssize_t n;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	fflush(stderr);
	dup2(pipes[1], STDERR_FILENO);
	progress_show(&p, done, GiB(8));
	if (end)
		progress_end(&p);
	fflush(stderr);
	dup2(old, STDERR_FILENO);
	n = read(pipes[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(old);
	close(pipes[0]);
	close(pipes[1]);
	return text;
}

static void a_bar_after_two_seconds(void **state)
{
	(void)state;
	assert_string_equal(drawn(true, 0, GiB(2), false), "");
	assert_string_equal(drawn(true, 60, GiB(2), false),
		"\rthole: filling [#######                       ] 2.0 of 8.0 GiB");
	assert_string_equal(drawn(true, 60, 0, false),
		"\rthole: filling [                              ] 0.0 of 8.0 GiB");
	assert_string_equal(drawn(true, 60, GiB(8), false),
		"\rthole: filling [##############################] 8.0 of 8.0 GiB");
}

static void nobody_looks(void **state)
{
	(void)state;
	assert_string_equal(drawn(false, 60, GiB(2), false), "");
	assert_false(progress_start("filling", true).bar);
}

/* The bar is wiped out, and what took long is told; what did not is not. */
static void at_the_end(void **state)
{
	const char *text;

	(void)state;
	lines = 0;
	text = drawn(true, 600, GiB(8), true);
	assert_string_equal(text + strlen(text) - strlen("\r\033[K"), "\r\033[K");
	assert_int_equal(lines, 1);
	assert_non_null(strstr(logged, "filling took 60"));
	assert_string_equal(drawn(true, 0, GiB(8), true), "");
	assert_int_equal(lines, 1);
}

static int start(void **state)
{
	(void)state;
	log_set_sink(log_catch, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_after_two_seconds),
		cmocka_unit_test(nobody_looks),
		cmocka_unit_test(at_the_end),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
