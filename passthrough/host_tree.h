/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_tree.h - files below a root: "/" of this machine, or a recorded tree in tests.
 *
 * Paths are relative to the root and made like printf's. What is not there reads as empty.
 *
 * Threads: any; nothing is kept. Errors: negative errno where one is returned; nothing is reported.
 */
#ifndef PASSTHROUGH_HOST_TREE_H
#define PASSTHROUGH_HOST_TREE_H

#include <stdio.h>

#include "vmm/util.h"

struct host_tree {
	const char *root; /* "" for this machine */
	/* Writes go here, so that tests can be the kernel; NULL: the file is written to. 0 or -errno. */
	int (*write)(void *ctx, const char *path, const char *text);
	void *ctx;
};

/* The first line, without its end; "" when there is none. Returns buf. */
const char *tree_line(const struct host_tree *t, char *buf, size_t size, const char *path, ...) printf_like(4, 5);

/* A number, decimal or hexadecimal with 0x; other when there is none. */
int64_t tree_number(const struct host_tree *t, int64_t other, const char *path, ...) printf_like(3, 4);

/* Last part of where a symbolic link leads; "" when there is none. Returns buf. */
const char *tree_link(const struct host_tree *t, char *buf, size_t size, const char *path, ...) printf_like(4, 5);

/* All of where it leads; "" when there is none. Returns buf. */
const char *tree_target(const struct host_tree *t, char *buf, size_t size, const char *path, ...) printf_like(4, 5);

bool tree_has(const struct host_tree *t, const char *path, ...) printf_like(2, 3);

/* NULL when it is not there. */
FILE *tree_open(const struct host_tree *t, const char *path, ...) printf_like(2, 3);

/* Call fn with each name in a directory, sorted, without . and .. ; false from fn ends it. */
void tree_names(const struct host_tree *t, const char *path, bool (*fn)(void *ctx, const char *name), void *ctx);

/* Write to a file that is there. 0 or -errno. */
int tree_write(const struct host_tree *t, const char *text, const char *path, ...) printf_like(3, 4) must_check;

#endif
