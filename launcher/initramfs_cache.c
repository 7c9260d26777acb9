/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs_cache.c - see initramfs_cache.h. */
#include "launcher/initramfs_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/cache.h"
#include "launcher/guest_init.h"

#define FORMAT 1u /* of the archive: raise it when what is put there changes */
#define KEPT_MAX MiB(256)

static uint64_t hash_file(uint64_t h, const char *dir, const char *name)
{
	char *path = NULL;
	struct stat st = { 0 };

	if (asprintf(&path, "%s/%s", dir, name) > 0 && stat(path, &st) < 0)
		st = (struct stat){ 0 };
	free(path);
	return cache_hash_file(h, &st);
}

static uint64_t key_of(const struct kernel *k, unsigned needs)
{
	const uint32_t format = FORMAT;
	uint64_t h = cache_hash(CACHE_HASH, &format, sizeof(format));

	h = cache_hash(h, k->modules, strlen(k->modules) + 1);
	h = cache_hash(h, &needs, sizeof(needs));
	h = cache_hash(h, k->config ? k->config : "", k->config ? strlen(k->config) : 0);
	h = hash_file(h, k->modules, "modules.dep.bin");
	h = hash_file(h, k->modules, "modules.builtin.bin");
	h = hash_file(h, k->modules, "modules.softdep");
	return cache_hash(h, guest_init_image, guest_init_size());
}

static bool load(struct bytes *b, const char *path)
{
	struct stat st;
	int fd = cache_open(path, &st);
	char buf[65536];
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (b->size + (size_t)n > KEPT_MAX || bytes_add(b, buf, (size_t)n) != 0) {
			n = -1;
			break;
		}
	close(fd);
	if (n == 0 && b->size)
		return true;
	b->size = 0;
	return false;
}

static void save(const struct bytes *b, const char *path)
{
	struct cache_new c;

	if (cache_new_open(&c, path))
		(void)cache_new_close(&c, cache_new_write(&c, b->data, b->size));
}

int initramfs_cached(struct bytes *b, const struct kernel *k, unsigned needs, const char **lacks)
{
	struct module_files files;
	char *path = cache_path("initramfs-%s-%016" PRIx64 ".cpio", k->version, key_of(k, needs));
	int err;

	*lacks = NULL;
	if (path && load(b, path)) {
		free(path);
		return 0;
	}
	err = kernel_needs_look(k, needs, &files, lacks);
	if (!err && !*lacks)
		err = initramfs_base(b, guest_init_image, guest_init_size(), &files);
	if (!err && !*lacks && path)
		save(b, path);
	module_files_fini(&files);
	free(path);
	return err;
}
