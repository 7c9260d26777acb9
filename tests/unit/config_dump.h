/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_dump.h - read a recorded configuration space: tests/data/pci-config/NAME.txt. */
#ifndef TESTS_UNIT_CONFIG_DUMP_H
#define TESTS_UNIT_CONFIG_DUMP_H

#include <stdlib.h>
#include <string.h>

#include "passthrough/config_space.h"
#include "tests/unit/unit.h"

#define CONFIG_DUMPS "tests/data/pci-config/"

/* bytes[PCI_CFG_BYTES] and sizes[PCI_BARS]; returns the space's size. */
static inline uint32_t config_dump_read(const char *name, uint8_t *bytes, uint64_t *sizes)
{
	char path[128], line[256];
	uint32_t size = 0;
	unsigned n, at;
	unsigned long long v;
	FILE *in;

	snprintf(path, sizeof(path), CONFIG_DUMPS "%s.txt", name);
	in = fopen(path, "re");
	assert_non_null(in);
	memset(bytes, 0, PCI_CFG_BYTES);
	memset(sizes, 0, PCI_BARS * sizeof(*sizes));
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "bar %u %llx", &n, &v) == 2)
			sizes[n] = v;
		else if (sscanf(line, "size %u", &size) != 1 && line[0] != '#' && sscanf(line, "%3x:", &at) == 1)
			for (char *p = strchr(line, ':') + 1; *p == ' '; p += 3)
				bytes[at++] = (uint8_t)strtoul(p, NULL, 16);
	}
	fclose(in);
	return size;
}

#endif
