/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_output.c - what a benchmark program prints, which may come from a guest, is anything. */
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/output.h"
#include "tests/fuzz/fuzz.h"

static int line_take(void *ctx, const char *name, const double *values, size_t nr)
{
	double *sum = ctx;

	*sum += (double)strlen(name);
	for (size_t i = 0; i < nr; i++)
		*sum += values[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), why[OUTPUT_WHY];
	double sum = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (output_parse(text, line_take, &sum, why) != 0 && strlen(why) >= OUTPUT_WHY)
		abort();
	free(text);
	return 0;
}
