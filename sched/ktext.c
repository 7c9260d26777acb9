/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktext.c - see ktext.h.
 *
 * A command line is walked as lib/cmdline.c does: blanks part, double quotes protect them. Lists are
 * collected in a bitmap, as lib/bitmap-str.c does.
 */
#include "sched/ktext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One past the parameter at p. */
static const char *parameter_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !is_blank(*p)); p++)
		quoted ^= *p == '"';
	return p;
}

static bool name_is(const char *p, size_t len, const char *name)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] != name[i] && !((p[i] == '-' || p[i] == '_') && (name[i] == '-' || name[i] == '_')))
			return false;
	return true;
}

/* 0, or -ERANGE with what fits. */
static int text_copy(char *to, size_t size, const char *from, size_t len)
{
	size_t n = min(len, size - 1);

	memcpy(to, from, n);
	to[n] = 0;
	return n < len ? -ERANGE : 0;
}

int ktext_parameter(const char *cmdline, const char *name, char *value, size_t size)
{
	int err = -ENOENT;

	for (const char *p = cmdline, *end; *p; p = end) {
		size_t len;

		while (is_blank(*p))
			p++;
		end = parameter_end(p);
		if (end - p == 2 && p[0] == '-' && p[1] == '-')
			break;
		p += *p == '"'; /* the whole parameter may be quoted */
		len = 0;
		while (p + len < end && p[len] != '=' && p[len] != '"')
			len++;
		if (!len || !name_is(p, len, name))
			continue;
		p += len;
		p += p < end && *p == '=';
		p += p < end && *p == '"';
		len = (size_t)(end - p);
		len -= len && p[len - 1] == '"';
		err = text_copy(value, size, p, len);
	}
	return err;
}

struct cpus_parser {
	uint64_t bitmap[CPULIST_MAX / WORD_BITS];
	const char *at;
	uint32_t last;
};

static int number_take(struct cpus_parser *p, uint32_t *n)
{
	if (*p->at == 'N') {
		p->at++;
		*n = p->last;
		return 0;
	}
	if (*p->at < '0' || *p->at > '9')
		return -EINVAL;
	for (*n = 0; *p->at >= '0' && *p->at <= '9'; p->at++)
		*n = min(*n * 10 + (uint32_t)(*p->at - '0'), (uint32_t)CPULIST_MAX);
	return 0;
}

/* "all", "4", "4-7", "4-7:1/2" */
static int element_take(struct cpus_parser *p)
{
	uint32_t first = 0, last = p->last, used = 1, group = 1;
	int err = 0;

	if (strncmp(p->at, "all", 3) == 0) {
		p->at += 3;
	} else {
		if ((err = number_take(p, &first)) != 0)
			return err;
		last = first;
		if (*p->at == '-') {
			p->at++;
			if ((err = number_take(p, &last)) != 0)
				return err;
		}
	}
	if (*p->at == ':') {
		p->at++;
		if (number_take(p, &used) != 0 || *p->at++ != '/')
			return -EINVAL;
		if ((err = number_take(p, &group)) != 0)
			return err;
	}
	if (first > last || !group || used > group)
		return -EINVAL;
	if (last > p->last)
		return -ERANGE;
	for (uint32_t cpu = first; cpu <= last; cpu++)
		if ((cpu - first) % group < used)
			p->bitmap[cpu / WORD_BITS] |= 1ull << cpu % WORD_BITS;
	return 0;
}

static int list_make(struct cpulist *l, const uint64_t *bitmap)
{
	uint32_t nr = 0;

	for (uint32_t w = 0; w < CPULIST_MAX / WORD_BITS; w++)
		nr += (uint32_t)__builtin_popcountll(bitmap[w]);
	if (!nr)
		return 0;
	l->cpu = malloc(nr * sizeof(*l->cpu));
	if (!l->cpu)
		return -ENOMEM;
	for (uint32_t cpu = 0; cpu < CPULIST_MAX; cpu++)
		if (bitmap[cpu / WORD_BITS] >> cpu % WORD_BITS & 1)
			l->cpu[l->nr++].os = (int)cpu;
	return 0;
}

int ktext_cpus(struct cpulist *l, const char *text, hcpu_t last)
{
	struct cpus_parser p = { .at = text, .last = (uint32_t)last.os };
	int err;

	*l = (struct cpulist){ 0 };
	if (last.os < 0 || last.os >= CPULIST_MAX)
		return -ERANGE;
	for (;;) {
		if ((err = element_take(&p)) != 0)
			return err;
		if (!*p.at || is_blank(*p.at))
			return list_make(l, p.bitmap);
		if (*p.at++ != ',')
			return -EINVAL;
	}
}

/* The line of text after p, or NULL. */
static const char *line_next(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

char ktext_config(const char *config, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = config; p; p = line_next(p))
		if (strncmp(p, "CONFIG_", 7) == 0 && strncmp(p + 7, name, len) == 0 && p[7 + len] == '=')
			return p[8 + len] == 'm' ? 'm' : p[8 + len] == 'n' ? 'n' : 'y';
	return 'n';
}

int ktext_limit(const char *limits, const char *name, uint64_t *soft)
{
	size_t len = strlen(name);

	for (const char *p = limits; p; p = line_next(p)) {
		char *end;

		if (strncmp(p, "Max ", 4) != 0 || strncmp(p + 4, name, len) != 0 || p[4 + len] != ' ')
			continue;
		p += 4 + len;
		p += strspn(p, " ");
		if (strncmp(p, "unlimited", 9) == 0) {
			*soft = UINT64_MAX;
			return 0;
		}
		if (*p < '0' || *p > '9')
			return -ENOENT;
		*soft = strtoull(p, &end, 10);
		return 0;
	}
	return -ENOENT;
}

void ktext_choice(const char *text, char *choice, size_t size)
{
	const char *open = strchr(text, '[');
	const char *close = open ? strchr(open, ']') : NULL;

	if (close)
		(void)text_copy(choice, size, open + 1, (size_t)(close - open - 1));
	else
		(void)text_copy(choice, size, text, strcspn(text, " \n"));
}

int ktext_field(const char *text, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);

	for (const char *p = text; p; p = line_next(p)) {
		const char *at;

		if (strncmp(p, name, len) != 0)
			continue;
		at = p + len + strspn(p + len, " \t");
		if (*at++ != ':')
			continue;
		at += strspn(at, " \t");
		return text_copy(value, size, at, strcspn(at, "\n"));
	}
	return -ENOENT;
}

bool ktext_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		if ((p == text || is_blank(p[-1])) && (!p[len] || is_blank(p[len])))
			return true;
	return false;
}
