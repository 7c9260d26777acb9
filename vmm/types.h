/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types.h - addresses and ids that must not be mixed up.
 *
 * A guest-physical address is an integer, a host address is always a pointer: -Wint-conversion then
 * keeps the two apart. Ids are one-member structs: the same machine code, and no mix-ups.
 */
#ifndef VMM_TYPES_H
#define VMM_TYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t gpa_t; /* guest-physical address, bytes */

typedef struct { int os; } hcpu_t;       /* host logical CPU, the kernel's number */
typedef struct { int os; } hnode_t;      /* host NUMA node, the kernel's number */
typedef struct { uint32_t id; } apicid_t; /* guest local APIC id, x2APIC width */

/* A range is base + size, never base + end; size 0 is the empty range. */
struct range {
	gpa_t base;
	uint64_t size;
};

static inline bool range_valid(struct range r)
{
	return r.size <= UINT64_MAX - r.base;
}

/* Both must be valid. */
static inline bool range_overlaps(struct range a, struct range b)
{
	return a.size && b.size && a.base < b.base + b.size && b.base < a.base + a.size;
}

/* Does r hold all of [base, base + size)? Safe for any base and size. */
static inline bool range_holds(struct range r, gpa_t base, uint64_t size)
{
	return base >= r.base && size <= r.size && base - r.base <= r.size - size;
}

#endif
