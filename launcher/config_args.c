/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_args.c - argp's options made from the table, and argp's silence filled with our words.
 *
 * Arguments are noted while argp walks over them and applied afterwards: files come first, wherever
 * -f stands. argp runs with ARGP_SILENT: its own errors can't suggest a spelling, and it would end
 * the process.
 */
#include "launcher/config_args.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/config_file.h"
#include "launcher/option.h"
#include "launcher/stderr_log.h"
#include "launcher/suggest.h"

/* argp's keys: a letter, or one of these. Row i has KEY_ROW + 2i, its --no- form one more. */
enum { KEY_DUMP = 0x100, KEY_ROW = 0x200 };

/* One option as it was given. */
struct given {
	const struct option_row *option; /* NULL: a file */
	const char *text;
};

struct args {
	const struct config_line *line;
	const struct argp_option *argp_options; /* [nr_options] */
	uint32_t nr_options;
	uint32_t nr, room;
	struct given *given;
	bool dump, help;
	int err; /* reported */
};

static int args_fail(struct args *a, int err)
{
	a->err = err;
	return -err;
}

static int args_note(struct args *a, const struct option_row *o, const char *text)
{
	if (a->nr == a->room) {
		uint32_t room = a->room ? 2 * a->room : 16;
		struct given *given = realloc(a->given, room * sizeof(*given));

		if (!given)
			return args_fail(a, log_errno(-ENOMEM, "arguments: %m"));
		a->given = given;
		a->room = room;
	}
	a->given[a->nr++] = (struct given){ o, text };
	return 0;
}

/* Option i, the table's first and then the sub-command's own; NULL after the last. */
static const struct argp_option *option_at(const struct args *a, uint32_t i)
{
	const struct argp_option *own;

	if (i < a->nr_options)
		return &a->argp_options[i];
	own = a->line->own ? a->line->own->options : NULL;
	if (!own)
		return NULL;
	for (i -= a->nr_options; i && (own->name || own->key || own->doc); i--)
		own++;
	return own->name || own->key || own->doc ? own : NULL;
}

/* keys: a name of the file, rather than of the command line. */
static int unknown_option(const struct args *a, const char *what, const char *name, bool keys)
{
	const struct argp_option *o;
	struct suggest s;
	char hint[80];

	suggest_start(&s, name);
	for (uint32_t i = 0; keys && i < options_nr; i++)
		suggest_offer(&s, options[i].name);
	for (uint32_t i = 0; !keys && (o = option_at(a, i)) != NULL; i++)
		if (o->name)
			suggest_offer(&s, o->name);
	suggest_text(&s, hint, sizeof(hint));
	if (s.best)
		return log_errno(-EINVAL, "%s%.40s: no such option%s", what, name, hint);
	return log_errno(-EINVAL, "%s%.40s: no such option; `thole %s --help` lists them", what,
		name, a->line->name);
}

/* -o KEY=VALUE; arg is argv's, and is cut at the '='. */
static int pair_note(struct args *a, char *arg)
{
	char *equals = strchr(arg, '=');
	const struct option_row *o;

	if (!equals)
		return args_fail(a, log_errno(-EINVAL, "-o %.40s: expected KEY=VALUE, such as "
			"-o memory=64G", arg));
	*equals = 0;
	o = option_find(arg);
	if (!o)
		return args_fail(a, unknown_option(a, "-o ", arg, true));
	return args_note(a, o, equals + 1);
}

static const struct option_row *row_of_key(int key)
{
	if (key >= KEY_ROW && key < KEY_ROW + 2 * (int)options_nr)
		return &options[(key - KEY_ROW) / 2];
	for (uint32_t i = 0; i < options_nr; i++)
		if (key && options[i].letter == key)
			return &options[i];
	return NULL;
}

/* Letters after one dash: the first that is unknown, or needs a value that isn't there. */
static int letters_report(const struct args *a, const char *letters)
{
	char letter[2] = "";

	for (; *letters; letters++) {
		const struct argp_option *o;
		uint32_t i = 0;

		letter[0] = *letters;
		while ((o = option_at(a, i)) != NULL && o->key != *letters)
			i++;
		if (!o)
			return unknown_option(a, "-", letter, false);
		if (o->arg)
			break;
	}
	return log_errno(-EINVAL, "-%s: a value must follow", letter);
}

