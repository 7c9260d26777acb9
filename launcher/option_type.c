/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_type.c - the kinds of value that an option can have: switches, numbers, sizes, times,
 * words and texts. Those about placement are in option_place.c.
 *
 * Every refusal says what is wrong with this value and what a right one looks like.
 */
#include "launcher/option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static uint32_t count_always(const void *field)
{
	(void)field;
	return 1;
}

static void fini_nothing(void *field)
{
	(void)field;
}

/* Numbers and sizes */

bool number_read(const char **p, uint64_t *number)
{
	bool hex = (*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X');
	char *end;

	if (!isdigit((unsigned char)**p) || (hex && !isxdigit((unsigned char)(*p)[2])))
		return false;
	errno = 0;
	*number = strtoull(*p, &end, hex ? 16 : 10);
	*p = end;
	return errno == 0;
}

static const char unit_letters[] = "KMGT";

int size_read(const char *text, uint64_t *bytes, struct complaint *why)
{
	const char *p = text;
	const char *unit;
	uint64_t number;
	unsigned shift;

	if (!isdigit((unsigned char)*p) || !number_read(&p, &number))
		return complain(why, "expected a size such as 512M or 64G");
	if (*p == '.')
		return complain(why, "sizes are whole numbers: write 1536M rather than 1.5G");
	if (!*p) {
		*bytes = 0;
		return number == 0 ? 0 :
			complain(why, "a size needs a unit, K, M, G or T: %" PRIu64 "M? "
				"%" PRIu64 "G?", number, number);
	}
	unit = strchr(unit_letters, toupper((unsigned char)*p));
	if (!unit || (p[1] && strcmp(p + 1, "iB") != 0))
		return complain(why, "the unit is one of K, M, G, T (or KiB, MiB, GiB, TiB; powers "
			"of 1024), as in 64G");
	shift = 10 * (unsigned)(unit - unit_letters + 1);
	if (number > UINT64_MAX >> shift)
		return complain(why, "no machine is that large");
	*bytes = number << shift;
	return 0;
}

void size_print(uint64_t bytes, FILE *out)
{
	unsigned unit = 0;

	while (unit < 4 && bytes && is_aligned(bytes, 1024)) {
		bytes >>= 10;
		unit++;
	}
	fprintf(out, "%" PRIu64, bytes);
	if (unit)
		putc(unit_letters[unit - 1], out);
}

static const char *size_text(char *buf, size_t buf_size, uint64_t bytes)
{
	FILE *out = fmemopen(buf, buf_size, "w");

	buf[0] = 0;
	if (out) {
		size_print(bytes, out);
		fclose(out);
	}
	return buf;
}

static int choices_complain(const struct option_row *o, struct complaint *why)
{
	int len = snprintf(why->text, sizeof(why->text), "expected one of");

	for (const char *const *c = o->choice; *c && len < (int)sizeof(why->text); c++)
		len += snprintf(why->text + len, sizeof(why->text) - (size_t)len, "%s %s",
			c == o->choice ? "" : ",", *c);
	return -EINVAL;
}

static bool size_is_choice(const struct option_row *o, uint64_t bytes)
{
	struct complaint ignored;
	uint64_t b = 0;

	for (const char *const *c = o->choice; *c; c++)
		if (size_read(*c, &b, &ignored) == 0 && b == bytes)
			return true;
	return false;
}

static int size_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	char a[32], b[32];
	uint64_t bytes = 0;
	int err = size_read(text, &bytes, why);

	if (err)
		return err;
	if (o->choice && !size_is_choice(o, bytes))
		return choices_complain(o, why);
	if (bytes < o->min)
		return complain(why, "at least %s is needed", size_text(a, sizeof(a), o->min));
	if (o->max && bytes > o->max)
		return complain(why, "at most %s is possible", size_text(a, sizeof(a), o->max));
	if (o->align && !is_aligned(bytes, o->align))
		return complain(why, "must be a multiple of %s; the nearest is %s",
			size_text(a, sizeof(a), o->align),
			size_text(b, sizeof(b), align_down(bytes + o->align / 2, o->align)));
	*(uint64_t *)field = bytes;
	return 0;
}

static void size_field_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	(void)i;
	size_print(*(const uint64_t *)field, out);
}

const struct option_type type_size = { "size", "a size such as 64G", BARE_NOTHING, false,
	size_parse, count_always, size_field_print, fini_nothing };

