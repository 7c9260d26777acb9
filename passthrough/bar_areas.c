/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bar_areas.c - ranges without ranges. */
#include "passthrough/bar_areas.h"

static struct range whole_pages(struct range r)
{
	gpa_t base = align_up(r.base, BAR_PAGE);
	gpa_t end = align_down(r.base + r.size, BAR_PAGE);

	return (struct range){ base, end > base ? end - base : 0 };
}

/* The first trapped pages at or behind `at`; size 0: none. */
static struct range next_trapped(const struct range *trapped, uint32_t nr, gpa_t at)
{
	struct range first = { 0 };

	for (uint32_t i = 0; i < nr; i++) {
		gpa_t base = align_down(trapped[i].base, BAR_PAGE);
		gpa_t end = align_up(trapped[i].base + trapped[i].size, BAR_PAGE);

		if (trapped[i].size && end > at && (!first.size || base < first.base))
			first = (struct range){ base, end - base };
	}
	return first;
}

static uint32_t without(struct range r, const struct range *trapped, uint32_t nr, struct range *area, uint32_t room)
{
	gpa_t at = r.base, end = r.base + r.size;
	uint32_t n = 0;

	while (at < end && n < room) {
		struct range t = next_trapped(trapped, nr, at);
		gpa_t until = t.size && t.base < end ? t.base : end;

		if (until > at)
			area[n++] = (struct range){ at, until - at };
		at = t.size ? t.base + t.size : end;
	}
	return n;
}

uint32_t bar_areas(const struct vfio_region *r, const struct range *trapped, uint32_t nr, struct range *area)
{
	const struct range all = { 0, r->size };
	uint32_t n = 0, parts = r->nr_areas ? r->nr_areas : 1;

	for (uint32_t i = 0; r->mappable && i < parts; i++) {
		struct range part = r->nr_areas ? r->area[i] : all;

		if (range_valid(part) && range_holds(all, part.base, part.size))
			n += without(whole_pages(part), trapped, nr, area + n, BAR_AREAS_MAX - n);
	}
	return n;
}
