/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_helper.h - what the tests of options share: the last report, and configs made of text. */
#ifndef TESTS_UNIT_CONFIG_HELPER_H
#define TESTS_UNIT_CONFIG_HELPER_H

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "launcher/config_file.h"
#include "vmm/log.h"

static struct {
	unsigned nr;
	char text[1200];
} reported;

static inline void report_catch(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	reported.nr++;
	snprintf(reported.text, sizeof(reported.text), "%s", line);
}

static inline void report_start(void)
{
	reported.nr = 0;
	reported.text[0] = 0;
	log_set_sink(report_catch, NULL);
}

/* The whole config as text; the caller frees it. */
static inline char *dump(const struct run_config *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(run_config_dump(c, out), 0);
	fclose(out);
	return text;
}

static inline int read_text(struct run_config *c, const char *text)
{
	int err;

	report_start();
	assert_int_equal(run_config_init(c), 0);
	err = run_config_read_text(c, "vm.cfg", text, strlen(text));
	if (err)
		run_config_fini(c);
	else if ((err = run_config_finish(c)) != 0)
		run_config_fini(c);
	return err;
}

#endif
