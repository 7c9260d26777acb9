/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pagetable.h - four-level page tables that map guest-physical ranges onto themselves.
 *
 * Threads: any, no shared state. Ownership: the tables belong to the loader's plan. Errors:
 * negative errno, reported.
 */
#ifndef VMM_BOOT_PAGETABLE_H
#define VMM_BOOT_PAGETABLE_H

#include "vmm/boot/loader.h"

/* Bits of an entry (Intel SDM vol. 3A, tables 4-15 to 4-20). */
#define PAGE_PRESENT  (1ull << 0)
#define PAGE_WRITE    (1ull << 1)
#define PAGE_USER     (1ull << 2)
#define PAGE_ACCESSED (1ull << 5)
#define PAGE_DIRTY    (1ull << 6)
#define PAGE_LARGE    (1ull << 7)

/* Four levels map 48 bits, of which the lower half is reached without sign extension. */
#define PAGETABLE_END (1ull << 47)

/*
 * Put tables that map range[nr] and nothing else into guest memory. Each page is as large as the
 * range allows, at most page (KiB(4), MiB(2) or GiB(1)) bytes. user: ring 3 may use them.
 * *cr3: the top table.
 */
int pagetable_put(struct loader *l, const struct range *range, uint32_t nr, uint64_t page,
	bool user, gpa_t *cr3) must_check;

#endif
