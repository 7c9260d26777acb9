/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache.c - see cache.h. */
#include "launcher/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/log.h"

uint64_t cache_hash(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

uint64_t cache_hash_file(uint64_t h, const struct stat *st)
{
	h = cache_hash(h, &st->st_ino, sizeof(st->st_ino));
	h = cache_hash(h, &st->st_size, sizeof(st->st_size));
	return cache_hash(h, &st->st_mtim, sizeof(st->st_mtim));
}

/* Its directory; NULL: there can be none. To be freed. */
static char *directory(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n = -1;

	if (cache && *cache == '/')
		n = asprintf(&path, "%s/thole", cache);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.cache/thole", home);
	return n < 0 ? NULL : path;
}

static void directory_make(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		(void)mkdir(path, 0700);
	}
	(void)mkdir(path, 0700);
}

char *cache_path(const char *format, ...)
{
	char *dir = directory(), *name = NULL, *path = NULL;
	va_list args;

	if (!dir)
		return NULL;
	directory_make(dir);
	va_start(args, format);
	if (vasprintf(&name, format, args) < 0)
		name = NULL;
	va_end(args);
	if (name && asprintf(&path, "%s/%s", dir, name) < 0)
		path = NULL;
	free(name);
	free(dir);
	return path;
}

/* Another user's file is not trusted to be what a guest runs first. */
int cache_open(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd >= 0 && fstat(fd, st) == 0 && st->st_uid == geteuid() && S_ISREG(st->st_mode))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* statfs(2), f_type. FUSE may be either. */
static const uint32_t remote_types[] = {
	0x6969,     /* NFS */
	0xff534d42, /* CIFS */
	0xfe534d42, /* SMB 2 */
	0x00c36400, /* Ceph */
	0x0bd00bd0, /* Lustre */
	0x47504653, /* GPFS */
	0x19830326, /* BeeGFS */
	0x5346414f, /* AFS */
	0x6b414653, /* AFS of the kernel */
	0x01021997, /* 9P */
	0x20030528, /* OrangeFS */
};

bool cache_is_remote(const char *path)
{
	char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;
	struct statfs fs;
	bool remote = false;

	if (slash)
		*slash = '\0';
	if (slash && statfs(dir, &fs) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(remote_types); i++)
			remote |= (uint32_t)fs.f_type == remote_types[i];
	free(dir);
	return remote;
}

bool cache_new_open(struct cache_new *c, const char *path)
{
	*c = (struct cache_new){ .path = path, .fd = -1 };
	if (asprintf(&c->beside, "%s.XXXXXX", path) < 0)
		c->beside = NULL;
	if (c->beside)
		c->fd = mkostemp(c->beside, O_CLOEXEC);
	if (c->fd >= 0)
		return true;
	log_debug("cache: no file can be made at %s: %m", path);
	free(c->beside);
	*c = (struct cache_new){ .fd = -1 };
	return false;
}

bool cache_new_write(const struct cache_new *c, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(c->fd, (const char *)data + done, size - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

bool cache_new_close(struct cache_new *c, bool good)
{
	if (c->fd < 0)
		return false;
	good = close(c->fd) == 0 && good;
	if (!good || rename(c->beside, c->path) < 0) {
		log_debug("cache: %s was not kept", c->path);
		unlink(c->beside);
		good = false;
	}
	free(c->beside);
	*c = (struct cache_new){ .fd = -1 };
	return good;
}

void cache_used(int fd)
{
	(void)futimens(fd, NULL);
}

struct kept {
	char name[NAME_MAX + 1];
	struct timespec used;
};

static int later_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct kept *)a)->used, *y = &((const struct kept *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* [*nr], to be freed; NULL: none, or no memory. */
static struct kept *kept_list(DIR *dir, const char *prefix, size_t *nr)
{
	struct kept *list = NULL;

	*nr = 0;
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		struct kept *more;
		struct stat st;

		if (strncmp(d->d_name, prefix, strlen(prefix)) != 0 ||
			fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		more = reallocarray(list, *nr + 1, sizeof(*list));
		if (!more)
			break;
		list = more;
		snprintf(list[*nr].name, sizeof(list[*nr].name), "%s", d->d_name);
		list[(*nr)++].used = st.st_mtim;
	}
	return list;
}

void cache_trim(const char *prefix, size_t nr)
{
	char *path = directory();
	DIR *dir = path ? opendir(path) : NULL;
	struct kept *list;
	size_t there;

	free(path);
	if (!dir)
		return;
	list = kept_list(dir, prefix, &there);
	if (list)
		qsort(list, there, sizeof(*list), later_first);
	for (size_t i = nr; list && i < there; i++)
		(void)unlinkat(dirfd(dir), list[i].name, 0);
	free(list);
	closedir(dir);
}
