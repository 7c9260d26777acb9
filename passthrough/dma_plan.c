/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dma_plan.c - ranges against ranges, and the kernel's arithmetic of locked memory (vfio_iommu_type1's). */
#include "passthrough/dma_plan.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

int dma_ranges_check(const struct ram_layout *ram, const struct range *valid, uint32_t nr, char *why, size_t size)
{
	for (uint32_t i = 0; i < ram->nr && nr; i++) {
		struct range r = ram->ram[i].gpa;
		bool held = false;

		for (uint32_t k = 0; k < nr; k++)
			held |= range_holds(valid[k], r.base, r.size);
		if (held)
			continue;
		snprintf(why, size,
			"guest memory at %#llx to %#llx cannot be reached by devices: this host's IOMMU reserves some of it; "
			"give the guest less memory",
			(unsigned long long)r.base, (unsigned long long)(r.base + r.size - 1));
		return -ERANGE;
	}
	return 0;
}

uint64_t dma_chunk(struct range r, gpa_t at)
{
	uint64_t left = r.base + r.size - at;

	return min(left, DMA_CHUNK - at % DMA_CHUNK);
}

/* A line "Key:  12 kB" or "Key: hex" of /proc/self/status. */
static uint64_t status_number(const char *format)
{
	unsigned long long v = 0;
	char line[256];
	FILE *in = fopen("/proc/self/status", "re");

	while (in && fgets(line, sizeof(line), in) && sscanf(line, format, &v) != 1)
		;
	if (in)
		fclose(in);
	return v;
}

void memlock_read(struct memlock *m)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)getrlimit(RLIMIT_MEMLOCK, &limit); /* known, so it does not fail */
	m->limit = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	m->locked = status_number("VmLck: %llu") << 10;
	m->privileged = status_number("CapEff: %llx") >> 14 & 1; /* CAP_IPC_LOCK */
}

int memlock_check(const struct memlock *m, uint64_t bytes, char *why, size_t size)
{
	if (m->privileged || m->limit == UINT64_MAX || (bytes <= m->limit && m->locked <= m->limit - bytes))
		return 0;
	snprintf(why, size,
		"devices need all %llu KiB of guest memory locked, and the limit is %llu KiB, of which %llu are in use: "
		"ulimit -l %llu, or memlock in /etc/security/limits.conf",
		(unsigned long long)(bytes >> 10), (unsigned long long)(m->limit >> 10),
		(unsigned long long)(m->locked >> 10), (unsigned long long)((bytes + m->locked + 1023) >> 10));
	return -ENOMEM;
}
