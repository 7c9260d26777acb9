/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file.c - file -> text -> config_scan() -> libconfig -> option_set(), for each file and for
 * what it includes. Every value becomes text first, so that file and command line can't differ in
 * what they accept.
 */
#include "launcher/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/config_scan.h"
#include "launcher/option.h"
#include "launcher/suggest.h"

#define FILE_MAX  MiB(1) /* a configuration is a page or two */
#define DEPTH_MAX 8      /* of includes */

struct reader {
	struct run_config *c;
	char **first; /* [options_nr], "file:line" where the option was given; NULL: nowhere yet */
	bool includes;
	unsigned depth;
};

/* One file on its way in. */
struct source {
	struct reader *r;
	const char *file;
};

static int source_read(struct reader *r, const char *file, const char *from);

/* Included files are looked for beside the one that names them. */
static int source_include(void *ctx, const char *name, size_t len, unsigned line)
{
	const struct source *s = ctx;
	const char *slash = strrchr(s->file, '/');
	int dir = slash && *name != '/' ? (int)(slash - s->file + 1) : 0;
	char path[PATH_MAX], from[PATH_MAX];
	int err;

	if (!s->r->includes)
		return log_errno(-EINVAL, "%s:%u: @include is not possible here", s->file, line);
	if (s->r->depth == DEPTH_MAX)
		return log_errno(-ELOOP, "%s:%u: @include is %d files deep; does a file include "
			"itself?", s->file, line, DEPTH_MAX);
	if (snprintf(path, sizeof(path), "%.*s%.*s", dir, s->file, (int)len, name) >=
		(int)sizeof(path))
		return log_errno(-ENAMETOOLONG, "%s:%u: the included file's name is too long",
			s->file, line);
	snprintf(from, sizeof(from), "%s:%u: ", s->file, line);
	s->r->depth++;
	err = source_read(s->r, path, from);
	s->r->depth--;
	return err;
}

static const char *setting_kind(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP: return "a group";
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY: return "a list";
	case CONFIG_TYPE_BOOL: return "true or false";
	case CONFIG_TYPE_STRING: return "a text";
	default: return "a number";
	}
}

static int kind_complain(const struct option_row *o, const config_setting_t *setting,
	struct complaint *why)
{
	int type = config_setting_type(setting);

	if (o->type == &type_size && type == CONFIG_TYPE_INT)
		return complain(why, "a size is a text in quotes with a unit: %s = \"%dM\"?",
			o->name, config_setting_get_int(setting));
	return complain(why, "%s, but expected %s%s", setting_kind(setting), o->type->form,
		o->type->bare == BARE_BOOL || o->type == &type_string ? "" : ", in quotes");
}

/* One value that is neither a list nor a group. */
static int scalar_set(struct run_config *c, const struct option_row *o,
	const config_setting_t *setting, struct complaint *why)
{
	char number[32];

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		return option_set(c, o, config_setting_get_string(setting), why);
	case CONFIG_TYPE_BOOL:
		if (o->type->bare != BARE_BOOL)
			break;
		return option_set(c, o, config_setting_get_bool(setting) ? "yes" : "no", why);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		if (o->type->bare != BARE_NUMBER)
			break;
		snprintf(number, sizeof(number), "%lld", config_setting_get_int64(setting));
		return option_set(c, o, number, why);
	}
	return kind_complain(o, setting, why);
}

static int list_set(struct run_config *c, const struct option_row *o, config_setting_t *setting,
	struct complaint *why)
{
	int err;

	if (!o->type->list)
		return complain(why, "only one value is possible; expected %s", o->type->form);
	for (int i = 0; i < config_setting_length(setting); i++) {
		config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

		if ((err = scalar_set(c, o, element, why)) != 0)
			return err;
	}
	return 0;
}

static int unknown_key(const char *file, unsigned line, const char *key)
{
	struct suggest s;
	char hint[80];

	suggest_start(&s, key);
	for (uint32_t i = 0; i < options_nr; i++)
		suggest_offer(&s, options[i].name);
	return log_errno(-EINVAL, "%s:%u: unknown key \"%.40s\"%s%s", file, line, key,
		suggest_text(&s, hint, sizeof(hint)),
		s.best ? "" : "; thole.cfg(5) lists the keys");
}

/* libconfig finds a key that is twice in one file; this finds those in several. */
static int first_note(struct reader *r, const struct option_row *o, const char *file, unsigned line)
{
	char **first = &r->first[o - options];

	if (*first)
		return log_errno(-EINVAL, "%s:%u: %s is given twice, the first time at %s; to "
			"override a file, give both with -f, the later one wins", file, line,
			o->name, *first);
	return asprintf(first, "%s:%u", file, line) < 0 ? -ENOMEM : 0;
}

