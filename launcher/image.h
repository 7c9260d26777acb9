/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - a file's content as a blob.
 *
 * It is read, not mapped: a file that somebody truncates while we look at it would kill a reader of
 * its mapping.
 *
 * Threads: any. Ownership: the others allocate, image_free() releases; the name is borrowed.
 * Errors: negative errno, reported with the file's name.
 */
#ifndef LAUNCHER_IMAGE_H
#define LAUNCHER_IMAGE_H

#include "vmm/boot/boot.h"

/* All of it. what: "kernel", "initrd", …, for the report. An empty file is an error. */
int image_load(struct blob *b, const char *what, const char *path) must_check;
/* Its head; the rest when a loader asks, or straight to the guest (see struct blob_source). The file stays open. */
int image_open(struct blob *b, const char *what, const char *path) must_check;
/* The same as image_load() for bytes that are in memory already; they are copied. name outlives the blob. */
int image_copy(struct blob *b, const char *what, const char *name, const void *data, uint64_t size) must_check;

void image_free(struct blob *b);

#endif
