/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_unpack.c - libarchive takes the bzImage's payload apart, whatever compressor it is of. */
#include "launcher/kernel_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher/cache.h"
#include "launcher/image.h"
#include "vmm/boot/elf.h"
#include "vmm/boot/linux.h"
#include "vmm/boot/pvh.h"
#include "vmm/log.h"

#define PREFIX	   "kernel-"
#define KEPT_NR	   4
#define KERNEL_MAX MiB(512) /* of an unpacked kernel; Debian's are about 60 MiB */

/* Its name in the cache: kept as long as the file is the same one. NULL: there is no cache for it. */
static char *place(const struct blob *kernel, bool remote)
{
	struct stat st;
	uint64_t h;
	char *path;

	if (stat(kernel->name, &st) < 0)
		return NULL;
	h = cache_hash_file(cache_hash(CACHE_HASH, &st.st_dev, sizeof(st.st_dev)), &st);
	h = cache_hash(h, kernel->data, min(kernel->size, BLOB_HEAD));
	path = cache_path(PREFIX "%016" PRIx64, h);
	if (path && !remote && cache_is_remote(path)) {
		log_debug("%s: is not unpacked, as the cache is on a network's file system", kernel->name);
		free(path);
		path = NULL;
	}
	return path;
}

/* The stream to a file; it has to be as long as was said. */
static bool stream_keep(struct archive *in, const struct cache_new *to, uint64_t size)
{
	static char buf[KiB(256)];
	uint64_t done = 0;
	la_ssize_t n;

	while ((n = archive_read_data(in, buf, sizeof(buf))) > 0) {
		done += (uint64_t)n;
		if (done > size || !cache_new_write(to, buf, (size_t)n))
			return false;
	}
	return n == 0 && done == size;
}

static bool payload_keep(const struct blob *kernel, const struct linux_payload *p, const char *path)
{
	struct archive *in = archive_read_new();
	struct archive_entry *e;
	struct cache_new to;
	bool good = false;

	if (!in)
		return false;
	if (cache_new_open(&to, path)) {
		archive_read_support_filter_all(in);
		archive_read_support_format_raw(in);
		good = archive_read_open_memory(in, kernel->data + p->at, p->size) == ARCHIVE_OK &&
		       archive_read_next_header(in, &e) == ARCHIVE_OK && stream_keep(in, &to, p->unpacked);
		good = cache_new_close(&to, good);
	}
	archive_read_free(in);
	return good;
}

/* Is there a whole one? */
static bool is_kept(const char *path, const struct linux_payload *p)
{
	struct stat st;
	int fd = cache_open(path, &st);
	bool whole = fd >= 0 && (uint64_t)st.st_size == p->unpacked;

	if (whole)
		cache_used(fd);
	if (fd >= 0)
		close(fd);
	return whole;
}

/* Does it start by PVH? A kernel without that entry is as good as a bzImage. */
static bool is_pvh(const struct blob *b)
{
	struct elf elf;
	uint64_t size;

	return elf_is(b) && elf_open(&elf, b) == 0 && elf_note(&elf, PVH_NOTE_OWNER, PVH_NOTE_ENTRY, &size) != NULL;
}

static bool kept_take(struct blob *kernel, const char *path)
{
	struct blob unpacked;

	if (image_open(&unpacked, "unpacked kernel", path) != 0)
		return false;
	unpacked.name = kernel->name;
	if (!is_pvh(&unpacked)) {
		image_free(&unpacked);
		return false;
	}
	image_free(kernel);
	*kernel = unpacked;
	return true;
}

bool kernel_unpack(struct blob *kernel, bool remote)
{
	struct linux_payload p;
	char *path = NULL;
	bool good = false;

	if (linux_payload_find(kernel, &p) && p.unpacked <= KERNEL_MAX)
		path = place(kernel, remote);
	if (path && !is_kept(path, &p) && blob_show(kernel, p.at, p.size) == 0 && payload_keep(kernel, &p, path))
		cache_trim(PREFIX, KEPT_NR);
	if (path && is_kept(path, &p))
		good = kept_take(kernel, path);
	if (!good)
		log_debug("%s: starts as it is, not unpacked", kernel->name);
	free(path);
	return good;
}
