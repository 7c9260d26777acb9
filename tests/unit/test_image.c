/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_image.c - a file of which only what is looked at is read, and which may change meanwhile. */
#include "tests/unit/unit.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/image.h"
#include "tests/unit/log_lines.h"
#include "vmm/boot/elf.h"

#define SIZE (KiB(400) + 123)

static char path[] = "/tmp/thole-image.XXXXXX";
static uint8_t bytes[SIZE];
static int file = -1;
static struct log_lines said = { .least = LOG_LEVEL_DEBUG };
static int file_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 4096);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	file = mkstemp(path);
	said.last[0] = '\0';
	log_set_sink(log_lines_keep, &said);
	return file >= 0 && write(file, bytes, SIZE) == (ssize_t)SIZE ? 0 : -1;
}

static int file_remove(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	close(file);
	return unlink(path);
}

/* May a byte be read? A system call says so without a signal. */
static bool is_there(const uint8_t *at)
{
	int out[2];
	bool there;

	assert_int_equal(pipe(out), 0);
	there = write(out[1], at, 1) == 1;
	close(out[0]);
	close(out[1]);
	return there;
}

static void what_is_not_looked_at_is_not_read(void **state)
{
	uint8_t *copy = malloc(SIZE);
	struct blob b;

	(void)state;
	assert_int_equal(image_open(&b, "kernel", path), 0);
	assert_int_equal(b.size, SIZE);
	assert_memory_equal(b.data, bytes, BLOB_HEAD);
	assert_false(is_there(b.data + BLOB_HEAD));
	assert_int_equal(blob_show(&b, KiB(100) - 1, 2), 0);
	assert_memory_equal(b.data + KiB(100) - 1, bytes + KiB(100) - 1, 2);
	assert_false(is_there(b.data + KiB(200)));
	assert_int_equal(blob_show(&b, SIZE - 1, 1), 0);
	assert_int_equal(b.data[SIZE - 1], bytes[SIZE - 1]);
	assert_int_equal(b.source->copy(b.source, &b, 5, SIZE - 5, copy), 0);
	assert_memory_equal(copy, bytes + 5, SIZE - 5);
	assert_false(is_there(b.data + KiB(200)));
	free(copy);
	image_free(&b);
	assert_null(b.data);
}

/* Else what a loader has checked would not be what it uses. */
static void what_was_looked_at_stays(void **state)
{
	struct blob b;

	(void)state;
	assert_int_equal(image_open(&b, "kernel", path), 0);
	assert_int_equal(blob_show(&b, KiB(64), KiB(16)), 0);
	assert_int_equal(pwrite(file, "changed", 7, KiB(64)), 7);
	assert_int_equal(blob_show(&b, KiB(60), KiB(40)), 0);
	assert_memory_equal(b.data + KiB(60), bytes + KiB(60), KiB(40));
	image_free(&b);
}

static void a_file_cut_short_is_an_error_not_a_signal(void **state)
{
	uint8_t copy[64];
	struct blob b;

	(void)state;
	assert_int_equal(image_open(&b, "kernel", path), 0);
	assert_int_equal(ftruncate(file, KiB(50)), 0);
	assert_int_equal(blob_show(&b, KiB(100), 1), -EIO);
	assert_non_null(strstr(said.last, "became shorter"));
	said.last[0] = '\0';
	assert_int_equal(b.source->copy(b.source, &b, KiB(50) - 32, 64, copy), -EIO);
	assert_non_null(strstr(said.last, "became shorter"));
	image_free(&b);
}

static void what_is_no_file_is_refused(void **state)
{
	struct blob b;

	(void)state;
	assert_int_equal(image_open(&b, "initrd", "/nonexistent/x"), -ENOENT);
	assert_non_null(strstr(said.last, "initrd: cannot open /nonexistent/x"));
	image_free(&b);
	assert_int_equal(image_open(&b, "initrd", "/tmp"), -EINVAL);
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(image_open(&b, "initrd", path), -ENOEXEC);
	assert_int_equal(image_load(&b, "initrd", path), -ENOEXEC);
	assert_null(b.data);
}

/* Headers, notes and code far from the head and from each other. */
static void elf_write(void)
{
	const Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
		.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = KiB(100) + 8, .e_phnum = 2,
		.e_phentsize = sizeof(Elf64_Phdr), .e_ehsize = sizeof(h) };
	const Elf64_Phdr p[] = {
		{ .p_type = PT_LOAD, .p_offset = KiB(300) + 5, .p_paddr = MiB(16), .p_filesz = KiB(90), .p_memsz = KiB(200) },
		{ .p_type = PT_NOTE, .p_offset = KiB(200) + 4, .p_filesz = 20, .p_memsz = 20, .p_align = 4 },
	};
	const struct {
		Elf32_Nhdr h;
		char owner[4];
		uint32_t entry;
	} note = { { 4, 4, 18 }, "Xen", (uint32_t)MiB(16) + 64 };

	assert_int_equal(pwrite(file, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(pwrite(file, p, sizeof(p), KiB(100) + 8), sizeof(p));
	assert_int_equal(pwrite(file, &note, sizeof(note), KiB(200) + 4), sizeof(note));
}

static uint8_t guest[MiB(32)];

static void *guest_at(void *ctx, gpa_t gpa, uint64_t size)
{
	(void)ctx;
	return range_holds((struct range){ 0, sizeof(guest) }, gpa, size) ? guest + gpa : NULL;
}

static void a_kernel_goes_from_its_file_to_the_guest(void **state)
{
	const uint64_t memory[] = { sizeof(guest) };
	struct ram_layout ram;
	struct boot_input in = { .cmdline = "", .ram = &ram, .nr_cpus = 1 };
	struct boot_plan plan;

	(void)state;
	elf_write();
	assert_int_equal(ram_layout_make(&ram, memory, 1, KiB(64), 46), 0);
	assert_int_equal(image_open(&in.kernel, "kernel", path), 0);
	assert_int_equal(boot_kind_of(&in.kernel, false, &in.kind), 0);
	assert_int_equal(in.kind, BOOT_PVH);
	assert_int_equal(boot_plan_make(&in, &plan), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(16) + 64);
	assert_int_equal(boot_plan_write(&plan, guest_at, NULL), 0);
	assert_memory_equal(guest + MiB(16), bytes + KiB(300) + 5, KiB(90));
	assert_int_equal(guest[MiB(16) + KiB(90)], 0);
	assert_false(is_there(in.kernel.data + KiB(320)));
	/* Gone before it is copied */
	assert_int_equal(ftruncate(file, KiB(310)), 0);
	assert_int_equal(boot_plan_write(&plan, guest_at, NULL), -EIO);
	boot_plan_fini(&plan);
	image_free(&in.kernel);
}

#define image_test(f) cmocka_unit_test_setup_teardown(f, file_make, file_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		image_test(what_is_not_looked_at_is_not_read),
		image_test(what_was_looked_at_stays),
		image_test(a_file_cut_short_is_an_error_not_a_signal),
		image_test(what_is_no_file_is_refused),
		image_test(a_kernel_goes_from_its_file_to_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