static int count_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	const char *p = text;
	uint64_t number;

	if (!number_read(&p, &number) || *p)
		return complain(why, "expected %s", o->type->form);
	if (number < o->min || number > (o->max ? o->max : UINT32_MAX))
		return complain(why, "must be from %" PRIu64 " to %" PRIu64, o->min,
			o->max ? o->max : UINT32_MAX);
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

static void count_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	(void)i;
	fprintf(out, "%" PRIu32, *(const uint32_t *)field);
}

const struct option_type type_count = { "count", "a whole number such as 4", BARE_NUMBER, false,
	count_parse, count_always, count_print, fini_nothing };

static uint32_t cpus_count(const void *field)
{
	return *(const uint32_t *)field ? 1 : 0;
}

static void cpus_fini(void *field)
{
	*(uint32_t *)field = 0;
}

/* The list form never gets here: option_set() hands it to host-cpus. */
const struct option_type type_cpus = { "cpus", "a number of vCPUs such as 4, or host CPUs such as "
	"0-7,16-23", BARE_NUMBER, false, count_parse, cpus_count, count_print, cpus_fini };

static int port_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	const char *p = text;
	uint64_t number;

	if (strcmp(text, "none") == 0) {
		*(int32_t *)field = -1;
		return 0;
	}
	if (!number_read(&p, &number) || *p)
		return complain(why, "expected %s", o->type->form);
	if (number > o->max)
		return complain(why, "an I/O port is from 0 to 0x%" PRIx64, o->max);
	*(int32_t *)field = (int32_t)number;
	return 0;
}

static void port_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	int32_t port = *(const int32_t *)field;

	(void)o;
	(void)i;
	if (port < 0)
		fputs("none", out);
	else
		fprintf(out, "0x%x", (unsigned)port);
}

const struct option_type type_port = { "port", "an I/O port such as 0xf4, or none", BARE_NUMBER,
	false, port_parse, count_always, port_print, fini_nothing };

static int duration_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 } };
	const char *p = text;
	uint64_t number;

	if (!isdigit((unsigned char)*p) || !number_read(&p, &number))
		return complain(why, "expected %s", o->type->form);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(p, units[i].unit) != 0)
			continue;
		if (number > o->max / units[i].ms)
			return complain(why, "at most %" PRIu64 "min is possible", o->max / 60000);
		*(uint32_t *)field = (uint32_t)(number * units[i].ms);
		return 0;
	}
	return complain(why, "a time needs a unit, ms, s or min: %" PRIu64 "s?", number);
}

static void duration_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	uint32_t ms = *(const uint32_t *)field;

	(void)o;
	(void)i;
	if (ms % 1000 == 0)
		fprintf(out, "%" PRIu32 "s", ms / 1000);
	else
		fprintf(out, "%" PRIu32 "ms", ms);
}

const struct option_type type_duration = { "time", "a time such as 30s or 500ms", BARE_NOTHING,
	false, duration_parse, count_always, duration_print, fini_nothing };

/* Words */

static int bool_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" },
		{ "off", "on" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int value = 0; value < 2; value++)
			if (strcasecmp(text, words[i][value]) == 0) {
				*(bool *)field = value;
				return 0;
			}
	return complain(why, "expected %s", o->type->form);
}

static void bool_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	(void)i;
	fputs(*(const bool *)field ? "yes" : "no", out);
}

const struct option_type type_bool = { "switch", "yes or no", BARE_BOOL, false, bool_parse,
	count_always, bool_print, fini_nothing };

static int enum_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	for (unsigned i = 0; o->choice[i]; i++)
		if (strcmp(text, o->choice[i]) == 0) {
			*(unsigned *)field = i;
			return 0;
		}
	return choices_complain(o, why);
}

static void enum_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)i;
	fputs(o->choice[*(const unsigned *)field], out);
}

/* A switch that follows from elsewhere until it is set. */
static int auto_parse(const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	bool value;

	if (strcmp(text, "auto") == 0)
		*(enum config_auto *)field = CONFIG_AUTO;
	else if (bool_parse(o, text, &value, why) != 0)
		return -EINVAL;
	else
		*(enum config_auto *)field = value ? CONFIG_YES : CONFIG_NO;
	return 0;
}

