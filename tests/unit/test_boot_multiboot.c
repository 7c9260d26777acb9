/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_boot_multiboot.c - multiboot kernels: what they are told, and load addresses that lie. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/boot_image.h"

static struct log_lines caught = { .least = LOG_LEVEL_ERR };
static struct image image;
static struct elf_parts parts;
static struct ram_layout ram;
static struct boot_input input;
static struct boot_plan plan;

static struct multiboot_header header_make(uint32_t flags)
{
	return (struct multiboot_header){
		.magic = MULTIBOOT_MAGIC, .flags = flags, .checksum = 0u - MULTIBOOT_MAGIC - flags
	};
}

static int setup(void **state)
{
	(void)state;
	parts = (struct elf_parts){
		.is32 = true, .type = ET_EXEC, .machine = EM_386, .entry = MiB(4) + 0x40, .nr = 2,
		.segment = {
			{ PT_LOAD, MiB(4), MiB(4), 1024, 1024 },
			{ PT_LOAD, MiB(5), MiB(5), 1024, 5000 },
		},
		.has_header = true,
		.header = header_make(MULTIBOOT_ALIGN | MULTIBOOT_MEMORY),
	};
	elf_make(&image, &parts);
	memset(&caught, 0, sizeof(caught));
	memset(&input, 0, sizeof(input));
	input.cmdline = "";
	log_set_sink(log_lines_keep, &caught);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	boot_plan_fini(&plan);
	log_set_sink(NULL, NULL);
	return 0;
}

static int plan_with(uint64_t bytes)
{
	assert_int_equal(ram_layout_make(&ram, &bytes, 1, KiB(64), 46), 0);
	input.kind = BOOT_MULTIBOOT;
	input.kernel = image_blob(&image);
	input.ram = &ram;
	input.nr_cpus = 1;
	boot_plan_fini(&plan);
	return boot_plan_make(&input, &plan);
}

static void assert_refused(uint64_t bytes, const char *words)
{
	caught.nr = 0;
	assert_true(plan_with(bytes) < 0);
	assert_int_equal(caught.nr, 1);
	if (!strstr(caught.last, words))
		fail_msg("\"%s\" does not say \"%s\"", caught.last, words);
}

static const char *string_at(uint32_t gpa)
{
	const char *s = boot_plan_at(&plan, gpa, 1);

	assert_non_null(s);
	return s;
}

static void kernel_gets_memory_command_line_and_modules(void **state)
{
	uint8_t initrd[5000] = { 1 }, extra[10] = { 2 };
	const struct multiboot_info *info;
	const struct multiboot_module *m;
	const struct multiboot_region *r;
	enum boot_kind kind;

	(void)state;
	input.cmdline = "a=1 b";
	input.initrd = (struct blob){ .name = "env", .data = initrd, .size = sizeof(initrd) };
	input.nr_modules = 2;
	input.module[0].file = (struct blob){ .name = "extra", .data = extra, .size = sizeof(extra) };
	input.module[0].args = "x y";
	input.module[1].file = (struct blob){ .name = "nothing", .data = extra, .size = 0 };
	input.module[1].args = "";
	assert_int_equal(plan_with(GiB(5)), 0);
	assert_int_equal(boot_kind_of(&input.kernel, false, &kind), 0);
	assert_int_equal(kind, BOOT_MULTIBOOT);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_int_equal(plan.cpu.regs.rax, 0x2badb002);
	assert_int_equal(plan.cpu.regs.rip, MiB(4) + 0x40);
	info = boot_plan_at(&plan, plan.cpu.regs.rbx, sizeof(*info));
	assert_int_equal(info->flags, 0x24d);
	assert_int_equal(info->mem_lower, 639);
	assert_int_equal(info->mem_upper, (GiB(3) - MiB(1) - KiB(64)) / 1024);
	assert_string_equal(string_at(info->cmdline), "image a=1 b");
	assert_string_equal(string_at(info->loader_name), "thole");
	assert_int_equal(info->nr_modules, 3);
	m = boot_plan_at(&plan, info->modules, 3 * sizeof(*m));
	assert_int_equal(m[0].start, MiB(5) + KiB(8));
	assert_int_equal(m[0].end - m[0].start, sizeof(initrd));
	assert_string_equal(string_at(m[0].string), "env");
	assert_int_equal(m[1].start, MiB(5) + KiB(16));
	assert_int_equal(m[1].end - m[1].start, sizeof(extra));
	assert_string_equal(string_at(m[1].string), "extra x y");
	assert_int_equal(m[2].start, m[2].end);
	assert_int_equal(info->mmap_size, 7 * 24);
	r = boot_plan_at(&plan, info->mmap, info->mmap_size);
	assert_int_equal(r[6].size, 20);
	assert_int_equal(r[6].base, GiB(4));
	assert_int_equal(r[6].length, GiB(2));
	assert_int_equal(r[6].type, 1);
}

