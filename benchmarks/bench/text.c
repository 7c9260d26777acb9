/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - see text.h. */
#include "benchmarks/bench/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cpulist.h"

static noreturn_fn void no_memory(void)
{
	fputs("thole bench: out of memory\n", stderr);
	exit(125);
}

char *text_formatv(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		no_memory();
	return text;
}

char *text_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_formatv(format, args);
	va_end(args);
	return text;
}

void *grow(void *array, size_t nr, size_t size)
{
	/* In powers of two: 0 -> 1, 1 -> 2, 2 -> 4, 4 -> 8 */
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array)
		no_memory();
	return array;
}

char **text_list_add(char **list, char *text)
{
	size_t n = 0;
	char **longer;

	while (list && list[n])
		n++;
	longer = realloc(list, (n + 2) * sizeof(*list));
	if (!longer)
		no_memory();
	longer[n] = text;
	longer[n + 1] = NULL;
	return longer;
}

char **text_words(const char *format, ...)
{
	char *text, *rest, *word, **list = NULL;
	va_list args;

	va_start(args, format);
	text = rest = text_formatv(format, args);
	va_end(args);
	while ((word = strsep(&rest, "\t")) != NULL)
		list = text_list_add(list, text_format("%s", word));
	free(text);
	return list;
}

void text_list_free(char **list)
{
	for (char **at = list; at && *at; at++)
		free(*at);
	free(list);
}

char *text_file(const char *path)
{
	FILE *in = fopen(path, "re"), *out;
	char *text = NULL, part[4096];
	size_t size = 0, n;

	if (!in)
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		no_memory();
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		fwrite(part, 1, n, out);
	if (fclose(out) != 0)
		no_memory();
	fclose(in);
	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	return text;
}

char *text_cpus(const struct cpulist *cpus)
{
	size_t size = cpulist_format(cpus, NULL, 0) + 1;
	char *text = malloc(size);

	if (!text)
		no_memory();
	cpulist_format(cpus, text, size);
	return text;
}