const struct option_type type_auto = { "switch", "yes, no or auto", BARE_BOOL, false, auto_parse,
	count_always, enum_print, fini_nothing };

const struct option_type type_enum = { "word", "one of the words that --help lists", BARE_NOTHING,
	false, enum_parse, count_always, enum_print, fini_nothing };
static_assert(sizeof(enum config_policy) == sizeof(unsigned), "enum_parse() writes an unsigned");

/* Texts */

static int string_store(void *field, const char *text, struct complaint *why)
{
	char *copy = strdup(text);

	if (!copy) {
		complain(why, "out of memory");
		return -ENOMEM;
	}
	free(*(char **)field);
	*(char **)field = copy;
	return 0;
}

static int string_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	(void)o;
	return string_store(field, text, why);
}

static uint32_t string_count(const void *field)
{
	return *(char *const *)field ? 1 : 0;
}

static void string_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	(void)i;
	fputs(*(char *const *)field, out);
}

static void string_fini(void *field)
{
	free(*(char **)field);
	*(char **)field = NULL;
}

const struct option_type type_string = { "text", "a text in quotes", BARE_NOTHING, false,
	string_parse, string_count, string_print, string_fini };

static int path_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	(void)o;
	if (!*text)
		return complain(why, "expected the name of a file");
	return string_store(field, text, why);
}

const struct option_type type_path = { "path", "the name of a file", BARE_NOTHING, false,
	path_parse, string_count, string_print, string_fini };

/* It becomes part of file names and of other programs' output: no surprises in it. */
static int name_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	size_t len = strlen(text);

	(void)o;
	if (!isalnum((unsigned char)*text) || len > 64)
		return complain(why, "a name starts with a letter or a digit, and has 64 at most");
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return complain(why, "a name is made of letters, digits, '.', '_' and '-'");
	return string_store(field, text, why);
}

const struct option_type type_name = { "name", "a name such as node-7", BARE_NOTHING, false,
	name_parse, string_count, string_print, string_fini };

static int list_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct config_strings *list = field;
	char **at;
	int err;

	if (!*text || *text == ' ')
		return complain(why, "expected %s", o->type->form);
	at = realloc(list->at, (list->nr + 1) * sizeof(*at));
	if (!at) {
		complain(why, "out of memory");
		return -ENOMEM;
	}
	list->at = at;
	at[list->nr] = NULL;
	if ((err = string_store(&at[list->nr], text, why)) == 0)
		list->nr++;
	return err;
}

static uint32_t list_count(const void *field)
{
	return ((const struct config_strings *)field)->nr;
}

static void list_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	fputs(((const struct config_strings *)field)->at[i], out);
}

static void list_fini(void *field)
{
	struct config_strings *list = field;

	for (uint32_t i = 0; i < list->nr; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct config_strings){ 0 };
}

const struct option_type type_list = { "path", "a file, and its arguments after a space",
	BARE_NOTHING, true, list_parse, list_count, list_print, list_fini };

/* stdio, none or file:PATH */

static const char *const console_words[] = { "stdio", "none", "file" };
static const char console_file[] = "file:";

static void console_fini(void *field)
{
	struct config_console *console = field;

	free(console->path);
	*console = (struct config_console){ CONFIG_CONSOLE_NONE, NULL };
}

static int console_parse(const struct option_row *o, const char *text, void *field,
	struct complaint *why)
{
	struct config_console *console = field;
	size_t prefix = sizeof(console_file) - 1;
	int err;

	if (strncmp(text, console_file, prefix) == 0 && text[prefix]) {
		if ((err = string_store(&console->path, text + prefix, why)) == 0)
			console->kind = CONFIG_CONSOLE_FILE;
		return err;
	}
	for (unsigned kind = 0; kind < CONFIG_CONSOLE_FILE; kind++)
		if (strcmp(text, console_words[kind]) == 0) {
			console_fini(console);
			console->kind = (enum config_console_kind)kind;
			return 0;
		}
	return complain(why, "expected %s", o->type->form);
}

static void console_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_console *console = field;

	(void)o;
	(void)i;
	fputs(console_words[console->kind], out);
	if (console->kind == CONFIG_CONSOLE_FILE)
		fprintf(out, ":%s", console->path);
}

const struct option_type type_console = { "console", "stdio, none or file:PATH", BARE_NOTHING,
	false, console_parse, count_always, console_print, console_fini };
