/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - KVM's binary statistics, found by their descriptors' names.
 *
 * Follows api.rst, 4.135 (KVM_GET_STATS_FD): a header, an id, descriptors, and a block of numbers.
 * The set differs from kernel to kernel, so nothing is assumed but the format.
 *
 * Threads: a struct stats from one thread; others may have their own. Owns: the descriptor and the
 * block read at open. Errors: -ENOTSUP where the kernel has none, -EPROTO for a block that does not
 * hold together, -EIO.
 */
#ifndef VMM_STATS_H
#define VMM_STATS_H

#include <linux/kvm.h>

#include "vmm/util.h"

struct stats {
	int fd;
	uint32_t name_bytes;
	uint32_t nr;
	uint32_t data_offset; /* in the file */
	uint32_t data_bytes;
	uint8_t *descs; /* nr descriptors of desc_bytes each */
	uint32_t desc_bytes;
	uint64_t *data; /* as of the last stats_read() */
};

/* One statistic: count values, 1 for a plain counter, more for a histogram. */
struct stats_value {
	const char *name;
	uint32_t flags; /* KVM_STATS_TYPE_…, KVM_STATS_UNIT_…, exponent of the unit: low bits */
	int16_t exponent;
	uint32_t count;
	uint32_t bucket_size; /* of a linear histogram */
	const uint64_t *values;
};

/* Open the statistics of a VM or a vCPU. */
int stats_open(struct stats *s, int kvm_fd) must_check;

/* The same from a descriptor in the format (a recorded file); takes it over. */
int stats_open_fd(struct stats *s, int fd) must_check;

void stats_close(struct stats *s);

/* Take a fresh reading of all numbers. */
int stats_read(struct stats *s) must_check;

/* Statistic i of s->nr; valid until stats_read() or stats_close(). */
struct stats_value stats_at(const struct stats *s, uint32_t i);

/* Value of a plain counter by name; false if there is none. */
bool stats_find(const struct stats *s, const char *name, uint64_t *value);

#endif