static int setting_apply(struct reader *r, config_setting_t *setting, const char *file)
{
	const char *key = config_setting_name(setting);
	unsigned line = config_setting_source_line(setting);
	const struct option_row *o = option_find(key);
	struct complaint why;
	int err;

	if (!o)
		return unknown_key(file, line, key);
	if ((err = first_note(r, o, file, line)) != 0)
		return err;
	if (o->type->list)
		option_clear(r->c, o);
	err = config_setting_is_list(setting) || config_setting_is_array(setting) ?
		list_set(r->c, o, setting, &why) : scalar_set(r->c, o, setting, &why);
	if (!err)
		return 0;
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return log_errno(err, "%s:%u: %s = \"%.64s\": %s", file, line, key,
			config_setting_get_string(setting), why.text);
	return log_errno(err, "%s:%u: %s: %s", file, line, key, why.text);
}

/* libconfig's words for what is wrong, made longer where they are known to puzzle. */
static int grammar_report(const config_t *cfg, const char *text, const char *file)
{
	int line = max(config_error_line(cfg), 1);
	const char *what = config_error_text(cfg);

	if (what && strstr(what, "duplicate")) {
		for (int i = 1; i < line; i++)
			text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
		text += strspn(text, " \t;,");
		return log_errno(-EINVAL, "%s:%d: %.*s is given twice; keep one of them", file, line,
			(int)strcspn(text, " \t=:\n"), text);
	}
	return log_errno(-EINVAL, "%s:%d: %s; a line looks like memory = \"64G\"; cpus = 4; or "
		"force = true; (texts are in quotes)", file, line, what ? what : "syntax error");
}

static int source_parse(struct reader *r, char *text, size_t size, const char *file)
{
	struct source s = { r, file };
	config_setting_t *root;
	config_t cfg;
	int err;

	if ((err = config_scan(text, size, file, source_include, &s)) != 0)
		return err;
	config_init(&cfg);
	if (config_read_string(&cfg, text) != CONFIG_TRUE) {
		err = grammar_report(&cfg, text, file);
		goto out;
	}
	root = config_root_setting(&cfg);
	for (int i = 0; !err && i < config_setting_length(root); i++)
		err = setting_apply(r, config_setting_get_elem(root, (unsigned)i), file);
out:
	config_destroy(&cfg);
	return err;
}

/* The whole of a file or a pipe, with a zero byte after it. */
static int text_load(int fd, const char *file, const char *from, char **text, size_t *size)
{
	ssize_t n = 1;

	*size = 0;
	*text = malloc(FILE_MAX + 1);
	if (!*text)
		return log_errno(-ENOMEM, "%s%s: %m", from, file);
	while (n > 0 && *size < FILE_MAX) {
		n = read(fd, *text + *size, FILE_MAX - *size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			*size += (size_t)n;
	}
	if (n < 0)
		return log_errno(-errno, "%scannot read %s: %m; take a file, see thole.cfg(5)", from, file);
	if (*size == FILE_MAX)
		return log_errno(-EFBIG, "%s%s is larger than 1 MiB: is it a configuration?", from,
			file);
	(*text)[*size] = 0;
	return 0;
}

/* from: where an @include names the file, to start messages with; or "". */
static int source_read(struct reader *r, const char *file, const char *from)
{
	bool piped = strcmp(file, "-") == 0;
	int fd = piped ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = NULL;
	size_t size;
	int err;

	if (fd < 0)
		return log_errno(-errno, "%scannot open configuration %s: %m", from, file);
	err = text_load(fd, file, from, &text, &size);
	if (!piped)
		close(fd);
	if (!err)
		err = source_parse(r, text, size, piped ? "standard input" : file);
	free(text);
	return err;
}

static int reader_init(struct reader *r, struct run_config *c, bool includes)
{
	*r = (struct reader){ .c = c, .includes = includes };
	r->first = calloc(options_nr, sizeof(*r->first));
	return r->first ? 0 : log_errno(-ENOMEM, "configuration: %m");
}

static void reader_fini(struct reader *r)
{
	for (uint32_t i = 0; i < options_nr; i++)
		free(r->first[i]);
	free(r->first);
}

int run_config_read(struct run_config *c, const char *path)
{
	struct reader r;
	int err = reader_init(&r, c, true);

	if (err)
		return err;
	err = source_read(&r, path, "");
	reader_fini(&r);
	return err;
}

int run_config_read_text(struct run_config *c, const char *name, const char *text, size_t size)
{
	struct reader r;
	char *copy;
	int err = reader_init(&r, c, false);

	if (err)
		return err;
	copy = malloc(size + 1);
	if (copy) {
		memcpy(copy, text, size);
		copy[size] = 0;
		err = source_parse(&r, copy, size, name);
	} else {
		err = log_errno(-ENOMEM, "%s: %m", name);
	}
	free(copy);
	reader_fini(&r);
	return err;
}
