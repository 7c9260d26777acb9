/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - strings and lists of them on the heap, for a program that ends when there is no memory for them.
 *
 * Threads: any. Ownership: results are the caller's. Errors: none returned.
 */
#ifndef BENCHMARKS_BENCH_TEXT_H
#define BENCHMARKS_BENCH_TEXT_H

#include <stdarg.h>

#include "vmm/util.h"

char *text_format(const char *format, ...) printf_like(1, 2);
char *text_formatv(const char *format, va_list args) printf_like(1, 0);

/* A list of strings that ends with NULL: text, which is taken over, goes to its end. list: NULL for none. */
char **text_list_add(char **list, char *text);
/* The words between tabs. */
char **text_words(const char *format, ...) printf_like(1, 2);
void text_list_free(char **list);

/* Room for one more element after nr. */
void *grow(void *array, size_t nr, size_t size);

/* A whole file, without a newline at its end; NULL if it cannot be read. */
char *text_file(const char *path);

/* "1,3" or "0-7" */
struct cpulist;
char *text_cpus(const struct cpulist *cpus);

#endif
