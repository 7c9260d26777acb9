/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.c - deal out guest-physical space to nodes, tables and windows. */
#include "vmm/layout.h"

#include <errno.h>

#define PAGE_BYTES KiB(4)

/* Put up to size bytes of a node at *at, stopping at the hole; what is left stays in *size. */
static int range_add(struct ram_layout *l, uint32_t node, gpa_t *at, uint64_t *size)
{
	uint64_t take = *size;

	if (*at == LAYOUT_HOLE_BASE)
		*at = LAYOUT_HOLE_END;
	if (*at < LAYOUT_HOLE_BASE)
		take = min(take, LAYOUT_HOLE_BASE - *at);
	if (l->nr == ARRAY_SIZE(l->ram) || take > UINT64_MAX - *at)
		return -ENOSPC;
	l->ram[l->nr++] = (struct ram_range){ .gpa = { *at, take }, .node = node };
	*at += take;
	*size -= take;
	return 0;
}

/* The 64-bit window: as large as RAM, at least 64 GiB, but never past the address width. */
static int mmio64_place(struct ram_layout *l, unsigned phys_bits)
{
	uint64_t limit = phys_bits >= 64 ? UINT64_MAX : 1ull << phys_bits;
	gpa_t end = max(ram_layout_end(l), LAYOUT_HOLE_END);
	uint64_t size;
	gpa_t base;

	if (end > limit || limit - end < GiB(1))
		return -ENOSPC;
	base = align_up(end, GiB(1));
	size = max(l->total, GiB(64));
	size = align_down(min(size, limit - base), GiB(1));
	l->mmio64 = (struct range){ base, size };
	return size ? 0 : -ENOSPC;
}

int ram_layout_make(struct ram_layout *l, const uint64_t *node_bytes, uint32_t nr_nodes,
	uint64_t acpi_bytes, unsigned phys_bits)
{
	gpa_t at = 0;
	gpa_t low_end;
	int err;

	*l = (struct ram_layout){ 0 };
	if (!nr_nodes || nr_nodes > TOPO_NODES_MAX || !is_aligned(acpi_bytes, PAGE_BYTES))
		return -EINVAL;
	for (uint32_t node = 0; node < nr_nodes; node++) {
		uint64_t left = node_bytes[node];

		if (!is_aligned(left, PAGE_BYTES))
			return -EINVAL;
		if (left > UINT64_MAX - l->total)
			return -ENOSPC;
		l->total += left;
		while (left)
			if ((err = range_add(l, node, &at, &left)) != 0)
				return err;
	}
	if (!l->total)
		return -EINVAL;
	low_end = min(l->total, LAYOUT_HOLE_BASE);
	if (low_end < LAYOUT_HIGH_START + acpi_bytes)
		return -ENOSPC;
	l->acpi = (struct range){ low_end - acpi_bytes, acpi_bytes };
	return mmio64_place(l, phys_bits);
}

bool ram_layout_holds(const struct ram_layout *l, gpa_t base, uint64_t size)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (range_holds(l->ram[i].gpa, base, size))
			return true;
	return false;
}

gpa_t ram_layout_low_end(const struct ram_layout *l)
{
	return l->acpi.base;
}

gpa_t ram_layout_end(const struct ram_layout *l)
{
	const struct range *last = &l->ram[l->nr - 1].gpa;

	return last->base + last->size;
}
