/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs.h - cpio archives ("newc") for a guest's kernel, made in memory.
 *
 * Kernels take several, one after the other: here one that is the same for every run with a kernel (init
 * and modules, which can be kept), and one for this run (what to mount, the agent).
 *
 * Threads: any. Ownership: as said. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_INITRAMFS_H
#define LAUNCHER_INITRAMFS_H

#include <stddef.h>

#include "launcher/kernel_needs.h"

struct bytes {
	uint8_t *data;
	size_t size, room;
};

void bytes_fini(struct bytes *b);
int bytes_add(struct bytes *b, const void *data, size_t size) must_check;

/* A file for an archive. */
struct initramfs_file {
	const char *name; /* without a slash before it */
	const void *data;
	size_t size;
	unsigned mode; /* permissions */
};

/* The part that can be kept: directories, /dev/console, /init, and modules, decompressed. */
int initramfs_base(struct bytes *b, const void *init, size_t init_size, const struct module_files *modules) must_check;

/* An archive of files, appended. */
int initramfs_append(struct bytes *b, const struct initramfs_file *files, size_t nr) must_check;

#endif