static void bios_data_area_tells_conventional_memory(void **state)
{
	(void)state;
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_memory_equal(boot_plan_at(&plan, 0x40e, 2), "\xc0\x9f", 2);
	assert_memory_equal(boot_plan_at(&plan, 0x413, 2), "\x7f\x02", 2);
	parts.segment[1].paddr = parts.segment[1].vaddr = 0x400;
	elf_make(&image, &parts);
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_memory_equal(boot_plan_at(&plan, 0x40e, 2), "\xa1\xa1", 2);
	assert_null(boot_plan_fault(&plan, &ram));
}

static void virtual_entry_becomes_physical(void **state)
{
	(void)state;
	parts.segment[0].vaddr = 0xc0400000;
	parts.entry = 0xc0400040;
	elf_make(&image, &parts);
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(4) + 0x40);
	parts.entry = 0xc0500000;
	elf_make(&image, &parts);
	assert_refused(MiB(64), "in no segment");
}

static void addresses_in_the_header_count_more_than_elf(void **state)
{
	const uint32_t flags = MULTIBOOT_ADDRESSES | MULTIBOOT_MEMORY;

	(void)state;
	parts.header = header_make(flags);
	parts.header.header_addr = MiB(8) + ELF_DATA_AT;
	parts.header.load_addr = MiB(8);
	parts.header.bss_end_addr = MiB(9);
	parts.header.entry_addr = MiB(8) + 0x500;
	elf_make(&image, &parts);
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(8) + 0x500);
	assert_int_equal(plan.segment[0].gpa, MiB(8));
	assert_int_equal(plan.segment[0].size, image.size);
	assert_int_equal(plan.segment[0].size + plan.segment[0].zero, MiB(1));
	assert_memory_equal(plan.segment[0].data, image.data, image.size);
	/* No ELF at all, and an end. */
	memset(image.data, 0, 64);
	parts.header.load_end_addr = MiB(8) + ELF_DATA_AT + 1000;
	memcpy(image.data + ELF_DATA_AT, &parts.header, sizeof(parts.header));
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(plan.segment[0].size, ELF_DATA_AT + 1000);
}

static void lying_addresses_are_refused(void **state)
{
	struct multiboot_header good = header_make(MULTIBOOT_ADDRESSES);

	(void)state;
	good.header_addr = MiB(8) + 16;
	good.load_addr = MiB(8);
	good.entry_addr = MiB(8) + 0x500;
#define REFUSED(words, ...)                                                                        \
	do {                                                                                       \
		parts.header = good;                                                               \
		__VA_ARGS__;                                                                       \
		elf_make(&image, &parts);                                                          \
		assert_refused(MiB(64), words);                                                    \
	} while (0)
	REFUSED("start before", parts.header.load_addr = MiB(8) + 17);
	REFUSED("start before", parts.header.load_addr = MiB(8) - ELF_DATA_AT);
	REFUSED("more to load", parts.header.load_end_addr = 1);
	REFUSED("more to load", parts.header.load_end_addr = UINT32_MAX);
	REFUSED("bss ends", parts.header.bss_end_addr = MiB(8) + 1);
	REFUSED("entry", parts.header.entry_addr = MiB(8) - 1);
	REFUSED("entry", parts.header.entry_addr = MiB(9));
	REFUSED("give the guest more memory", parts.header.bss_end_addr = MiB(65));
#undef REFUSED
}