static int name_report(const struct args *a, const char *word)
{
	const struct argp_option *o, *found = NULL;
	size_t len = strcspn(word, "=");
	unsigned near = 0;
	char name[48];

	for (uint32_t i = 0; (o = option_at(a, i)) != NULL; i++) {
		if (!o->name || strncmp(o->name, word, len) != 0)
			continue;
		found = o;
		near++;
		if (!o->name[len]) {
			near = 1;
			break;
		}
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	if (!near)
		return unknown_option(a, "--", name, false);
	if (near > 1)
		return log_errno(-EINVAL, "--%s: could be several options: write it in full", name);
	if (!found->arg)
		return log_errno(-EINVAL, "--%s: takes no value", found->name);
	return log_errno(-EINVAL, "--%s: a value must follow: --%s %s", found->name, found->name,
		found->arg);
}

/* Is this word of the command line what argp stumbled over? Then say so. */
static bool word_report(struct args *a, const char *word)
{
	if (word[0] != '-' || !word[1])
		return false;
	a->err = word[1] == '-' ? name_report(a, word + 2) : letters_report(a, word + 1);
	return true;
}

/* argp gave up on something before argv[next], but doesn't say on what. */
static void error_report(struct args *a, const struct argp_state *state)
{
	if (a->err)
		return;
	for (int i = state->next - 1; i <= state->next && i < state->argc; i++)
		if (i > 0 && word_report(a, state->argv[i]))
			return;
	a->err = log_errno(-EINVAL, "the command line makes no sense; `thole %s --help` shows how",
		a->line->name);
}

static error_t args_key(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	const struct option_row *o;

	switch (key) {
	case ARGP_KEY_INIT:
		if (a->line->own)
			state->child_inputs[0] = a->line->own_input;
		return 0;
	case ARGP_KEY_ARG:
		if (a->line->args)
			return ARGP_ERR_UNKNOWN;
		return args_fail(a, log_errno(-EINVAL, "unexpected argument \"%.40s\"; `thole %s "
			"--help` shows how", arg, a->line->name));
	case ARGP_KEY_ERROR: error_report(a, state); return 0;
	case 'f': return args_note(a, NULL, arg);
	case 'o': return pair_note(a, arg);
	case 'h': a->help = true; return 0;
	case KEY_DUMP: a->dump = true; return 0;
	}
	o = row_of_key(key);
	if (!o)
		return ARGP_ERR_UNKNOWN;
	if (o->arg)
		return args_note(a, o, arg);
	if (key >= KEY_ROW && (key - KEY_ROW) % 2)
		return args_note(a, o, "no");
	return args_note(a, o, arg ? arg : "yes");
}

/* The table in argp's form: headings, rows, and a hidden --no- form for each switch. strings keeps
 * what was made up for it. */
struct argp_table {
	struct argp_option *options;
	char **strings;
	uint32_t nr_options, nr_strings;
};

static const char *table_string(struct argp_table *t, char *made)
{
	t->strings[t->nr_strings] = made;
	return made ? t->strings[t->nr_strings++] : "";
}

static const char *row_doc(struct argp_table *t, const struct option_row *o)
{
	char *doc;
	int len;

	if (o->arg && o->def)
		len = asprintf(&doc, "%s (default: %s)", o->help, o->def);
	else if (!o->arg && o->letter)
		len = asprintf(&doc, "%s (or -%c)", o->help, o->letter);
	else
		return o->help;
	return table_string(t, len < 0 ? NULL : doc);
}

static void table_add(struct argp_table *t, const struct option_row *o, bool docs)
{
	int key = KEY_ROW + 2 * (int)(o - options);
	char *no;

	t->options[t->nr_options++] = (struct argp_option){
		.name = o->name,
		.key = o->letter && o->arg ? o->letter : key,
		.arg = o->arg ? o->arg : "yes|no",
		.flags = o->arg ? 0 : OPTION_ARG_OPTIONAL,
		.doc = docs ? row_doc(t, o) : "",
		.group = (int)o->group + 1,
	};
	if (o->arg)
		return;
	t->options[t->nr_options++] = (struct argp_option){
		.name = table_string(t, asprintf(&no, "no-%s", o->name) < 0 ? NULL : no),
		.key = key + 1,
		.flags = OPTION_HIDDEN,
		.doc = "",
	};
	/* Apart from the long form, so that it takes no value and -qm 4G means -q -m 4G. */
	if (o->letter)
		t->options[t->nr_options++] = (struct argp_option){
			.key = o->letter,
			.flags = OPTION_HIDDEN,
			.doc = "",
		};
}

static const struct argp_option common_options[] = {
	{ .doc = "Files and help", .group = GROUPS + 1 },
	{ "file", 'f', "FILE", 0, "read options from FILE; may be given again", GROUPS + 1 },
	{ "set", 'o', "KEY=VALUE", 0, "set an option by its name in the file", GROUPS + 1 },
	{ "dump-config", KEY_DUMP, NULL, 0, "print the configuration as a file, and end",
		GROUPS + 1 },
	{ "help", 'h', NULL, 0, "show this", GROUPS + 1 },
};

/* docs: with the texts of --help. */
static int table_make(struct argp_table *t, bool docs)
{
	*t = (struct argp_table){ 0 };
	t->options = calloc(ARRAY_SIZE(common_options) + 3 * options_nr + GROUPS + 1,
		sizeof(*t->options));
	t->strings = calloc(2 * options_nr + 1, sizeof(*t->strings));
	if (!t->options || !t->strings)
		return log_errno(-ENOMEM, "options: %m");
	for (size_t i = 0; i < ARRAY_SIZE(common_options); i++)
		t->options[t->nr_options++] = common_options[i];
	for (uint32_t i = 0; i < options_nr; i++) {
		if (docs && (!i || options[i].group != options[i - 1].group))
			t->options[t->nr_options++] = (struct argp_option){
				.doc = option_groups[options[i].group],
				.group = (int)options[i].group + 1,
			};
		table_add(t, &options[i], docs);
	}
	return 0;
}

static void table_fini(struct argp_table *t)
{
	for (uint32_t i = 0; i < t->nr_strings; i++)
		free(t->strings[i]);
	free(t->strings);
	free(t->options);
}

/* Without argp's remark on options with two forms. */
static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)(uintptr_t)text;
}

