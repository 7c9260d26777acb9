/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suggest.c - optimal string alignment distance: one each for a letter added, dropped, changed, or
 * swapped with its neighbour. A third of the word may be wrong; a word cut short is near to its
 * whole.
 */
#include "launcher/suggest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 32u

static unsigned distance(const char *a, const char *b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];
	unsigned la = (unsigned)strlen(a), lb = (unsigned)strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return UINT_MAX;
	for (unsigned i = 0; i <= la; i++) {
		for (unsigned j = 0; j <= lb; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = min(d[i][j], d[i - 1][j] + 1);
			d[i][j] = min(d[i][j], d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

void suggest_start(struct suggest *s, const char *word)
{
	*s = (struct suggest){ .word = word, .distance = UINT_MAX };
}

void suggest_offer(struct suggest *s, const char *known)
{
	size_t len = strlen(s->word);
	unsigned far = distance(s->word, known);

	if (len >= 3 && strncmp(s->word, known, len) == 0)
		far = 1;
	if (far < s->distance && far <= max((unsigned)len / 3, 1u) && far < strlen(known)) {
		s->best = known;
		s->distance = far;
	}
}

const char *suggest_text(const struct suggest *s, char *buf, size_t size)
{
	buf[0] = 0;
	if (s->best)
		snprintf(buf, size, "; did you mean \"%s\"?", s->best);
	return buf;
}