static void unknown_demands_are_refused_and_video_is_not(void **state)
{
	(void)state;
	parts.header = header_make(1u << 5);
	elf_make(&image, &parts);
	assert_refused(MiB(64), "demands features 0x20");
	parts.header = header_make(MULTIBOOT_VIDEO | 1u << 17);
	elf_make(&image, &parts);
	assert_int_equal(plan_with(MiB(64)), 0);
}

static void header_is_looked_for_in_8_kib(void **state)
{
	enum boot_kind kind;
	struct blob blob;

	(void)state;
	parts.has_header = false;
	elf_make(&image, &parts);
	memcpy(image.data + 8192 - 12, &parts.header, 12);
	image.size = sizeof(image.data);
	assert_int_equal(plan_with(MiB(64)), 0);
	elf_make(&image, &parts);
	memcpy(image.data + 8192 - 8, &parts.header, 12);
	image.size = sizeof(image.data);
	assert_refused(MiB(64), "no multiboot header");
	blob = image_blob(&image);
	assert_int_equal(boot_kind_of(&blob, false, &kind), -ENOEXEC);
}

static void elf_of_64_bits_is_told_how_to_convert(void **state)
{
	enum boot_kind kind;
	struct blob blob;

	(void)state;
	parts.is32 = false;
	parts.machine = EM_X86_64;
	elf_make(&image, &parts);
	assert_refused(MiB(64), "objcopy -O elf32-i386");
	blob = image_blob(&image);
	assert_int_equal(boot_kind_of(&blob, false, &kind), -ENOEXEC);
	assert_non_null(strstr(caught.last, "objcopy -O elf32-i386"));
}

static void modules_that_do_not_fit_are_named(void **state)
{
	static uint8_t big[MiB(4)];

	(void)state;
	input.nr_modules = 1;
	input.module[0].file = (struct blob){ .name = "big", .data = big, .size = sizeof(big) };
	input.module[0].args = "";
	assert_refused(MiB(8), "big: a module of 4096 KiB does not fit");
}

static void every_truncation_is_refused(void **state)
{
	uint64_t whole = image.size;

	(void)state;
	for (uint64_t size = 0; size < whole; size++) {
		uint8_t *bytes = malloc(size + 1);
		enum boot_kind kind;

		assert_non_null(bytes);
		memcpy(bytes, image.data, size);
		assert_int_equal(plan_with(MiB(64)), 0);
		boot_plan_fini(&plan);
		input.kernel = (struct blob){ .name = "cut", .data = bytes, .size = size };
		caught.nr = 0;
		assert_true(boot_plan_make(&input, &plan) < 0);
		assert_int_equal(caught.nr, 1);
		assert_true(boot_kind_of(&input.kernel, false, &kind) < 0);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			kernel_gets_memory_command_line_and_modules, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bios_data_area_tells_conventional_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(virtual_entry_becomes_physical, setup, teardown),
		cmocka_unit_test_setup_teardown(
			addresses_in_the_header_count_more_than_elf, setup, teardown),
		cmocka_unit_test_setup_teardown(lying_addresses_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			unknown_demands_are_refused_and_video_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(header_is_looked_for_in_8_kib, setup, teardown),
		cmocka_unit_test_setup_teardown(
			elf_of_64_bits_is_told_how_to_convert, setup, teardown),
		cmocka_unit_test_setup_teardown(modules_that_do_not_fit_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
