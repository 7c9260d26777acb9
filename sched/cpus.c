/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpus.c - see cpus.h. A set on its way is an array of bits. */
#include "sched/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 32u
#define WORDS	  (CPULIST_MAX / WORD_BITS)

struct bits {
	uint32_t word[WORDS];
};

static void bits_add(struct bits *b, const struct cpulist *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		b->word[(uint32_t)l->cpu[i].os / WORD_BITS] |= 1u << (uint32_t)l->cpu[i].os % WORD_BITS;
}

static int bits_list(const struct bits *b, struct cpulist *to)
{
	uint32_t nr = 0;

	*to = (struct cpulist){ 0 };
	for (uint32_t w = 0; w < WORDS; w++)
		nr += (uint32_t)__builtin_popcount(b->word[w]);
	if (!nr)
		return 0;
	to->cpu = malloc(nr * sizeof(*to->cpu));
	if (!to->cpu)
		return -ENOMEM;
	for (uint32_t cpu = 0; cpu < CPULIST_MAX; cpu++)
		if (b->word[cpu / WORD_BITS] & 1u << cpu % WORD_BITS)
			to->cpu[to->nr++].os = (int)cpu;
	return 0;
}

int cpus_union(struct cpulist *to, const struct cpulist *a, const struct cpulist *b)
{
	struct bits x = { 0 };

	bits_add(&x, a);
	bits_add(&x, b);
	return bits_list(&x, to);
}

int cpus_minus(struct cpulist *to, const struct cpulist *a, const struct cpulist *b)
{
	struct bits x = { 0 }, y = { 0 };

	bits_add(&x, a);
	bits_add(&y, b);
	for (uint32_t w = 0; w < WORDS; w++)
		x.word[w] &= ~y.word[w];
	return bits_list(&x, to);
}

bool cpus_meet(const struct cpulist *a, const struct cpulist *b)
{
	for (uint32_t i = 0; i < a->nr; i++)
		if (cpulist_has(b, a->cpu[i]))
			return true;
	return false;
}

bool cpus_within(const struct cpulist *a, const struct cpulist *b)
{
	for (uint32_t i = 0; i < a->nr; i++)
		if (!cpulist_has(b, a->cpu[i]))
			return false;
	return true;
}

/* One group at *text, which moves behind it and its comma. */
static int group_read(const char **text, uint32_t *group)
{
	unsigned digits = 0;

	for (*group = 0; isxdigit((unsigned char)**text); ++*text, digits++) {
		unsigned char c = (unsigned char)**text;

		*group = *group << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	if (!digits || digits > 8)
		return -EINVAL;
	if (**text == ',')
		++*text;
	else if (**text && **text != '\n')
		return -EINVAL;
	return 0;
}

int cpus_from_mask(struct cpulist *to, const char *text)
{
	struct bits x = { 0 };

	*to = (struct cpulist){ 0 };
	do {
		uint32_t group;
		int err = group_read(&text, &group);

		if (err)
			return err;
		if (x.word[WORDS - 1])
			return -ERANGE;
		memmove(&x.word[1], &x.word[0], sizeof(x.word) - sizeof(x.word[0]));
		x.word[0] = group;
	} while (*text && *text != '\n');
	return bits_list(&x, to);
}

char *cpus_to_mask(const struct cpulist *l)
{
	struct bits x = { 0 };
	uint32_t top = WORDS;
	char *text = malloc(WORDS * 9 + 1), *at = text;

	if (!text)
		return NULL;
	bits_add(&x, l);
	while (top > 1 && !x.word[top - 1])
		top--;
	at += sprintf(at, "%x", x.word[top - 1]);
	while (--top)
		at += sprintf(at, ",%08x", x.word[top - 1]);
	return text;
}

char *cpus_to_list(const struct cpulist *l)
{
	size_t size = cpulist_format(l, NULL, 0) + 1;
	char *text = malloc(size);

	if (text)
		cpulist_format(l, text, size);
	return text;
}
