/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_list.h - the kernels that are installed here, newest first.
 *
 * Debian, Ubuntu, SUSE: /boot/vmlinuz-VERSION. RHEL, Fedora: that, and /lib/modules/VERSION/vmlinuz.
 *
 * Threads: any. Ownership: the list owns its strings. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_KERNEL_LIST_H
#define LAUNCHER_KERNEL_LIST_H

#include "vmm/util.h"

struct kernel {
	char *version; /* 6.12.9-amd64 */
	char *image;
	char *modules; /* directory; it need not be there */
	char *config;  /* text of its configuration; NULL: it is not told */
};

struct kernel_list {
	uint32_t nr;
	struct kernel *at;
};

/* root: "" for this host's, or a directory that stands for /. */
int kernel_list_make(struct kernel_list *l, const char *root) must_check;
void kernel_list_fini(struct kernel_list *l);

/* By age: < 0 if a is older than b. Numbers in versions count as numbers, and -rc is before no -rc. */
int kernel_version_compare(const char *a, const char *b);

#endif
