/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - the host's files below a root directory, read and changed; every change passes one place.
 *
 * The root is "/" for this machine. Tests have directories of their own, and a hook that plays the kernel: it may
 * refuse a change before it happens, do afterwards what a kernel would do, and end the process in between.
 *
 * Threads: one at a time. Owns the directory. Paths begin with a slash. Errors: negative errno, not reported.
 */
#ifndef SCHED_TREE_H
#define SCHED_TREE_H

#include "vmm/util.h"

enum tree_op { TREE_WRITE, TREE_MKDIR, TREE_RMDIR, TREE_SAVE };

struct tree_hook {
	int (*before)(void *ctx, enum tree_op op, const char *path, const char *text); /* not 0: it fails so */
	void (*after)(void *ctx, enum tree_op op, const char *path, const char *text);
	void *ctx;
};

struct tree {
	int root;
	const struct tree_hook *hook; /* or NULL */
};

int tree_open(struct tree *t, const char *root) must_check;
void tree_close(struct tree *t);

/* The whole of a small file, to be freed; NULL and *err. */
char *tree_read(const struct tree *t, const char *path, int *err) must_check;

/* In one write(2), as files of the kernel want it. */
int tree_write(const struct tree *t, const char *path, const char *text) must_check;

bool tree_exists(const struct tree *t, const char *path);
bool tree_writable(const struct tree *t, const char *path);
int tree_mkdir(const struct tree *t, const char *path) must_check;
int tree_rmdir(const struct tree *t, const char *path) must_check;

/* Names in a directory, in no order; those of "." and ".." are left out. Stops where fn doesn't return 0. */
int tree_each(const struct tree *t, const char *path, int (*fn)(void *ctx, const char *name), void *ctx) must_check;

/* What hooks are told, for changes that are not made here. */
int tree_before(const struct tree *t, enum tree_op op, const char *path, const char *text) must_check;
void tree_after(const struct tree *t, enum tree_op op, const char *path, const char *text);

#endif
