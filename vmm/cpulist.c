/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpulist.c - text to bitmap to sorted array, and back.
 *
 * The bitmap sorts and finds duplicates in one go; at 1 KiB it fits on the stack.
 */
#include "vmm/cpulist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number at *p, which moves past it. Stops growing at the limit, so never overflows. */
static int number_parse(const char **p, uint32_t *number, const char **why)
{
	if (!is_digit(**p)) {
		*why = "expected a CPU number";
		return -EINVAL;
	}
	for (*number = 0; is_digit(**p); (*p)++)
		*number = min(*number * 10 + (uint32_t)(**p - '0'), (uint32_t)CPULIST_MAX);
	if (*number == CPULIST_MAX) {
		*why = "a CPU number is above 8191";
		return -ERANGE;
	}
	return 0;
}
static_assert(CPULIST_MAX == 8192, "the text above says so");

/* One element, "4" or "4-7", at *p. */
static int element_parse(const char **p, uint64_t *bitmap, const char **why)
{
	uint32_t first, last;
	int err = number_parse(p, &first, why);

	if (err)
		return err;
	last = first;
	if (**p == '-') {
		(*p)++;
		if ((err = number_parse(p, &last, why)) != 0)
			return err;
	}
	if (last < first) {
		*why = "a range runs backwards";
		return -EINVAL;
	}
	for (uint32_t cpu = first; cpu <= last; cpu++) {
		uint64_t bit = 1ull << cpu % WORD_BITS;

		if (bitmap[cpu / WORD_BITS] & bit) {
			*why = "a CPU is named twice";
			return -EINVAL;
		}
		bitmap[cpu / WORD_BITS] |= bit;
	}
	return 0;
}

static int list_from_bitmap(struct cpulist *l, const uint64_t *bitmap)
{
	uint32_t nr = 0;

	for (uint32_t w = 0; w < CPULIST_MAX / WORD_BITS; w++)
		nr += (uint32_t)__builtin_popcountll(bitmap[w]);
	if (!nr)
		return 0;
	l->cpu = malloc(nr * sizeof(*l->cpu));
	if (!l->cpu)
		return -ENOMEM;
	for (uint32_t w = 0; w < CPULIST_MAX / WORD_BITS; w++)
		for (uint64_t left = bitmap[w]; left; left &= left - 1)
			l->cpu[l->nr++].os = (int)(w * WORD_BITS) + __builtin_ctzll(left);
	return 0;
}

int cpulist_parse(struct cpulist *l, const char *text, const char **why, size_t *at)
{
	uint64_t bitmap[CPULIST_MAX / WORD_BITS] = { 0 };
	const char *p = text, *element = text;
	const char *reason = "out of memory";
	int err = 0;

	*l = (struct cpulist){ 0 };
	while (*p && *p != '\n') {
		element = p;
		if ((err = element_parse(&p, bitmap, &reason)) != 0)
			goto fail;
		if (*p == ',' && p[1] && p[1] != '\n') {
			p++;
		} else if (*p && strcmp(p, "\n") != 0) {
			err = -EINVAL;
			reason = "expected a list such as 0-7,16-23";
			goto fail;
		}
	}
	if (strlen(p) > 1) { /* a newline, and then something */
		err = -EINVAL;
		reason = "more than one line";
		goto fail;
	}
	if ((err = list_from_bitmap(l, bitmap)) == 0)
		return 0;
fail:
	if (why)
		*why = reason;
	if (at)
		*at = (size_t)(element - text);
	return err;
}

size_t cpulist_format(const struct cpulist *l, char *buf, size_t size)
{
	size_t len = 0;

	if (size)
		buf[0] = 0;
	for (uint32_t i = 0, j; i < l->nr; i = j) {
		const char *comma = i ? "," : "";
		char *at = len < size ? buf + len : NULL;
		size_t room = len < size ? size - len : 0;
		int n;

		for (j = i + 1; j < l->nr && l->cpu[j].os == l->cpu[j - 1].os + 1; j++)
			continue;
		if (j - i == 1)
			n = snprintf(at, room, "%s%d", comma, l->cpu[i].os);
		else
			n = snprintf(at, room, "%s%d-%d", comma, l->cpu[i].os, l->cpu[j - 1].os);
		len += (size_t)n;
	}
	return len;
}

int cpulist_copy(struct cpulist *to, const struct cpulist *from)
{
	*to = (struct cpulist){ 0 };
	if (!from->nr)
		return 0;
	to->cpu = malloc(from->nr * sizeof(*to->cpu));
	if (!to->cpu)
		return -ENOMEM;
	memcpy(to->cpu, from->cpu, from->nr * sizeof(*to->cpu));
	to->nr = from->nr;
	return 0;
}

bool cpulist_has(const struct cpulist *l, hcpu_t cpu)
{
	uint32_t low = 0, high = l->nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (l->cpu[mid].os == cpu.os)
			return true;
		if (l->cpu[mid].os < cpu.os)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool cpulist_equal(const struct cpulist *a, const struct cpulist *b)
{
	return a->nr == b->nr &&
	       (!a->nr || memcmp(a->cpu, b->cpu, a->nr * sizeof(*a->cpu)) == 0);
}

void cpulist_fini(struct cpulist *l)
{
	free(l->cpu);
	*l = (struct cpulist){ 0 };
}
