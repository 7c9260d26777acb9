/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.c - main() of a fuzz target in `make check`: every file of its corpus once, as TAP. Needs
 * no fuzzer, so that gcc builds and sanitizer builds run it too. A broken rule aborts, which the
 * harness reports as a failure.
 *
 * usage: NAME [DIRECTORY]     default: tests/fuzz/corpus/NAME
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1u << 20)

static int file_replay(const char *directory, const char *name)
{
	char path[4096 + NAME_MAX + 2];
	size_t size;
	void *data;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "rb");
	data = malloc(INPUT_MAX);
	if (!f || !data) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	size = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	/* An exact allocation, so that a sanitizer sees a read past the end. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	char directory[4096];
	struct dirent **entry;
	int n, tests = 0, failed = 0;

	snprintf(directory, sizeof(directory), "tests/fuzz/corpus/%s", basename(argv[0]));
	if (argc > 1)
		snprintf(directory, sizeof(directory), "%s", argv[1]);
	n = scandir(directory, &entry, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "%s: %s; run it in the source folder\n", directory,
			strerror(errno));
		return 1;
	}
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;

		if (name[0] != '.') {
			int bad = file_replay(directory, name);

			printf("%sok %d - %s\n", bad ? "not " : "", ++tests, name);
			fflush(stdout);
			failed |= bad;
		}
		free(entry[i]);
	}
	free(entry);
	printf("1..%d\n", tests);
	return failed;
}
