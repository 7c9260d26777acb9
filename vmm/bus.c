/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bus.c - a sorted array of ranges, searched by halving. */
#include "vmm/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void bus_init(struct bus *b)
{
	*b = (struct bus){ 0 };
}

void bus_fini(struct bus *b)
{
	free(b->entry);
	bus_init(b);
}

/* Index of the first entry whose base lies above addr. */
static uint32_t bus_above(const struct bus *b, gpa_t addr)
{
	uint32_t lo = 0;
	uint32_t hi = b->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (b->entry[mid].range.base > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int bus_map(struct bus *b, struct range r, struct device *dev)
{
	struct bus_entry *grown;
	uint32_t at;

	if (b->sealed)
		return -EBUSY;
	if (!r.size || !range_valid(r))
		return -EINVAL;
	at = bus_above(b, r.base);
	if (at > 0 && range_overlaps(b->entry[at - 1].range, r))
		return -EEXIST;
	if (at < b->nr && range_overlaps(b->entry[at].range, r))
		return -EEXIST;
	grown = reallocarray(b->entry, b->nr + 1u, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	b->entry = grown;
	memmove(&grown[at + 1], &grown[at], (b->nr - at) * sizeof(*grown));
	grown[at] = (struct bus_entry){ .range = r, .dev = dev };
	b->nr++;
	return 0;
}

void bus_seal(struct bus *b)
{
	b->sealed = true;
}

enum io_result bus_access(const struct bus *b, struct access *a)
{
	uint32_t at = bus_above(b, a->addr);
	const struct bus_entry *e = at ? &b->entry[at - 1] : NULL;

	if (!e || !range_holds(e->range, a->addr, a->size)) {
		a->value = access_ones(a);
		return IO_NOBODY;
	}
	a->offset = a->addr - e->range.base;
	return e->dev->ops->access(e->dev, a);
}
