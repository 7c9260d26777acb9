/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - fuzz: statistics in KVM's format. What is accepted can be read to its last number. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "vmm/stats.h"

static uint64_t values_sum(const struct stats *s)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->nr; i++) {
		struct stats_value one = stats_at(s, i);

		sum += strlen(one.name);
		for (uint32_t k = 0; k < one.count; k++)
			sum += one.values[k];
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("stats", MFD_CLOEXEC);
	struct stats s;
	uint64_t sum, value;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (stats_open_fd(&s, fd) != 0)
		return 0;
	sum = values_sum(&s);
	if (stats_read(&s) != 0 || values_sum(&s) != sum)
		abort();
	for (uint32_t i = 0; i < s.nr; i++) {
		struct stats_value one = stats_at(&s, i);

		if (one.count == 1 && !stats_find(&s, one.name, &value))
			abort();
	}
	stats_close(&s);
	return 0;
}
