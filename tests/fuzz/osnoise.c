/* SPDX-License-Identifier: GPL-2.0-or-later */
/* osnoise.c - the tracer's lines, in which names are what any user's threads choose. */
#include <stdlib.h>
#include <string.h>

#include "sched/osnoise.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static hcpu_t some[] = { { 1 }, { 3 } };
	const struct cpulist cpus = { 2, some };
	struct culprits c = { 0 };
	char *text = malloc(size + 1); /* of its size, so that a byte beyond it is found */
	uint64_t lost = 0;
	uint32_t row[4];
	size_t used = 0;

	if (text && size)
		memcpy(text, data, size);
	if (text && cpulist_copy(&c.cpus, &cpus) == 0 && osnoise_lines(&c, text, size, &used, &lost) == 0) {
		/* All whole lines are taken, and nothing else is. */
		if (used > size || (used && text[used - 1] != '\n') || memchr(text + used, '\n', size - used))
			abort();
		for (uint32_t i = 0; i < c.nr; i++)
			if (memchr(c.at[i].name, 0, CULPRIT_NAME) == NULL || (c.at[i].count[0] == 0 && c.at[i].count[1] == 0))
				abort();
		culprits_top(&c, 1, row, 4);
	}
	culprits_fini(&c);
	free(text);
	return 0;
}