static void help_print(const struct argp *argp, const struct config_line *line)
{
	char name[64];

	snprintf(name, sizeof(name), "thole %s", line->name);
	argp_help(argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG |
		ARGP_HELP_POST_DOC, name);
}

static int argp_walk(struct args *a, int argc, char **argv, bool docs)
{
	const struct argp_child children[] = { { .argp = a->line->own }, { 0 } };
	struct argp argp = { .parser = args_key, .args_doc = a->line->args, .doc = a->line->doc,
		.children = a->line->own ? children : NULL, .help_filter = help_filter };
	struct argp_table table;
	char *doc = NULL;
	int err = table_make(&table, docs);

	if (err)
		goto out;
	argp.options = a->argp_options = table.options;
	a->nr_options = table.nr_options;
	if (!docs) {
		err = argp_parse(&argp, argc, argv, ARGP_SILENT | (a->line->args ? ARGP_IN_ORDER : 0), NULL, a);
		err = a->err ? a->err : -err;
	} else if (asprintf(&doc, "%s\vA switch such as --reboot is turned off with --no-reboot. "
		"Every option is also a key of the file. See thole(1) and thole.cfg(5).",
		a->line->doc) >= 0) {
		argp.doc = doc;
		help_print(&argp, a->line);
	}
out:
	free(doc);
	table_fini(&table);
	a->argp_options = NULL;
	a->nr_options = 0;
	return err;
}

static int files_apply(struct run_config *c, const struct args *a)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < a->nr; i++)
		if (!a->given[i].option)
			err = run_config_read(c, a->given[i].text);
	return err;
}

/* Was the option given before the i'th argument? */
static bool given_before(const struct args *a, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (a->given[j].option == a->given[i].option)
			return true;
	return false;
}

static int options_apply(struct run_config *c, const struct args *a)
{
	for (uint32_t i = 0; i < a->nr; i++) {
		const struct option_row *o = a->given[i].option;
		struct complaint why;
		int err;

		if (!o)
			continue;
		if (o->type->list && !given_before(a, i))
			option_clear(c, o);
		if ((err = option_set(c, o, a->given[i].text, &why)) != 0)
			return log_errno(err, "--%s=%.64s: %s", o->name, a->given[i].text,
				why.text);
	}
	return 0;
}

static int args_apply(struct run_config *c, const struct args *a)
{
	int err = run_config_init(c);

	if (err)
		return err;
	if ((err = files_apply(c, a)) != 0 || (err = options_apply(c, a)) != 0)
		goto fail;
	if (a->line->defaults && (err = a->line->defaults(c, a->line->own_input)) != 0)
		goto fail;
	if ((err = run_config_finish(c)) != 0)
		goto fail;
	stderr_log_level(c->quiet ? LOG_LEVEL_ERR : c->log_level);
	if (!a->dump)
		return 0;
	err = run_config_dump(c, stdout);
fail:
	run_config_fini(c);
	return err ? err : 1;
}

int run_config_from_args(struct run_config *c, const struct config_line *line, int argc,
	char **argv)
{
	struct args a = { .line = line };
	int err = argp_walk(&a, argc, argv, false);

	if (!err && a.help)
		err = argp_walk(&a, argc, argv, true) ? -ENOMEM : 1;
	else if (!err)
		err = args_apply(c, &a);
	free(a.given);
	return err;
}
