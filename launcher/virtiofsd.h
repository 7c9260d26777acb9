/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtiofsd.h - find virtiofsd and start it for a directory.
 *
 * There are two programs of that name: QEMU's in C (up to 7.2, Debian 12) and the one in Rust (Debian 13,
 * RHEL 9), which take different words for the same. It runs as thole's caller and never with more rights.
 * A read-only share is read-only on the host's side, by a mount namespace or by virtiofsd.
 *
 * Threads: main. Errors: negative errno, reported, with the package to install.
 */
#ifndef LAUNCHER_VIRTIOFSD_H
#define LAUNCHER_VIRTIOFSD_H

#include <limits.h>

#include "launcher/backend.h"

struct virtiofsd {
	char path[PATH_MAX];
	bool rust;
	bool root; /* thole's caller is root, and may give namespaces */
};

struct virtiofsd_share {
	const char *name; /* for messages */
	const char *path; /* absolute, a directory */
	bool ro;
	bool still; /* nobody changes it meanwhile, so the guest may keep what it has read */
};

/* wanted: the program to use; NULL: the first that is there. */
int virtiofsd_find(struct virtiofsd *v, const char *wanted) must_check;

int virtiofsd_start(const struct virtiofsd *v, const struct virtiofsd_share *s, struct backend *b) must_check;

#endif
