/* SPDX-License-Identifier: GPL-2.0-or-later */
/* series.c - see series.h. */
#include "sched/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int series_init(struct series *s, uint32_t width, uint64_t interval_ns)
{
	*s = (struct series){ .width = width, .interval_ns = interval_ns };
	s->values = calloc(SERIES_MAX, max(width, 1u) * sizeof(*s->values));
	return s->values ? 0 : -ENOMEM;
}

void series_fini(struct series *s)
{
	free(s->values);
	*s = (struct series){ 0 };
}

const uint64_t *series_at(const struct series *s, uint32_t i)
{
	return s->values + (size_t)i * s->width;
}

/* The first stays. */
static void thin(struct series *s)
{
	for (uint32_t i = 1; i < SERIES_MAX / 2; i++) {
		s->ns[i] = s->ns[(size_t)i * 2];
		memcpy(s->values + (size_t)i * s->width, series_at(s, i * 2), s->width * sizeof(*s->values));
	}
	s->nr = SERIES_MAX / 2;
	s->interval_ns *= 2;
}

uint64_t *series_add(struct series *s, uint64_t ns)
{
	if (s->nr == SERIES_MAX)
		thin(s);
	s->ns[s->nr] = ns;
	return s->values + (size_t)s->nr++ * s->width;
}

bool series_steady(const struct series *s, uint64_t begin_ns, uint64_t end_ns, uint32_t *first, uint32_t *last)
{
	const uint64_t quarter = end_ns > begin_ns ? (end_ns - begin_ns) / 4 : 0;

	if (s->nr < 2)
		return false;
	*first = 0;
	while (*first < s->nr - 2 && s->ns[*first] < begin_ns + quarter)
		++*first;
	*last = s->nr - 1;
	while (*last > *first + 1 && s->ns[*last] > end_ns - quarter)
		--*last;
	return s->ns[*last] > s->ns[*first];
}
