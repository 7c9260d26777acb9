/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.c - fuzz: configuration files. What is read must be dumped and read back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/config_file.h"
#include "tests/fuzz/fuzz.h"

/* libconfig 1.5 leaks the text that it was in when the grammar is wrong; thole then ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static char *dump(const struct run_config *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || run_config_dump(c, out) != 0 || fclose(out) != 0)
		abort();
	return text;
}

static int read_text(struct run_config *c, const char *text, size_t size)
{
	int err;

	if (run_config_init(c) != 0)
		abort();
	err = run_config_read_text(c, "fuzz", text, size);
	if (!err)
		err = run_config_finish(c);
	if (err)
		run_config_fini(c);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run_config a, b;
	char *first, *second;

	if (read_text(&a, (const char *)data, size) != 0)
		return 0;
	first = dump(&a);
	if (read_text(&b, first, strlen(first)) != 0)
		abort();
	second = dump(&b);
	if (strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	run_config_fini(&a);
	run_config_fini(&b);
	return 0;
}
