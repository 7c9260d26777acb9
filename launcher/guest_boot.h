/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_boot.h - kernel=auto: which kernel, its initramfs, and its command line.
 *
 *   needs of the machine -> installed kernels, newest first -> the first that has all of it
 *   -> initramfs: { init, modules } from the cache or made + { what to mount, the agent } of this run
 *
 * Threads: any. Ownership: owns what it makes. Errors: negative errno, reported, with what to install.
 */
#ifndef LAUNCHER_GUEST_BOOT_H
#define LAUNCHER_GUEST_BOOT_H

#include "launcher/guest_shares.h"
#include "launcher/initramfs.h"

struct guest_boot {
	char *kernel;
	char *version;
	char *cmdline;
	struct bytes initrd;
};

bool guest_boot_wanted(const struct run_config *c);

/* root: "" for this host's kernels, or a directory that stands for /. */
int guest_boot_make(struct guest_boot *b, const struct run_config *c, const struct guest_shares *shares,
	const char *root) must_check;

void guest_boot_fini(struct guest_boot *b);

/* What the machine needs of a kernel: a set of NEEDS_... */
unsigned guest_boot_needs(const struct run_config *c, const struct guest_shares *shares);

/* The text of /thole/config (guest/guest.h), to be freed; NULL: out of memory. */
char *guest_boot_config(const struct run_config *c, const struct guest_shares *shares);

#endif
