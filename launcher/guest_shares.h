/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_shares.h - which directories a guest gets and where: those that are asked for by name, and those
 * that follow from its root.
 *
 *   root=host  /            read-only, below an overlay in the guest's memory
 *              cwd, home    read-write at the same place, or what writable says instead
 *   root=DIR   DIR          read-only, below an overlay
 *   share=     as it says
 *
 * Threads: any. Ownership: the list owns its strings. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_GUEST_SHARES_H
#define LAUNCHER_GUEST_SHARES_H

#include "launcher/config.h"

#define GUEST_ROOT_TAG "thole.root"

struct guest_share {
	char *tag;
	char *path; /* real path on the host, a directory */
	char *at;   /* where the guest's init mounts it; NULL: it doesn't */
	bool ro;
	bool still; /* as in struct virtiofsd_share */
};

struct guest_shares {
	uint32_t nr;
	struct guest_share *at; /* what is to be mounted comes in an order in which it can be */
};

enum guest_root { GUEST_ROOT_NONE, GUEST_ROOT_HOST, GUEST_ROOT_DIRECTORY, GUEST_ROOT_DISK };

enum guest_root guest_root_of(const struct run_config *c);

int guest_shares_make(struct guest_shares *l, const struct run_config *c) must_check;
void guest_shares_fini(struct guest_shares *l);

#endif
