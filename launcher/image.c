/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.c - a file read into pages of its own: all of it, or what is looked at. */
#include "launcher/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

static int file_open(const char *what, const char *path, uint64_t *size)
{
	/* Without O_NONBLOCK, a fifo would keep us waiting for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int err;

	if (fd < 0)
		return log_errno(-errno, "%s: cannot open %s: %m; name a file that is there and that you may read", what, path);
	if (fstat(fd, &st) < 0)
		err = log_errno(-errno, "%s: %s: %m", what, path);
	else if (!S_ISREG(st.st_mode))
		err = log_errno(-EINVAL, "%s: %s is not a regular file; name one that is", what, path);
	else if (!st.st_size)
		err = log_errno(-ENOEXEC, "%s: %s is empty; is it a complete copy?", what, path);
	else {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return err;
}

/* Bytes read, less than size if the file has shrunk; or -errno. */
static int64_t read_at(int fd, uint64_t at, uint64_t size, uint8_t *to)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, to + done, size - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

static int read_all_of(int fd, const char *name, uint64_t at, uint64_t size, uint8_t *to)
{
	int64_t got = read_at(fd, at, size, to);

	if (got == (int64_t)size)
		return 0;
	if (got < 0)
		return log_errno((int)got, "%s: cannot be read: %m", name);
	return log_errno(-EIO, "%s: became shorter while it was read", name);
}

/* Address space for a file's bytes, of which none are there. */
static void *image_reserve(const char *what, const char *path, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p != MAP_FAILED)
		return p;
	log_errno(-errno, "%s: no memory to read %s (%llu MiB): %m", what, path, (unsigned long long)(size >> 20));
	return NULL;
}

/*
 * A file of which only what is looked at is in memory. Chunks of it are read once: what was checked stays as it
 * was, whatever happens to the file. What was not read cannot be touched, so a look that was not announced is a
 * crash in the first test and not a zero.
 */
#define CHUNK KiB(16)

struct image {
	struct blob_source source;
	int fd;
	uint8_t *there; /* a byte for each chunk */
};

static int chunk_show(struct image *im, const struct blob *b, uint64_t chunk)
{
	uint8_t *to = (uint8_t *)(uintptr_t)b->data + chunk * CHUNK;
	uint64_t size = min(CHUNK, b->size - chunk * CHUNK);
	int err;

	if (im->there[chunk])
		return 0;
	if (mprotect(to, size, PROT_READ | PROT_WRITE) < 0)
		return log_errno(-errno, "%s: no memory to read it: %m", b->name);
	if ((err = read_all_of(im->fd, b->name, chunk * CHUNK, size, to)) != 0)
		return err;
	im->there[chunk] = 1;
	return 0;
}

static int image_show(const struct blob_source *src, const struct blob *b, uint64_t at, uint64_t size)
{
	struct image *im = container_of(src, struct image, source);

	for (uint64_t c = at / CHUNK; c <= (at + size - 1) / CHUNK; c++) {
		int err = chunk_show(im, b, c);

		if (err)
			return err;
	}
	return 0;
}

static int image_read(const struct blob_source *src, const struct blob *b, uint64_t at, uint64_t size, void *to)
{
	const struct image *im = container_of(src, struct image, source);

	return read_all_of(im->fd, b->name, at, size, to);
}

int image_open(struct blob *b, const char *what, const char *path)
{
	struct image *im = calloc(1, sizeof(*im));
	uint64_t size = 0;
	int err = -ENOMEM;

	*b = (struct blob){ .name = path };
	if (!im)
		return log_errno(err, "%s: %m", what);
	im->source = (struct blob_source){ image_show, image_read };
	b->source = &im->source;
	if ((im->fd = file_open(what, path, &size)) < 0) {
		err = im->fd;
		goto err_free;
	}
	im->there = calloc(size / CHUNK + 1, 1);
	if (!im->there)
		log_errno(-ENOMEM, "%s: %m", what);
	b->data = im->there ? image_reserve(what, path, size) : NULL;
	b->size = b->data ? size : 0;
	if (b->data)
		err = blob_show(b, 0, min(size, BLOB_HEAD));
	if (!err)
		return 0;
err_free:
	image_free(b);
	return err;
}

int image_load(struct blob *b, const char *what, const char *path)
{
	uint64_t size = 0;
	int err, fd = file_open(what, path, &size);
	void *p;

	*b = (struct blob){ .name = path };
	if (fd < 0)
		return fd;
	p = image_reserve(what, path, size);
	err = p ? 0 : -ENOMEM;
	if (p && mprotect(p, size, PROT_READ | PROT_WRITE) < 0)
		err = log_errno(-errno, "%s: no memory to read %s: %m", what, path);
	if (!err)
		err = read_all_of(fd, path, 0, size, p);
	close(fd);
	if (!err)
		*b = (struct blob){ .name = path, .data = p, .size = size };
	else if (p)
		munmap(p, size);
	return err;
}

int image_copy(struct blob *b, const char *what, const char *name, const void *data, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*b = (struct blob){ .name = name };
	if (p == MAP_FAILED)
		return log_errno(-errno, "%s: no memory for %s (%llu MiB): %m", what, name,
			(unsigned long long)(size >> 20));
	memcpy(p, data, size);
	b->data = p;
	b->size = size;
	return 0;
}

void image_free(struct blob *b)
{
	struct image *im = b->source ? container_of(b->source, struct image, source) : NULL;

	if (b->data)
		munmap((void *)(uintptr_t)b->data, b->size);
	if (im && im->fd >= 0)
		close(im->fd);
	if (im)
		free(im->there);
	free(im);
	*b = (struct blob){ 0 };
}
