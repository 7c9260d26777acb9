/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_needs.h - what a guest's kernel has to have for the machine that is asked for, and which of it a
 * kernel has built in, as a module, or not at all.
 *
 * Threads: any. Ownership: as said. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_KERNEL_NEEDS_H
#define LAUNCHER_KERNEL_NEEDS_H

#include "launcher/kernel_list.h"

/* For what: a set. */
enum {
	NEEDS_VIRTIOFS = 1u << 0,
	NEEDS_OVERLAY = 1u << 1,
	NEEDS_DISK = 1u << 2,
	NEEDS_DISK_ROOT = 1u << 3,
	NEEDS_VSOCK = 1u << 4,
	NEEDS_SERIAL_CONSOLE = 1u << 5,
	NEEDS_VIRTIO_CONSOLE = 1u << 6,
	NEEDS_ALWAYS = 1u << 31,
};

struct kernel_need {
	unsigned when;	    /* one of the set is enough */
	const char *config; /* CONFIG_... without the prefix */
	const char *module; /* NULL: it can't be one */
	bool wanted_only;   /* good to have, and nothing is wrong without it */
};

extern const struct kernel_need kernel_needs[];
extern const uint32_t kernel_needs_nr;

/* Files to load, in order; each once. */
struct module_files {
	uint32_t nr;
	char **path;
};

/* What k lacks: a static word such as "VIRTIO_FS"; NULL: nothing. files may be filled in part. */
int kernel_needs_look(const struct kernel *k, unsigned for_what, struct module_files *files,
	const char **lacks) must_check;

void module_files_fini(struct module_files *files);

/* Does the text of a configuration say NAME=y? *m: it says NAME=m. */
bool kernel_config_has(const char *config, const char *name, bool *m);

#endif
