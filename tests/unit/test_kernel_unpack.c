/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_kernel_unpack.c - what a bzImage carries is found, unpacked, kept, and used again; what can't be, stays. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/boot_image.h"

#include "launcher/cache.h"
#include "launcher/image.h"
#include "launcher/kernel_unpack.h"
#include "vmm/boot/linux.h"

static char dir[] = "/tmp/test_kernel_unpack.XXXXXX";
static char kernel_path[64], cache_dir[64];

static void file_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static size_t file_read(const char *path, void *data, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, data, room);
	assert_true(n >= 0);
	close(fd);
	return (size_t)n;
}

/* An ELF kernel, with a PVH entry or without. */
static void elf_kernel(struct image *elf, bool pvh)
{
	struct elf_parts parts = { .type = ET_EXEC, .machine = EM_X86_64, .entry = MiB(16), .nr = 1,
		.segment = { { PT_LOAD, MiB(16), MiB(16), 1024, 1024 } }, .has_note = pvh, .note_value = MiB(16) };

	elf_make(elf, &parts);
}

/* The stream that this program makes of it. */
static size_t compressed(const struct image *elf, const char *program, uint8_t *to, size_t room)
{
	char command[160], path[64], out[64];

	snprintf(path, sizeof(path), "%s/plain", dir);
	snprintf(out, sizeof(out), "%s/stream", dir);
	file_write(path, elf->data, elf->size);
	snprintf(command, sizeof(command), "<%s %s >%s", path, program, out);
	assert_int_equal(system(command), 0);
	return file_read(out, to, room);
}

/* A bzImage file that carries it. */
static void kernel_write(const struct image *elf, const char *program)
{
	struct setup_header h = { 0 };
	struct image im;
	uint32_t size = (uint32_t)elf->size;
	size_t n;

	bzimage_make(&im, &h);
	n = compressed(elf, program, im.data + BZIMAGE_SETUP + 512, 4096);
	if (strncmp(program, "gzip", 4) != 0) {
		memcpy(im.data + BZIMAGE_SETUP + 512 + n, &size, sizeof(size));
		n += sizeof(size);
	}
	h.payload_offset = 512;
	h.payload_length = (uint32_t)n;
	memcpy(im.data + 0x1f1, &h, sizeof(h));
	im.size = BZIMAGE_SETUP + 512 + max(n, (size_t)BZIMAGE_KERNEL);
	file_write(kernel_path, im.data, im.size);
}

/* Names in the cache; *name: the last one. */
static unsigned kept(char *name)
{
	DIR *d = opendir(cache_dir);
	unsigned nr = 0;

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		nr++;
		if (name)
			snprintf(name, 128, "%s/%.60s", cache_dir, e->d_name);
	}
	if (d)
		closedir(d);
	return nr;
}

/* Unpack the file; what it is then has to be elf, or, if that is NULL, the file as it was. */
static void unpack_expect(const struct image *elf)
{
	struct blob b;
	uint8_t *data = malloc(sizeof(elf->data));

	assert_non_null(data);
	assert_int_equal(image_open(&b, "kernel", kernel_path), 0);
	assert_int_equal(kernel_unpack(&b, false), elf != NULL);
	assert_string_equal(b.name, kernel_path);
	if (elf) {
		assert_int_equal(b.size, elf->size);
		assert_int_equal(blob_show(&b, 0, b.size), 0);
		assert_memory_equal(b.data, elf->data, elf->size);
	} else {
		size_t n = file_read(kernel_path, data, sizeof(elf->data));

		assert_int_equal(b.size, n);
		assert_memory_equal(b.data, data, BZIMAGE_SETUP);
	}
	image_free(&b);
	free(data);
}

static void unpacked(void **state)
{
	static const char *const programs[] = { "gzip -9", "xz --check=crc32 --x86 --lzma2" };
	struct image elf;

	(void)state;
	elf_kernel(&elf, true);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		kernel_write(&elf, programs[i]);
		unpack_expect(&elf);
		assert_int_equal(kept(NULL), 1 + i);
	}
}

