/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs.c - libarchive writes the archives, and takes compressed modules apart. */
#include "launcher/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/log.h"

#define MODULE_MAX MiB(64)

void bytes_fini(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

int bytes_add(struct bytes *b, const void *data, size_t size)
{
	if (b->size + size > b->room) {
		size_t room = max(2 * b->room, b->size + size + KiB(64));
		uint8_t *at = realloc(b->data, room);

		if (!at)
			return -ENOMEM;
		b->data = at;
		b->room = room;
	}
	memcpy(b->data + b->size, data, size);
	b->size += size;
	return 0;
}

static la_ssize_t out(struct archive *a, void *ctx, const void *data, size_t size)
{
	(void)a;
	return bytes_add(ctx, data, size) == 0 ? (la_ssize_t)size : -1;
}

static int failed(struct archive *a, const char *what)
{
	return log_errno(-EIO, "initramfs: %s: %s", what, archive_error_string(a));
}

static int library_missing(void)
{
	return log_errno(-ELIBACC, "initramfs: the library libarchive can't be loaded; install the package libarchive13");
}

static int writer_open(struct archive **a, struct bytes *b)
{
	*a = archive_write_new();
	if (!*a)
		return library_missing();
	archive_write_set_format_cpio_newc(*a);
	archive_write_set_bytes_per_block(*a, 0);
	archive_write_set_bytes_in_last_block(*a, 1);
	if (archive_write_open(*a, b, NULL, out, NULL) == ARCHIVE_OK)
		return 0;
	archive_write_free(*a);
	return log_errno(-ENOMEM, "initramfs: %m");
}

static int writer_close(struct archive *a, int err)
{
	if (archive_write_close(a) != ARCHIVE_OK && !err)
		err = failed(a, "its end");
	archive_write_free(a);
	return err;
}

/* mode with its type; data only for files. */
static int put(struct archive *a, const char *name, mode_t mode, const void *data, size_t size)
{
	struct archive_entry *e = archive_entry_new();
	bool ok;

	if (!e)
		return log_errno(-ENOMEM, "initramfs: %m");
	archive_entry_set_pathname(e, name);
	archive_entry_set_mode(e, mode);
	archive_entry_set_size(e, (la_int64_t)size);
	if (mode & AE_IFCHR) {
		archive_entry_set_rdevmajor(e, 5); /* /dev/console, the only one */
		archive_entry_set_rdevminor(e, 1);
	}
	ok = archive_write_header(a, e) == ARCHIVE_OK &&
	     (!size || archive_write_data(a, data, size) == (la_ssize_t)size);
	archive_entry_free(e);
	return ok ? 0 : failed(a, name);
}

static int read_all(struct archive *in, struct bytes *b)
{
	char buf[65536];
	la_ssize_t n;

	while ((n = archive_read_data(in, buf, sizeof(buf))) > 0)
		if (b->size + (size_t)n > MODULE_MAX || bytes_add(b, buf, (size_t)n) != 0)
			return -EFBIG;
	return n < 0 ? -EIO : 0;
}

/* A module as the kernel's loader takes it, however its file is compressed. */
static int module_read(const char *path, struct bytes *b)
{
	struct archive *in = archive_read_new();
	struct archive_entry *e;
	int err;

	if (!in)
		return library_missing();
	archive_read_support_filter_all(in);
	archive_read_support_format_raw(in);
	if (archive_read_open_filename(in, path, 65536) != ARCHIVE_OK || archive_read_next_header(in, &e) != ARCHIVE_OK ||
		read_all(in, b) != 0)
		err = failed(in, path);
	else
		err = 0;
	archive_read_free(in);
	return err;
}

static int module_put(struct archive *a, uint32_t index, const char *path)
{
	struct bytes b = { 0 };
	const char *base = strrchr(path, '/');
	char name[NAME_MAX + 32];
	int err = module_read(path, &b);

	base = base ? base + 1 : path;
	snprintf(name, sizeof(name), "modules/%03u-%.*s.ko", index, (int)strcspn(base, "."), base);
	if (!err)
		err = put(a, name, AE_IFREG | 0644, b.data, b.size);
	bytes_fini(&b);
	return err;
}

int initramfs_base(struct bytes *b, const void *init, size_t init_size, const struct module_files *modules)
{
	static const char *const directories[] = { "dev", "proc", "sys", "modules", "thole" };
	struct archive *a;
	int err = writer_open(&a, b);

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(directories) && !err; i++)
		err = put(a, directories[i], AE_IFDIR | 0755, NULL, 0);
	if (!err)
		err = put(a, "dev/console", AE_IFCHR | 0600, NULL, 0);
	if (!err)
		err = put(a, "init", AE_IFREG | 0755, init, init_size);
	for (uint32_t i = 0; i < modules->nr && !err; i++)
		err = module_put(a, i, modules->path[i]);
	return writer_close(a, err);
}

int initramfs_append(struct bytes *b, const struct initramfs_file *files, size_t nr)
{
	static const uint8_t zero[4];
	struct archive *a;
	int err = bytes_add(b, zero, (4 - b->size % 4) % 4);

	if (err)
		return log_errno(err, "initramfs: %m");
	if ((err = writer_open(&a, b)) != 0)
		return err;
	for (size_t i = 0; i < nr && !err; i++)
		err = put(a, files[i].name, AE_IFREG | (files[i].mode & 0777), files[i].data, files[i].size);
	return writer_close(a, err);
}
