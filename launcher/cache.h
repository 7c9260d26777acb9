/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cache.h - files that are kept from one run to the next in ${XDG_CACHE_HOME:-~/.cache}/thole.
 *
 * A kept file is named by a hash of what it was made from. Writing is whole or not at all; a cache that can't be
 * read or written costs time and nothing else.
 *
 * Threads: any, and other processes. Ownership: as said.
 */
#ifndef LAUNCHER_CACHE_H
#define LAUNCHER_CACHE_H

#include <sys/stat.h>

#include "vmm/util.h"

/* FNV-1a, 64 bits: begin with CACHE_HASH and add. */
#define CACHE_HASH 0xcbf29ce484222325ull
uint64_t cache_hash(uint64_t h, const void *data, size_t size);
/* Which file it is, how large, and when it was last written, not what is in it; st of zeroes: there is none. */
uint64_t cache_hash_file(uint64_t h, const struct stat *st);

/* The path of the file of that name, its directory made if need be; NULL: there can be none. To be freed. */
char *cache_path(const char *format, ...) printf_like(1, 2);

/* Open one to read, with what fstat(2) says of it; -1: it is not there, or is not this user's own regular file. */
int cache_open(const char *path, struct stat *st);

/* Is that path on a file system of the network, whose speed nobody here knows? */
bool cache_is_remote(const char *path);

/* A file in the making, beside its place. */
struct cache_new {
	const char *path; /* borrowed */
	char *beside;
	int fd;
};

/* False: it can't be made, and c is empty. */
bool cache_new_open(struct cache_new *c, const char *path);
bool cache_new_write(const struct cache_new *c, const void *data, size_t size);
/* Put it at its place, if it is good, else remove it; true: it is there. c is empty after. */
bool cache_new_close(struct cache_new *c, bool good);

/* Of the files whose names begin with prefix, leave the nr that were used last (by their modification time, which
 * cache_used() sets). */
void cache_trim(const char *prefix, size_t nr);
void cache_used(int fd);

#endif
