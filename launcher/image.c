/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.c - read a whole file into pages of its own. */
#include "launcher/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

static int image_open(const char *what, const char *path, uint64_t *size)
{
	/* Without O_NONBLOCK, a fifo would keep us waiting for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int err;

	if (fd < 0)
		return log_errno(-errno, "%s: cannot open %s: %m", what, path);
	if (fstat(fd, &st) < 0)
		err = log_errno(-errno, "%s: %s: %m", what, path);
	else if (!S_ISREG(st.st_mode))
		err = log_errno(-EINVAL, "%s: %s is not a regular file", what, path);
	else if (!st.st_size)
		err = log_errno(-ENOEXEC, "%s: %s is empty", what, path);
	else {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return err;
}

/* Bytes read, less than size if the file has shrunk; or -errno. */
static int64_t read_whole(int fd, uint8_t *to, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, to + done, size - done, (off_t)done);

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

int image_load(struct blob *b, const char *what, const char *path)
{
	uint64_t size = 0;
	int fd = image_open(what, path, &size);
	int64_t got;
	void *p;

	*b = (struct blob){ .name = path };
	if (fd < 0)
		return fd;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		got = log_errno(-errno, "%s: no memory to read %s (%llu MiB): %m", what, path,
			(unsigned long long)(size >> 20));
		close(fd);
		return (int)got;
	}
	got = read_whole(fd, p, size);
	close(fd);
	if (got == (int64_t)size) {
		b->data = p;
		b->size = size;
		return 0;
	}
	munmap(p, size);
	if (got < 0)
		return log_errno((int)got, "%s: cannot read %s: %m", what, path);
	return log_errno(-EIO, "%s: %s became shorter while it was read", what, path);
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
	if (b->data)
		munmap((void *)(uintptr_t)b->data, b->size);
	*b = (struct blob){ 0 };
}
