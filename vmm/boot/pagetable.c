/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pagetable.c - the same walk runs twice: first to count the tables, then, when their place is
 * known, to write them.
 *
 *   PML4 (512 GiB an entry) -> PDPT (1 GiB, or a page) -> PD (2 MiB, or a page) -> PT (4 KiB)
 *
 * Intel SDM vol. 3A, 4.5. Accessed and dirty are set from the start, so that no walk has to write.
 */
#include "vmm/boot/pagetable.h"

#include <errno.h>
#include <inttypes.h>

#include "vmm/log.h"

#define TABLE_ENTRIES 512
#define TABLE_BYTES   KiB(4)
#define LEVEL_TOP     3

struct walk {
	const struct range *range;
	uint32_t nr_ranges;
	uint64_t page;
	uint64_t flags;
	uint64_t nr_tables;
	uint64_t *entry; /* NULL while counting */
	gpa_t base;	 /* of the first table */
};

enum cover { COVER_NONE, COVER_SOME, COVER_ALL };

static enum cover range_cover(const struct walk *w, gpa_t at, uint64_t size)
{
	for (uint32_t i = 0; i < w->nr_ranges; i++) {
		if (range_holds(w->range[i], at, size))
			return COVER_ALL;
		if (range_overlaps(w->range[i], (struct range){ at, size }))
			return COVER_SOME;
	}
	return COVER_NONE;
}

/* Make the table of this level that maps from address from on, and those below it. Returns its
 * number. Recursion ends after four levels. */
static uint64_t table_make(struct walk *w, unsigned level, gpa_t from)
{
	uint64_t step = KiB(4) << (9 * level);
	uint64_t self = w->nr_tables++;

	if (!w->entry && level == 0)
		return self; /* counted; a terabyte has many */
	for (uint64_t i = 0; i < TABLE_ENTRIES; i++) {
		gpa_t at = from + i * step;
		enum cover cover = range_cover(w, at, step);
		uint64_t entry;

		if (cover == COVER_NONE || (cover == COVER_SOME && level == 0))
			continue;
		if (cover == COVER_ALL && step <= w->page) {
			entry = at | w->flags | PAGE_DIRTY | (level ? PAGE_LARGE : 0);
			if (!w->entry)
				continue;
		} else {
			entry = (w->base + table_make(w, level - 1, at) * TABLE_BYTES) | w->flags;
		}
		if (w->entry)
			w->entry[self * TABLE_ENTRIES + i] = entry;
	}
	return self;
}

int pagetable_put(struct loader *l, const struct range *range, uint32_t nr, uint64_t page,
	bool user, gpa_t *cr3)
{
	struct walk w = { .range = range, .nr_ranges = nr, .page = page };
	uint64_t size;

	for (uint32_t i = 0; i < nr; i++)
		if (!range_holds((struct range){ 0, PAGETABLE_END }, range[i].base, range[i].size))
			return log_errno(-ENOSPC,
				"%s: the guest's memory reaches beyond 128 TiB, which its "
				"first page tables cannot map; give it less",
				l->in->kernel.name);
	w.flags = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED | (user ? PAGE_USER : 0);
	table_make(&w, LEVEL_TOP, 0);
	size = w.nr_tables * TABLE_BYTES;
	if (!loader_place(l, l->low, PLACE_TOP, size, TABLE_BYTES, &w.base) &&
		!loader_place(l, PLACE_BELOW_4G, PLACE_TOP, size, TABLE_BYTES, &w.base) &&
		!loader_place(l, PLACE_ANYWHERE, PLACE_TOP, size, TABLE_BYTES, &w.base))
		return loader_no_room(l, "page tables", size);
	w.entry = loader_alloc(l, size);
	if (!w.entry)
		return -ENOMEM;
	w.nr_tables = 0;
	table_make(&w, LEVEL_TOP, 0);
	*cr3 = w.base;
	return loader_segment(l, w.base, w.entry, size, 0);
}
