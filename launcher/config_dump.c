/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_dump.c - a config as a file that run_config_read() reads back to the same value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/config_file.h"
#include "launcher/option.h"

/* Escapes of libconfig's grammar. Bytes from 0x80 on are passed: names of files are UTF-8. */
static void quoted_write(const char *text, FILE *out)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void value_write(const struct option_row *o, const char *text, FILE *out)
{
	if (o->type->bare == BARE_BOOL && strcmp(text, "auto") != 0)
		fputs(*text == 'y' ? "true" : "false", out);
	else if (o->type == &type_count || o->type == &type_cpus)
		fputs(text, out);
	else
		quoted_write(text, out);
}

static int list_write(const struct run_config *c, const struct option_row *o, FILE *out)
{
	uint32_t nr = option_count(c, o);

	fprintf(out, "%s = (", o->name);
	for (uint32_t i = 0; i < nr; i++) {
		char *text = option_text(c, o, i);

		if (!text)
			return -ENOMEM;
		fputs(i ? ",\n\t" : "\n\t", out);
		value_write(o, text, out);
		free(text);
	}
	fputs(nr ? "\n);\n" : ");\n", out);
	return 0;
}

static int option_write(const struct run_config *c, const struct option_row *o, FILE *out)
{
	char *text;

	fprintf(out, "\n# %s\n", o->help);
	if (o->type->list)
		return list_write(c, o, out);
	if (!option_count(c, o)) {
		fprintf(out, "# %s = \"%s\";\n", o->name, o->arg);
		return 0;
	}
	text = option_text(c, o, 0);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s = ", o->name);
	value_write(o, text, out);
	fputs(";\n", out);
	free(text);
	return 0;
}

int run_config_dump(const struct run_config *c, FILE *out)
{
	enum option_group group = GROUPS;
	int err;

	fputs("# thole configuration, every option; see thole.cfg(5)\n", out);
	for (uint32_t i = 0; i < options_nr; i++) {
		if (options[i].group != group) {
			group = options[i].group;
			fprintf(out, "\n# ---- %s ----\n", option_groups[group]);
		}
		if ((err = option_write(c, &options[i], out)) != 0)
			return log_errno(err, "cannot write the configuration: %m");
	}
	if (fflush(out) != 0 || ferror(out))
		return log_errno(-EIO, "cannot write the configuration: %m");
	return 0;
}
