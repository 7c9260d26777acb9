/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs_cache.c - see initramfs_cache.h. */
#include "launcher/initramfs_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/guest_init.h"
#include "vmm/log.h"

#define FORMAT 1u /* of the archive: raise it when what is put there changes */
#define KEPT_MAX MiB(256)

/* FNV-1a, 64 bits. */
static uint64_t hash_add(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static uint64_t hash_file(uint64_t h, const char *dir, const char *name)
{
	char *path = NULL;
	struct stat st = { 0 };

	if (asprintf(&path, "%s/%s", dir, name) > 0 && stat(path, &st) < 0)
		st = (struct stat){ 0 };
	free(path);
	h = hash_add(h, &st.st_ino, sizeof(st.st_ino));
	h = hash_add(h, &st.st_size, sizeof(st.st_size));
	return hash_add(h, &st.st_mtim, sizeof(st.st_mtim));
}

static uint64_t key_of(const struct kernel *k, unsigned needs)
{
	const uint32_t format = FORMAT;
	uint64_t h = hash_add(0xcbf29ce484222325ull, &format, sizeof(format));

	h = hash_add(h, k->modules, strlen(k->modules) + 1);
	h = hash_add(h, &needs, sizeof(needs));
	h = hash_add(h, k->config ? k->config : "", k->config ? strlen(k->config) : 0);
	h = hash_file(h, k->modules, "modules.dep.bin");
	h = hash_file(h, k->modules, "modules.builtin.bin");
	h = hash_file(h, k->modules, "modules.softdep");
	return hash_add(h, guest_init_image, guest_init_size());
}

/* The cache's directory, made if need be; NULL: there can be none. To be freed. */
static char *directory(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n;

	if (cache && *cache == '/')
		n = asprintf(&path, "%s/thole", cache);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.cache/thole", home);
	else
		return NULL;
	if (n < 0)
		return NULL;
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		(void)mkdir(path, 0700);
	}
	(void)mkdir(path, 0700);
	return path;
}

static bool load(struct bytes *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	struct stat st;
	ssize_t n = -1;

	/* Another user's file is not trusted to be a guest's first program. */
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && S_ISREG(st.st_mode))
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			if (b->size + (size_t)n > KEPT_MAX || bytes_add(b, buf, (size_t)n) != 0) {
				n = -1;
				break;
			}
	if (fd >= 0)
		close(fd);
	if (n == 0 && b->size)
		return true;
	b->size = 0;
	return false;
}

static bool write_whole(int fd, const struct bytes *b)
{
	size_t done = 0;

	while (done < b->size) {
		ssize_t n = write(fd, b->data + done, b->size - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

static void save(const struct bytes *b, const char *path)
{
	char *beside = NULL;
	int fd;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return;
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		log_debug("initramfs: cannot be kept at %s: %m", path);
	} else {
		bool ok = write_whole(fd, b);

		if (close(fd) < 0 || !ok || rename(beside, path) < 0) {
			log_debug("initramfs: cannot be kept at %s: %m", path);
			unlink(beside);
		}
	}
	free(beside);
}

int initramfs_cached(struct bytes *b, const struct kernel *k, unsigned needs, const char **lacks)
{
	struct module_files files;
	char *dir = directory(), *path = NULL;
	int err;

	*lacks = NULL;
	if (dir && asprintf(&path, "%s/initramfs-%s-%016" PRIx64 ".cpio", dir, k->version, key_of(k, needs)) < 0)
		path = NULL;
	free(dir);
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
