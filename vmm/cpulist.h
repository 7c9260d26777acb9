/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpulist.h - sets of host CPUs as people and the kernel write them: "0-7,16-23".
 *
 * The kernel's list format (Documentation/admin-guide/kernel-parameters.rst, "cpu lists"), without
 * the group notation. A set: order in the text doesn't matter, the array is ascending.
 *
 * Pure values; any thread. The array belongs to the list; cpulist_fini() frees it. Errors: negative
 * errno, with a reason in words for the caller, who knows where the text came from, to report.
 */
#ifndef VMM_CPULIST_H
#define VMM_CPULIST_H

#include "vmm/types.h"
#include "vmm/util.h"

#define CPULIST_MAX 8192 /* one past the largest CPU number; the kernel's own NR_CPUS limit */

struct cpulist {
	uint32_t nr;
	hcpu_t *cpu; /* [nr], ascending, no duplicates; NULL if empty */
};

/*
 * Parse text; an empty text (or only a newline, as /sys gives) is the empty set. *why (may be NULL)
 * is set on failure to a static phrase such as "a range runs backwards", and *at (may be NULL) to
 * the byte of text where the element that is wrong starts.
 * Returns 0, -EINVAL (not a list, a CPU twice), -ERANGE (a number of CPULIST_MAX or more), -ENOMEM.
 * On failure the list is empty.
 */
int cpulist_parse(struct cpulist *l, const char *text, const char **why, size_t *at) must_check;

/* As snprintf(): the length of the whole text, of which size - 1 bytes at most are in buf. */
size_t cpulist_format(const struct cpulist *l, char *buf, size_t size);

/* 0 or -ENOMEM; to needs no init. */
int cpulist_copy(struct cpulist *to, const struct cpulist *from) must_check;

bool cpulist_has(const struct cpulist *l, hcpu_t cpu);

bool cpulist_equal(const struct cpulist *a, const struct cpulist *b);

/* Also of a list that is all zeroes; leaves it empty. */
void cpulist_fini(struct cpulist *l);

#endif
