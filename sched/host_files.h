/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_files.h - files below a root directory, as facts. For host_facts*.c.
 *
 * Threads: any, one at a time for each struct. Ownership: facts are the caller's. Errors: what can't be
 * read is FACT_UNKNOWN; only a lack of memory or of zlib is an error, and is kept until the end.
 */
#ifndef SCHED_HOST_FILES_H
#define SCHED_HOST_FILES_H

#include <dirent.h>

#include "sched/host_facts.h"

struct host_files {
	int root; /* directory */
	bool live; /* this machine */
	bool has_proc, has_sys; /* else what is missing there is unknown rather than absent */
	int err;  /* -ENOMEM once memory was short, -ELIBACC without zlib */
};

/* -errno */
int host_files_open(struct host_files *h, const char *root) must_check;
void host_files_close(struct host_files *h);

/* The whole file, uncompressed if it was compressed by gzip. */
struct fact host_files_text(struct host_files *h, const char *fmt, ...) printf_like(2, 3);

/* Is it there, and may it be used in that way (access(2)'s F_OK, R_OK, W_OK)? "", absent or unknown. */
struct fact host_files_access(struct host_files *h, int mode, const char *fmt, ...) printf_like(3, 4);

/* Call fn for each name in the directory that begins so, in any order. False if it can't be read. */
typedef void host_files_fn(struct host_files *h, const char *name, struct host_facts *f);
bool host_files_each(struct host_files *h, const char *directory, const char *begin, host_files_fn *fn,
	struct host_facts *f);

/* Room for one more in the array of nr elements. The new one is zeroed. NULL: h->err says so. */
void *host_files_grow(struct host_files *h, void *array, uint32_t *nr, size_t size);

#endif
