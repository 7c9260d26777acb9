/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostfs.h - the host's files below a root directory, read and changed; every change passes one place.
 *
 * The root is "/" for this machine. Tests have directories of their own, and a hook that plays the kernel: it may
 * refuse a change before it happens, do afterwards what a kernel would do, and end the process in between.
 *
 * Threads: one at a time. Owns the directory. Paths begin with a slash. Errors: negative errno, not reported.
 */
#ifndef SCHED_HOSTFS_H
#define SCHED_HOSTFS_H

#include "vmm/util.h"

enum hostfs_op { HOSTFS_WRITE, HOSTFS_MKDIR, HOSTFS_RMDIR, HOSTFS_SAVE };

struct hostfs_hook {
	int (*before)(void *ctx, enum hostfs_op op, const char *path, const char *text); /* not 0: it fails so */
	void (*after)(void *ctx, enum hostfs_op op, const char *path, const char *text);
	void *ctx;
};

struct hostfs {
	int root;
	const struct hostfs_hook *hook; /* or NULL */
};

int hostfs_open(struct hostfs *t, const char *root) must_check;
void hostfs_close(struct hostfs *t);

/* The whole of a small file, to be freed; NULL and *err. */
char *hostfs_read(const struct hostfs *t, const char *path, int *err) must_check;

/* In one write(2), as files of the kernel want it. */
int hostfs_write(const struct hostfs *t, const char *path, const char *text) must_check;

bool hostfs_exists(const struct hostfs *t, const char *path);
bool hostfs_writable(const struct hostfs *t, const char *path);
int hostfs_mkdir(const struct hostfs *t, const char *path) must_check;
int hostfs_rmdir(const struct hostfs *t, const char *path) must_check;

/* Names in a directory, in no order; those of "." and ".." are left out. Stops where fn doesn't return 0. */
int hostfs_each(const struct hostfs *t, const char *path, int (*fn)(void *ctx, const char *name), void *ctx) must_check;

/* What hooks are told, for changes that are not made here. */
int hostfs_before(const struct hostfs *t, enum hostfs_op op, const char *path, const char *text) must_check;
void hostfs_after(const struct hostfs *t, enum hostfs_op op, const char *path, const char *text);

#endif
