/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_given.c - options as texts, by which they are compared. */
#include "launcher/exec_given.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/option.h"

/* Of the machine, and not of the program or of what is said about it. */
static bool is_machines(const struct option_row *o)
{
	return o->group != GROUP_EXEC && o->group != GROUP_TELL && strcmp(o->name, "name") != 0;
}

/* A list's values one after the other. NULL: out of memory. */
static char *value_text(const struct run_config *c, const struct option_row *o)
{
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);
	bool lost = !out;

	for (uint32_t i = 0; out && i < option_count(c, o); i++) {
		char *text = option_text(c, o, i);

		lost |= !text || fprintf(out, "%s%s", i ? " " : "", text) < 0;
		free(text);
	}
	if (out && fclose(out) != 0)
		lost = true;
	if (lost) {
		free(all);
		all = NULL;
	}
	return all;
}

static int read_all(json_t *all, const struct run_config *c, const struct run_config *defaults)
{
	for (uint32_t i = 0; i < options_nr; i++) {
		char *now, *before;
		int err = 0;

		if (!is_machines(&options[i]))
			continue;
		now = value_text(c, &options[i]);
		before = value_text(defaults, &options[i]);
		if (!now || !before)
			err = -ENOMEM;
		else if (strcmp(now, before) != 0)
			err = json_object_set_new(all, options[i].name, json_string(now));
		free(now);
		free(before);
		if (err)
			return -ENOMEM;
	}
	return 0;
}

json_t *exec_given_read(const struct run_config *c)
{
	struct run_config defaults;
	json_t *all = json_object();

	if (!all || run_config_init(&defaults) != 0) {
		json_decref(all);
		return NULL;
	}
	if (read_all(all, c, &defaults) != 0) {
		json_decref(all);
		all = NULL;
	}
	run_config_fini(&defaults);
	return all;
}

/* What exec itself adds to the kernel's words stands behind those that were given. */
static bool is_same(const char *name, const char *wanted, const char *has)
{
	size_t len = strlen(wanted);

	if (!has)
		return false;
	if (strcmp(name, "append") == 0 && strncmp(has, wanted, len) == 0 && strncmp(has + len, " thole.", 7) == 0)
		return true;
	return strcmp(wanted, has) == 0;
}

/* At len of text; the length after it, which is no more than size - 1. */
static size_t add(char *text, size_t size, size_t len, const char *fmt, ...) printf_like(4, 5);

static size_t add(char *text, size_t size, size_t len, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text + len, size - len, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n < size - len)
		return len + (size_t)max(n, 0);
	snprintf(text + size - min(size, (size_t)4), min(size, (size_t)4), "...");
	return size - 1;
}

void exec_given_differ(const json_t *wanted, const json_t *has, char *text, size_t size)
{
	const char *name;
	json_t *value;
	size_t len = 0;

	*text = 0;
	json_object_foreach((json_t *)(uintptr_t)wanted, name, value) {
		const char *mine = json_string_value(value), *its = json_string_value(json_object_get(has, name));
		const struct option_row *o = option_find(name);

		if (!mine || !o || is_same(name, mine, its))
			continue;
		if (!its)
			its = o->def ? o->def : "none";
		len = add(text, size, len, "%s%s=%s (it has %s)", len ? ", " : "", name, mine, its);
	}
}
