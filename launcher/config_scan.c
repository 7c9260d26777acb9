/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_scan.c - a walk over the tokens of libconfig's grammar, as far as its scanner.l tells
 * strings, comments, names, numbers and directives apart.
 */
#include "launcher/config_scan.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/log.h"

struct scan {
	char *p;
	unsigned line;
	const char *file;
};

static int include_refuse(const struct scan *s)
{
	return log_errno(-EINVAL, "%s:%u: @include needs a file name in quotes, and nothing after "
		"it on the line: @include \"base.cfg\"", s->file, s->line);
}

/* The directive at s->p: hand it on, blank it. */
static int include_scan(struct scan *s, config_include_fn *include, void *ctx)
{
	char *end = s->p + strcspn(s->p, "\n");
	char *open = s->p + strlen("@include");
	char *close;
	int err;

	open += strspn(open, " \t");
	if (*open != '"' || open == s->p + strlen("@include"))
		return include_refuse(s);
	close = open + 1 + strcspn(open + 1, "\"\\\n");
	if (*close != '"' || close == open + 1 ||
		close + 1 + strspn(close + 1, " \t\r;") < end)
		return include_refuse(s);
	if ((err = include(ctx, open + 1, (size_t)(close - open - 1), s->line)) != 0)
		return err;
	memset(s->p, ' ', (size_t)(end - s->p));
	s->p = end;
	return 0;
}

/* libconfig keeps 32 bits of a number without L, whatever they hold. */
static int number_scan(struct scan *s)
{
	bool hex = s->p[0] == '0' && (s->p[1] == 'x' || s->p[1] == 'X');
	size_t len = strspn(s->p + (hex ? 2 : 0), hex ? "0123456789abcdefABCDEF" : "0123456789");
	char *end = s->p + len + (hex ? 2 : 0);
	uint64_t number;

	if (*end == '.' || *end == 'L' || (!hex && (*end == 'e' || *end == 'E'))) {
		s->p = end + strspn(end, "0123456789.eEL+-");
		return 0;
	}
	errno = 0;
	number = strtoull(s->p, NULL, hex ? 16 : 10);
	if (errno || number > INT32_MAX) {
		bool mib = !errno && number && is_aligned(number, MiB(1));

		return log_errno(-EINVAL, "%s:%u: the number %.*s is too large%s; a size is a text "
			"in quotes with a unit, such as \"%" PRIu64 "M\"", s->file, s->line,
			(int)min(end - s->p, (ptrdiff_t)40), s->p, mib ? "" : " here",
			mib ? number >> 20 : 8192);
	}
	s->p = end;
	return 0;
}

static int string_scan(struct scan *s)
{
	unsigned start = s->line;

	for (s->p++; *s->p != '"'; s->p++) {
		if (!*s->p)
			return log_errno(-EINVAL, "%s:%u: the text that starts here has no closing "
				"quote", s->file, start);
		if (*s->p == '\n')
			s->line++;
		if (*s->p != '\\')
			continue;
		if (strncmp(s->p, "\\x00", 4) == 0)
			return log_errno(-EINVAL, "%s:%u: a text can't hold a zero byte (\\x00)",
				s->file, s->line);
		if (s->p[1] && s->p[1] != '\n')
			s->p++;
	}
	s->p++;
	return 0;
}

static int comment_scan(struct scan *s)
{
	unsigned start = s->line;

	for (s->p += 2; strncmp(s->p, "*/", 2) != 0; s->p++) {
		if (!*s->p)
			return log_errno(-EINVAL, "%s:%u: the comment that starts here has no end",
				s->file, start);
		s->line += *s->p == '\n';
	}
	s->p += 2;
	return 0;
}

static bool at_line_start(const struct scan *s, const char *text)
{
	const char *p = s->p;

	while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == text || p[-1] == '\n';
}

static int token_scan(struct scan *s)
{
	if (*s->p == '"')
		return string_scan(s);
	if (strncmp(s->p, "/*", 2) == 0)
		return comment_scan(s);
	if (isdigit((unsigned char)*s->p))
		return number_scan(s);
	if (*s->p == '#' || strncmp(s->p, "//", 2) == 0) {
		s->p += strcspn(s->p, "\n");
		return 0;
	}
	if (isalpha((unsigned char)*s->p) || *s->p == '*') {
		while (isalnum((unsigned char)*s->p) || (*s->p && strchr("*_-", *s->p)))
			s->p++;
		return 0;
	}
	s->line += *s->p == '\n';
	s->p++;
	return 0;
}

int config_scan(char *text, size_t size, const char *file, config_include_fn *include, void *ctx)
{
	struct scan s = { text, 1, file };
	int err = 0;

	if (memchr(text, 0, size))
		return log_errno(-EINVAL, "%s: holds a zero byte: not a text", file);
	while (!err && *s.p) {
		if (*s.p == '@' && strncmp(s.p, "@include", 8) == 0 && at_line_start(&s, text))
			err = include_scan(&s, include, ctx);
		else
			err = token_scan(&s);
	}
	return err;
}
