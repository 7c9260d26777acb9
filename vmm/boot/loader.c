/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader.c - the memory map, a free list over it, and the plan's list of segments.
 *
 * The free list is a sorted array of ranges; taking a piece cuts a range in up to two. Images are
 * hostile, so every size is compared before it is added.
 */
#include "vmm/boot/loader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "vmm/log.h"

#define KVM_PAGES_SIZE KiB(16) /* LAYOUT_KVM_IDMAP: one page, and three of TSS after it */

static void e820_add(
	struct e820_entry *map, uint32_t *nr, gpa_t base, uint64_t size, enum e820_type type)
{
	struct e820_entry *last = *nr ? &map[*nr - 1] : NULL;

	if (!size)
		return;
	if (last && last->type == type && last->base + last->size == base)
		last->size += size;
	else
		map[(*nr)++] = (struct e820_entry){ base, size, type };
}

/* What RAM at address at is for, and where that use ends: at most end. */
static enum e820_type e820_type_at(const struct ram_layout *ram, gpa_t at, gpa_t *end)
{
	gpa_t acpi_end = ram->acpi.base + ram->acpi.size;

	if (at < LAYOUT_LOW_END) {
		*end = min(*end, LAYOUT_LOW_END);
		return E820_RAM;
	}
	if (at < LAYOUT_HIGH_START) {
		*end = min(*end, LAYOUT_HIGH_START);
		return E820_RESERVED;
	}
	if (at < ram->acpi.base) {
		*end = min(*end, ram->acpi.base);
		return E820_RAM;
	}
	if (at < acpi_end) {
		*end = min(*end, acpi_end);
		return E820_ACPI;
	}
	return E820_RAM;
}

uint32_t e820_make(const struct ram_layout *ram, struct e820_entry *map)
{
	bool hole_told = false;
	uint32_t nr = 0;

	for (uint32_t i = 0; i <= ram->nr; i++) {
		if (!hole_told && (i == ram->nr || ram->ram[i].gpa.base >= LAYOUT_HOLE_END)) {
			/* Linux uses ECAM only where the map reserves it. */
			e820_add(map, &nr, LAYOUT_ECAM_BASE, LAYOUT_ECAM_SIZE, E820_RESERVED);
			e820_add(map, &nr, LAYOUT_KVM_IDMAP, KVM_PAGES_SIZE, E820_RESERVED);
			hole_told = true;
		}
		if (i == ram->nr)
			break;
		gpa_t at = ram->ram[i].gpa.base;
		gpa_t ram_end = at + ram->ram[i].gpa.size;

		while (at < ram_end) {
			gpa_t end = ram_end;
			enum e820_type type = e820_type_at(ram, at, &end);

			e820_add(map, &nr, at, end - at, type);
			at = end;
		}
	}
	return nr;
}

void loader_init(struct loader *l, const struct boot_input *in, struct boot_plan *plan)
{
	l->in = in;
	l->plan = plan;
	l->low = PLACE_LOW;
	l->nr_free = 0;
	l->nr_map = e820_make(in->ram, l->map);
	for (uint32_t i = 0; i < l->nr_map; i++)
		if (l->map[i].type == E820_RAM)
			l->free[l->nr_free++] = (struct range){ l->map[i].base, l->map[i].size };
}

/* Cut [gpa, gpa + size), which free range i holds, out of it. */
static bool free_cut(struct loader *l, uint32_t i, gpa_t gpa, uint64_t size)
{
	struct range old = l->free[i];
	struct range before = { old.base, gpa - old.base };
	struct range after = { gpa + size, old.size - before.size - size };

	if (before.size && after.size) {
		if (l->nr_free == LOADER_FREE_MAX)
			return false;
		for (uint32_t j = l->nr_free++; j > i; j--)
			l->free[j] = l->free[j - 1];
		l->free[i] = before;
		l->free[i + 1] = after;
	} else if (before.size || after.size) {
		l->free[i] = before.size ? before : after;
	} else {
		l->nr_free--;
		for (uint32_t j = i; j < l->nr_free; j++)
			l->free[j] = l->free[j + 1];
	}
	return true;
}

bool loader_take(struct loader *l, gpa_t gpa, uint64_t size)
{
	if (!size)
		return true;
	for (uint32_t i = 0; i < l->nr_free; i++)
		if (range_holds(l->free[i], gpa, size))
			return free_cut(l, i, gpa, size);
	return false;
}

/* The part of a that lies in b too; both valid. */
static struct range range_and(struct range a, struct range b)
{
	gpa_t base = max(a.base, b.base);
	gpa_t end = min(a.base + a.size, b.base + b.size);

	return (struct range){ base, end > base ? end - base : 0 };
}

