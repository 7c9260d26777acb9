/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs_cache.h - the part of an initramfs that a kernel always gets, kept from one run to the next (cache.h).
 *
 * A kept one is named by what it was made from: the kernel's version, its module index, the needs, and the init.
 *
 * Threads: any, and other processes. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_INITRAMFS_CACHE_H
#define LAUNCHER_INITRAMFS_CACHE_H

#include "launcher/initramfs.h"

/* b is empty. *lacks: what the kernel has not got, as of kernel_needs_look(); then b stays empty. */
int initramfs_cached(struct bytes *b, const struct kernel *k, unsigned needs, const char **lacks) must_check;

#endif
