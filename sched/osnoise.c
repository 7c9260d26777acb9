/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * osnoise.c - see osnoise.h; Documentation/trace/osnoise-tracer.rst, and the formats in
 * /sys/kernel/tracing/events/osnoise/.
 *
 * A line is read from both ends, since a thread's name is at its beginning and in its middle: the times from the last
 * " duration " and the last " start " before it; the CPU from the first "[digits]" that flags, a time and an event's
 * name follow. A name of 15 bytes has no room for all of that.
 */
#include "sched/osnoise.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512 /* of the kernel's lines, none is as long */

static const char *digits_end(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

/* "5789.857532"; its end, or NULL. */
static const char *time_end(const char *p)
{
	const char *dot = digits_end(p), *end;

	if (dot == p || *dot != '.')
		return NULL;
	end = digits_end(dot + 1);
	return end == dot + 1 ? NULL : end;
}

static const char *blanks_end(const char *p)
{
	return p + strspn(p, " ");
}

/* "[008] d.h1.  5789.857532: irq_noise: " at p: the CPU, and where the event's name begins. NULL: it is none. */
static const char *head_read(const char *p, int *cpu)
{
	const char *end = digits_end(p + 1);

	if (end == p + 1 || end > p + 6 || end[0] != ']' || end[1] != ' ')
		return NULL;
	*cpu = atoi(p + 1); /* NOLINT(cert-err34-c): one to five digits */
	p = blanks_end(end + 1);
	p = blanks_end(p + strcspn(p, " ")); /* the flags */
	p = time_end(p);
	return p && p[0] == ':' && p[1] == ' ' ? p + 2 : NULL;
}

static const char *last_of(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);

	if (end < text)
		return NULL;
	for (size_t at = (size_t)(end - text) + 1; at-- > 0;)
		if (at + len <= (size_t)(end - text) && strncmp(text + at, word, len) == 0)
			return text + at;
	return NULL;
}

/* " start 5789.857529929 duration 1845 ns" at the end of the text: how long, and where that begins. */
static const char *times_read(const char *text, uint64_t *ns)
{
	const char *duration = last_of(text, text + strlen(text), " duration ");
	const char *start = duration ? last_of(text, duration, " start ") : NULL;
	const char *number = duration ? duration + strlen(" duration ") : NULL;
	char *end;

	if (!start || time_end(start + strlen(" start ")) != duration || !isdigit((unsigned char)*number))
		return NULL;
	*ns = strtoull(number, &end, 10);
	return strcmp(end, " ns") == 0 ? start : NULL;
}

/* "kworker/3:1:54", with blanks before it: the name, and the number behind the last colon. */
static bool name_read(struct osnoise_event *e, const char *text, const char *end)
{
	const char *colon = last_of(text, end, ":");
	size_t len;

	text = blanks_end(text);
	if (!colon || colon < text || colon + 1 == end || digits_end(colon + 1) != end)
		return false;
	e->id = (uint32_t)strtoul(colon + 1, NULL, 10);
	/* Of interrupts the number says which of several by that name. */
	len = min((size_t)((e->kind == CULPRIT_THREAD ? colon : end) - text), sizeof(e->name) - 1);
	for (size_t i = 0; i < len; i++)
		e->name[i] = text[i];
	for (size_t i = 0; i < len; i++)
		if (!isprint((unsigned char)e->name[i]))
			e->name[i] = '?';
	e->name[len] = 0;
	if (e->kind != CULPRIT_THREAD)
		e->id = 0;
	return true;
}

static bool body_read(struct osnoise_event *e, const char *text)
{
	static const struct {
		const char *word;
		enum culprit_kind kind;
		bool named;
	} events[] = {
		{ "irq_noise: ", CULPRIT_INTERRUPT, true },
		{ "softirq_noise: ", CULPRIT_SOFTIRQ, true },
		{ "thread_noise: ", CULPRIT_THREAD, true },
		{ "nmi_noise: ", CULPRIT_INTERRUPT, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		size_t len = strlen(events[i].word);
		const char *times;

		if (strncmp(text, events[i].word, len) != 0)
			continue;
		e->kind = events[i].kind;
		/* One blank before " start " is the word's own. */
		if (!(times = times_read(text + len - 1, &e->ns)))
			return false;
		if (events[i].named)
			return name_read(e, text + len, times);
		e->id = 0;
		snprintf(e->name, sizeof(e->name), "NMI");
		return true;
	}
	return false;
}

static bool line_copy(char copy[static LINE_MAX_BYTES], const char *line, size_t len)
{
	if (len >= LINE_MAX_BYTES || memchr(line, 0, len))
		return false;
	memcpy(copy, line, len);
	copy[len] = 0;
	return true;
}

bool osnoise_event(const char *line, size_t len, struct osnoise_event *e)
{
	char copy[LINE_MAX_BYTES];

	if (!line_copy(copy, line, len))
		return false;
	for (const char *p = strchr(copy, '['); p; p = strchr(p + 1, '[')) {
		const char *body = head_read(p, &e->cpu);

		if (body && body_read(e, body))
			return true;
	}
	return false;
}

uint64_t osnoise_lost(const char *line, size_t len)
{
	static const char lost[] = " [LOST ";
	char copy[LINE_MAX_BYTES];
	const char *p;
	uint64_t nr;
	char *end;

	if (!line_copy(copy, line, len) || strncmp(copy, "CPU:", 4) != 0)
		return 0;
	p = digits_end(copy + 4);
	if (p == copy + 4 || strncmp(p, lost, strlen(lost)) != 0)
		return 0;
	p += strlen(lost);
	if (strcmp(p, "EVENTS]") == 0)
		return 1; /* how many, it doesn't know */
	if (!isdigit((unsigned char)*p))
		return 0;
	nr = strtoull(p, &end, 10);
	return strcmp(end, " EVENTS]") == 0 ? nr : 0;
}

/* The idle thread has a CPU that nobody wants. */
static bool is_noise(const struct osnoise_event *e)
{
	return e->kind != CULPRIT_THREAD || (e->id && strncmp(e->name, OSNOISE_VICTIM, strlen(OSNOISE_VICTIM)) != 0);
}

int osnoise_lines(struct culprits *c, const char *text, size_t size, size_t *used, uint64_t *lost)
{
	const char *end;

	*used = 0;
	while (*used < size && (end = memchr(text + *used, '\n', size - *used)) != NULL) {
		const char *line = text + *used;
		size_t len = (size_t)(end - line);
		struct osnoise_event e;
		int cpu, err = 0;

		*used += len + 1;
		if (osnoise_event(line, len, &e) && is_noise(&e) && (cpu = culprits_cpu(c, e.cpu)) >= 0)
			err = culprits_tally(c, e.kind, e.id, e.name, (uint32_t)cpu, e.ns);
		else
			*lost += osnoise_lost(line, len);
		if (err)
			return err;
	}
	return 0;
}
