/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - see output.h. */
#include "benchmarks/bench/output.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_ 64

/* Printable, whatever it was. */
static void quote(char why[OUTPUT_WHY], const char *text, size_t size)
{
	size_t n = min(size, (size_t)(OUTPUT_WHY - 1));

	for (size_t i = 0; i < n; i++)
		why[i] = (char)(isprint((unsigned char)text[i]) ? text[i] : '?');
	why[n] = '\0';
}

/* Numbers up to the end of the line; their count, or -EINVAL, -ENOMEM. */
static ssize_t numbers_parse(const char *at, const char *end, double **values)
{
	size_t room = 0, nr = 0;

	for (;;) {
		char *next;
		double v;

		while (at < end && (*at == ' ' || *at == '\r'))
			at++;
		if (at == end)
			return (ssize_t)nr;
		v = strtod(at, &next);
		if (next == at || next > end || !isfinite(v))
			return -EINVAL;
		at = next;
		if (nr == room) {
			double *more = realloc(*values, (room = room ? 2 * room : 64) * sizeof(**values));

			if (!more)
				return -ENOMEM;
			*values = more;
		}
		(*values)[nr++] = v;
	}
}

static int line_parse(const char *line, const char *end, output_fn *fn, void *ctx, char why[OUTPUT_WHY])
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	char name[NAME_MAX_];
	double *values = NULL;
	ssize_t nr;
	int err;

	quote(why, line, (size_t)(end - line));
	if (!colon || colon == line || colon - line >= NAME_MAX_)
		return -EINVAL;
	memcpy(name, line, (size_t)(colon - line));
	name[colon - line] = '\0';
	if (strcmp(name, "wrong") == 0) {
		colon += colon + 1 < end && colon[1] == ' ' ? 2 : 1;
		quote(why, colon, (size_t)(end - colon));
		return -EBADMSG;
	}
	nr = numbers_parse(colon + 1, end, &values);
	err = nr < 0 ? (int)nr : fn(ctx, name, values, (size_t)nr);
	free(values);
	return err;
}

int output_parse(const char *text, output_fn *fn, void *ctx, char why[OUTPUT_WHY])
{
	why[0] = '\0';
	while (*text) {
		const char *end = strchrnul(text, '\n');
		int err = end > text ? line_parse(text, end, fn, ctx, why) : 0;

		if (err)
			return err;
		text = *end ? end + 1 : end;
	}
	why[0] = '\0';
	return 0;
}
