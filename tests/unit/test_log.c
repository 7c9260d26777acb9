/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_log.c - lines reach the sink once, whole, with the text of the error. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "vmm/log.h"

struct caught {
	unsigned lines;
	enum log_level level;
	char text[2048];
};

static void catch_line(void *ctx, enum log_level level, const char *line)
{
	struct caught *c = ctx;

	c->lines++;
	c->level = level;
	snprintf(c->text, sizeof(c->text), "%s", line);
}

static void errno_is_returned_and_spelled_out(void **state)
{
	struct caught c = { 0 };

	(void)state;
	log_set_sink(catch_line, &c);
	assert_int_equal(log_errno(-ENOENT, "cannot open %s: %m", "x"), -ENOENT);
	assert_int_equal(c.lines, 1);
	assert_int_equal(c.level, LOG_LEVEL_ERR);
	assert_string_equal(c.text, "cannot open x: No such file or directory");
	log_set_sink(NULL, NULL);
}

static void warn_keeps_errno(void **state)
{
	struct caught c = { 0 };

	(void)state;
	log_set_sink(catch_line, &c);
	errno = EBUSY;
	log_warn("busy");
	assert_int_equal(errno, EBUSY);
	assert_int_equal(c.level, LOG_LEVEL_WARN);
	log_set_sink(NULL, NULL);
	log_warn("nobody hears this");
	assert_int_equal(c.lines, 1);
}

static void long_line_is_cut_not_overrun(void **state)
{
	struct caught c = { 0 };
	char big[4096];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	log_set_sink(catch_line, &c);
	log_info("%s", big);
	assert_int_equal(strlen(c.text), 1023);
	log_set_sink(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_is_returned_and_spelled_out),
		cmocka_unit_test(warn_keeps_errno),
		cmocka_unit_test(long_line_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