/* The second time nothing is unpacked: what is there is taken, and known for good by its size only. */
static void kept_is_used(void **state)
{
	char name[128];
	struct stat before, after;
	struct image elf;

	(void)state;
	elf_kernel(&elf, true);
	kernel_write(&elf, "gzip");
	unpack_expect(&elf);
	assert_int_equal(kept(name), 1);
	assert_int_equal(stat(name, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	unpack_expect(&elf);
	assert_int_equal(stat(name, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);

	/* One that a full disk or a loss of power has cut is made again. */
	assert_int_equal(truncate(name, 100), 0);
	unpack_expect(&elf);
	assert_int_equal(stat(name, &after), 0);
	assert_int_equal(after.st_size, elf.size);

	/* A link is nobody's kernel: it is replaced, and where it points to stays as it is. */
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink("/etc/hostname", name), 0);
	unpack_expect(&elf);
	assert_int_equal(lstat(name, &after), 0);
	assert_true(S_ISREG(after.st_mode));
}

/* A file that was replaced is another kernel. */
static void changed_kernel(void **state)
{
	struct image elf, other;

	(void)state;
	elf_kernel(&elf, true);
	kernel_write(&elf, "gzip");
	unpack_expect(&elf);
	other = elf;
	other.data[ELF_DATA_AT] ^= 1;
	assert_int_equal(unlink(kernel_path), 0);
	kernel_write(&other, "gzip");
	unpack_expect(&other);
	assert_int_equal(kept(NULL), 2);
}

static void stays_as_it_is(void **state)
{
	char room[64];
	struct image elf;

	(void)state;
	elf_kernel(&elf, false);
	kernel_write(&elf, "gzip");
	unpack_expect(NULL); /* no PVH entry */

	elf_kernel(&elf, true);
	kernel_write(&elf, "head -c 700 | xz"); /* less than the file says */
	unpack_expect(NULL);
	assert_int_equal(kept(NULL), 1); /* the first one's */

	snprintf(room, sizeof(room), "%s/file", dir);
	file_write(room, "", 0);
	setenv("XDG_CACHE_HOME", room, 1);
	kernel_write(&elf, "gzip");
	unpack_expect(NULL); /* no place */
	setenv("XDG_CACHE_HOME", dir, 1);
}

/* Every cut and every damaged length: nothing is read beyond the file, nothing is left behind. */
static void damaged(void **state)
{
	struct setup_header h = { 0 };
	struct linux_payload p;
	struct image elf, im;
	struct blob b;
	size_t n;

	(void)state;
	elf_kernel(&elf, true);
	kernel_write(&elf, "xz");
	im.size = file_read(kernel_path, im.data, sizeof(im.data));
	memcpy(&h, im.data + 0x1f1, sizeof(h));
	n = BZIMAGE_SETUP + h.payload_offset + h.payload_length;
	for (b = image_blob(&im); b.size > 0; b.size--)
		assert_int_equal(linux_payload_find(&b, &p), b.size >= n);
	b = image_blob(&im);
	h.payload_length = UINT32_MAX;
	memcpy(im.data + 0x1f1, &h, sizeof(h));
	assert_false(linux_payload_find(&b, &p));
	h.payload_length = 4;
	memcpy(im.data + 0x1f1, &h, sizeof(h));
	assert_false(linux_payload_find(&b, &p));

	kernel_write(&elf, "xz");
	im.size = file_read(kernel_path, im.data, sizeof(im.data));
	im.data[BZIMAGE_SETUP + 512 + 40] ^= 0xff;
	file_write(kernel_path, im.data, im.size);
	unpack_expect(NULL);
	assert_int_equal(kept(NULL), 0);
}

/* Four are kept, the ones that were used last. */
static void few_are_kept(void **state)
{
	char first[128];
	struct image elf;

	(void)state;
	elf_kernel(&elf, true);
	for (unsigned i = 0; i < 6; i++) {
		struct timespec old[2] = { { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } };
		char name[128];

		elf.data[ELF_DATA_AT] = (uint8_t)i;
		unlink(kernel_path);
		kernel_write(&elf, "gzip");
		unpack_expect(&elf);
		if (i == 0) {
			kept(name);
			snprintf(first, sizeof(first), "%s", name);
			assert_int_equal(utimensat(AT_FDCWD, first, old, 0), 0);
		}
	}
	assert_int_equal(kept(NULL), 4);
	assert_int_equal(access(first, F_OK), -1);
}

static int empty(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s/*", dir);
	return system(command);
}

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(kernel_path, sizeof(kernel_path), "%s/vmlinuz", dir);
	snprintf(cache_dir, sizeof(cache_dir), "%s/thole", dir);
	return setenv("XDG_CACHE_HOME", dir, 1);
}

static int stop(void **state)
{
	return empty(state) || rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(unpacked, empty),
		cmocka_unit_test_teardown(kept_is_used, empty),
		cmocka_unit_test_teardown(changed_kernel, empty),
		cmocka_unit_test_teardown(stays_as_it_is, empty),
		cmocka_unit_test_teardown(damaged, empty),
		cmocka_unit_test_teardown(few_are_kept, empty),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