/* Where size bytes fit in a range, at its bottom or top. */
static bool range_fit(struct range r, enum place_end end, uint64_t size, uint64_t align, gpa_t *gpa)
{
	if (r.size < size || r.base > UINT64_MAX - align)
		return false;
	*gpa = end == PLACE_BOTTOM ? align_up(r.base, align)
				   : align_down(r.base + r.size - size, align);
	return range_holds(r, *gpa, size);
}

bool loader_place(struct loader *l, struct range within, enum place_end end, uint64_t size,
	uint64_t align, gpa_t *gpa)
{
	size = max(size, (uint64_t)1);
	for (uint32_t n = 0; n < l->nr_free; n++) {
		uint32_t i = end == PLACE_BOTTOM ? n : l->nr_free - 1 - n;

		if (range_fit(range_and(l->free[i], within), end, size, align, gpa))
			return free_cut(l, i, *gpa, size);
	}
	return false;
}

/* One more entry at the end of an array of nr entries. */
static void *array_grow(void *array, uint32_t nr, size_t entry)
{
	void *bigger = reallocarray(array, nr + 1ul, entry);

	if (!bigger)
		log_errno(-ENOMEM, "boot plan: %m");
	return bigger;
}

static bool blob_has(const struct blob *b, const uint8_t *data)
{
	return b->source && data >= b->data && data < b->data + b->size;
}

/* The blob that has these bytes, if it gets them from a source. */
static const struct blob *blob_of(const struct boot_input *in, const uint8_t *data)
{
	if (blob_has(&in->kernel, data))
		return &in->kernel;
	if (blob_has(&in->initrd, data))
		return &in->initrd;
	for (uint32_t i = 0; i < in->nr_modules; i++)
		if (blob_has(&in->module[i].file, data))
			return &in->module[i].file;
	return NULL;
}

int loader_segment(struct loader *l, gpa_t gpa, const void *data, uint64_t size, uint64_t zero)
{
	struct boot_plan *p = l->plan;
	struct boot_segment *s = array_grow(p->segment, p->nr_segments, sizeof(*s));

	if (!s)
		return -ENOMEM;
	p->segment = s;
	s[p->nr_segments++] = (struct boot_segment){ gpa, data, size, zero, blob_of(l->in, data) };
	return 0;
}

int loader_load(struct loader *l, const char *what, gpa_t gpa, const void *data, uint64_t size,
	uint64_t mem_size)
{
	const char *name = l->in->kernel.name;

	if (loader_take(l, gpa, mem_size))
		return loader_segment(l, gpa, data, size, mem_size - size);
	for (uint32_t i = 0; i < l->nr_map; i++) {
		struct range region = { l->map[i].base, l->map[i].size };

		if (l->map[i].type == E820_RAM && range_holds(region, gpa, mem_size))
			return log_errno(-ENOEXEC,
				"%s: %s (0x%" PRIx64 ", %" PRIu64 " bytes) overlaps another or "
				"there are too many; link it again",
				name, what, gpa, mem_size);
	}
	return log_errno(-ENOSPC,
		"%s: %s needs 0x%" PRIx64 ", %" PRIu64 " KiB, and the guest's usable "
		"memory is 0x0-0x%" PRIx64 " and 0x%" PRIx64 "-0x%" PRIx64 " (%" PRIu64
		" MiB in all); "
		"give the guest more memory or link the image elsewhere",
		name, what, gpa, mem_size / 1024, LAYOUT_LOW_END, LAYOUT_HIGH_START,
		ram_layout_low_end(l->in->ram), l->in->ram->total >> 20);
}

void *loader_alloc(struct loader *l, uint64_t size)
{
	struct boot_plan *p = l->plan;
	void **owned = array_grow(p->owned, p->nr_owned, sizeof(*owned));
	void *bytes;

	if (!owned)
		return NULL;
	p->owned = owned;
	bytes = calloc(1, max(size, (uint64_t)1));
	if (!bytes) {
		log_errno(-ENOMEM, "boot plan: %" PRIu64 " bytes: %m", size);
		return NULL;
	}
	owned[p->nr_owned++] = bytes;
	return bytes;
}

int loader_no_room(const struct loader *l, const char *what, uint64_t size)
{
	return log_errno(-ENOSPC,
		"%s: no room for %s, %" PRIu64 " KiB, in the guest's memory of %" PRIu64
		" MiB; give it more memory",
		l->in->kernel.name, what, (size + 1023) / 1024, l->in->ram->total >> 20);
}

int loader_put(struct loader *l, const char *what, const void *data, uint64_t size, uint64_t align,
	gpa_t *gpa)
{
	if (!loader_place(l, l->low, PLACE_TOP, size, align, gpa) &&
		!loader_place(l, PLACE_BELOW_4G, PLACE_TOP, size, align, gpa))
		return loader_no_room(l, what, size);
	return loader_segment(l, *gpa, data, size, 0);
}
