/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_files.c - see host_files.h. */
#include "sched/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define TEXT_MAX (32u << 20) /* /proc/interrupts of 500 CPUs and 2000 interrupts is 11 MiB */
#define PATH_SIZE 256

int host_files_open(struct host_files *h, const char *root)
{
	*h = (struct host_files){ .live = strcmp(root, "/") == 0 };
	h->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->root < 0)
		return -errno;
	h->has_proc = faccessat(h->root, "proc/self", F_OK, 0) == 0;
	h->has_sys = faccessat(h->root, "sys/devices", F_OK, 0) == 0;
	return 0;
}

void host_files_close(struct host_files *h)
{
	close(h->root);
}

static struct fact fact_missing(const struct host_files *h, const char *path, int err)
{
	bool hidden = (strncmp(path, "proc/", 5) == 0 && !h->has_proc) ||
		      (strncmp(path, "sys/", 4) == 0 && !h->has_sys);

	return (struct fact){ (err == -ENOENT || err == -ENOTDIR) && !hidden ? FACT_ABSENT : FACT_UNKNOWN, NULL };
}

static struct fact fact_of(struct host_files *h, char *text)
{
	if (!text) {
		h->err = -ENOMEM;
		return (struct fact){ FACT_UNKNOWN, NULL };
	}
	return (struct fact){ FACT_READ, text };
}

/* All of the file, malloc'd, its last newline cut off; NULL and *err. */
static char *text_load(gzFile in, int *err)
{
	size_t room = 4096, len = 0;
	char *text = malloc(room), *more;

	for (int n; text; len += (size_t)n) {
		if (len + 1 == room) {
			more = room < TEXT_MAX ? realloc(text, room *= 2) : NULL;
			if (!more)
				break;
			text = more;
		}
		n = gzread(in, text + len, (unsigned)(room - len - 1));
		if (n > 0)
			continue;
		text[len] = 0;
		if (len && text[len - 1] == '\n')
			text[len - 1] = 0;
		if (n == 0)
			return text;
		*err = -EIO;
		free(text);
		return NULL;
	}
	free(text);
	*err = room >= TEXT_MAX ? -EFBIG : -ENOMEM;
	return NULL;
}

struct fact host_files_text(struct host_files *h, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;
	gzFile in;
	char *text;
	int fd, len, err = 0;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0 || len >= PATH_SIZE)
		return (struct fact){ FACT_UNKNOWN, NULL };
	/* A file in /proc/N may be gone by now. */
	fd = openat(h->root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fact_missing(h, path, -errno);
	in = gzdopen(fd, "rb"); /* plain files pass through it */
	if (!in) {
		h->err = errno == ELIBACC ? -ELIBACC : -ENOMEM;
		close(fd);
		return (struct fact){ FACT_UNKNOWN, NULL };
	}
	text = text_load(in, &err);
	gzclose(in);
	return !text && err != -ENOMEM ? (struct fact){ FACT_UNKNOWN, NULL } : fact_of(h, text);
}

struct fact host_files_access(struct host_files *h, int mode, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0 || len >= PATH_SIZE)
		return (struct fact){ FACT_UNKNOWN, NULL };
	if (faccessat(h->root, path, mode, 0) != 0)
		return fact_missing(h, path, -errno);
	return fact_of(h, strdup(""));
}

bool host_files_each(struct host_files *h, const char *directory, const char *begin, host_files_fn *fn,
	struct host_facts *f)
{
	int fd = openat(h->root, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && strncmp(e->d_name, begin, strlen(begin)) == 0)
			fn(h, e->d_name, f);
	closedir(dir);
	return true;
}

void *host_files_grow(struct host_files *h, void *array, uint32_t *nr, size_t size)
{
	char *grown = realloc(array, (*nr + 1) * size);

	if (!grown) {
		h->err = -ENOMEM;
		return NULL;
	}
	memset(grown + *nr * size, 0, size);
	++*nr;
	return grown;
}
