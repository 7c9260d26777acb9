/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_boot_elf.c - ELF files that lie about themselves, and kernels started at their PVH entry. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/boot_image.h"
#include "vmm/boot/elf.h"

static struct log_lines caught = { .least = LOG_LEVEL_ERR };
static struct image image;
static struct elf_parts parts;
static struct ram_layout ram;
static struct boot_input input;
static struct boot_plan plan;

static int setup(void **state)
{
	(void)state;
	parts = (struct elf_parts){
		.type = ET_EXEC, .machine = EM_X86_64, .entry = 0xffffffff81000000, .nr = 3,
		.segment = {
			{ PT_LOAD, 0xffffffff81000000, MiB(16), 1000, 1000 },
			{ PT_LOAD, 0, MiB(17), 24, 4096 },
			{ PT_LOAD, 0xffffffff81200000, MiB(18), 0, MiB(1) },
		},
		.has_note = true, .note_value = MiB(16) + 0x30,
	};
	elf_make(&image, &parts);
	memset(&caught, 0, sizeof(caught));
	memset(&input, 0, sizeof(input));
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
	input.kind = BOOT_PVH;
	input.kernel = image_blob(&image);
	input.cmdline = "console=ttyS0";
	input.ram = &ram;
	input.nr_cpus = 1;
	input.rsdp = LAYOUT_RSDP;
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

static void pvh_kernel_gets_its_start_info(void **state)
{
	uint8_t initrd[100] = { 1 };
	const struct pvh_start_info *info;
	const struct pvh_module *module;
	const struct pvh_region *region;
	enum boot_kind kind;

	(void)state;
	input.initrd = (struct blob){ .name = "initrd", .data = initrd, .size = sizeof(initrd) };
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(boot_kind_of(&input.kernel, false, &kind), 0);
	assert_int_equal(kind, BOOT_PVH);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_int_equal(plan.cpu.mode, CPU_PROTECTED32);
	assert_int_equal(plan.cpu.regs.rip, MiB(16) + 0x30);
	info = boot_plan_at(&plan, plan.cpu.regs.rbx, sizeof(*info));
	assert_non_null(info);
	assert_int_equal(info->magic, PVH_MAGIC);
	assert_int_equal(info->version, 1);
	assert_int_equal(info->rsdp, LAYOUT_RSDP);
	assert_string_equal(boot_plan_at(&plan, info->cmdline, 14), "console=ttyS0");
	assert_int_equal(info->nr_modules, 1);
	module = boot_plan_at(&plan, info->modules, sizeof(*module));
	assert_int_equal(module->base, MiB(64) - KiB(64) - KiB(4));
	assert_int_equal(module->size, sizeof(initrd));
	assert_int_equal(info->nr_regions, 6);
	region = boot_plan_at(&plan, info->memmap, 6 * sizeof(*region));
	assert_int_equal(region[3].type, 3);
	assert_int_equal(region[3].base, MiB(64) - KiB(64));
	assert_memory_equal(boot_plan_at(&plan, MiB(16), 1000), image.data + ELF_DATA_AT, 1000);
	assert_memory_equal(boot_plan_at(&plan, MiB(17), 24), image.data + ELF_DATA_AT + 1024, 24);
}

static void without_initrd_there_is_no_module(void **state)
{
	const struct pvh_start_info *info;

	(void)state;
	assert_int_equal(plan_with(MiB(64)), 0);
	info = boot_plan_at(&plan, plan.cpu.regs.rbx, sizeof(*info));
	assert_int_equal(info->nr_modules, 0);
	assert_int_equal(info->modules, 0);
}

static void kernel_of_32_bits_has_pvh_too(void **state)
{
	(void)state;
	parts.is32 = true;
	parts.machine = EM_386;
	elf_make(&image, &parts);
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(16) + 0x30);
}

static void kernel_without_note_names_the_option(void **state)
{
	enum boot_kind kind;
	struct blob blob;

	(void)state;
	parts.has_note = false;
	elf_make(&image, &parts);
	assert_refused(MiB(64), "CONFIG_PVH");
	blob = image_blob(&image);
	assert_int_equal(boot_kind_of(&blob, false, &kind), -ENOEXEC);
	assert_non_null(strstr(caught.last, "CONFIG_PVH"));
}

static void bad_entry_is_refused(void **state)
{
	(void)state;
	parts.note_value = MiB(20);
	elf_make(&image, &parts);
	assert_refused(MiB(64), "in no segment");
	parts.note_value = MiB(18); /* there is memory, but nothing loaded */
	elf_make(&image, &parts);
	assert_refused(MiB(64), "in no segment");
	parts.note_value = GiB(4) + MiB(16);
	elf_make(&image, &parts);
	assert_refused(MiB(64), "32-bit address");
}

static void bad_places_are_refused(void **state)
{
	const struct elf_parts good = parts;

	(void)state;
#define REFUSED(words, ...)                                                                        \
	do {                                                                                       \
		parts = good;                                                                      \
		__VA_ARGS__;                                                                       \
		elf_make(&image, &parts);                                                          \
		assert_refused(MiB(64), words);                                                    \
	} while (0)
	REFUSED("overlaps", parts.segment[1].paddr = MiB(16) + 999);
	REFUSED("overlaps", parts.segment[2].paddr = MiB(15) + 1);
	REFUSED("impossible sizes", parts.segment[0].mem_size = 999);
	REFUSED("impossible sizes", parts.segment[0].paddr = UINT64_MAX);
	REFUSED("impossible sizes", parts.segment[1].mem_size = UINT64_MAX);
	REFUSED("give the guest more memory", parts.segment[2].mem_size = 1ull << 30);
	REFUSED("give the guest more memory", parts.segment[2].paddr = MiB(63));
	REFUSED("give the guest more memory", parts.segment[2].paddr = LAYOUT_LOW_END - 1);
	REFUSED("give the guest more memory", parts.segment[2].paddr = GiB(4));
	REFUSED("complete copy", parts.segment[1].file_size = parts.segment[1].mem_size = 1u << 20);
#undef REFUSED
	assert_refused(MiB(64), "complete copy");
}

static void other_machines_are_named(void **state)
{
	(void)state;
	parts.machine = EM_AARCH64;
	elf_make(&image, &parts);
	assert_refused(MiB(64), "is for 64-bit ARM (ELF machine 183)");
	parts.machine = 9999;
	elf_make(&image, &parts);
	assert_refused(MiB(64), "a machine unknown to thole");
	image.data[EI_DATA] = ELFDATA2MSB;
	assert_refused(MiB(64), "big-endian");
	image.data[EI_CLASS] = 7;
	assert_refused(MiB(64), "neither a 32-bit nor a 64-bit");
}

static void object_files_and_odd_headers_are_refused(void **state)
{
	Elf64_Ehdr *e = (void *)image.data;

	(void)state;
	e->e_phnum = 0;
	assert_refused(MiB(64), "link it");
	e->e_phnum = ELF_SEGMENTS_MAX + 1;
	assert_refused(MiB(64), "more than 128");
	e->e_phnum = 4;
	e->e_phentsize = 57;
	assert_refused(MiB(64), "not ELF's");
	e->e_phentsize = sizeof(Elf64_Phdr);
	e->e_phoff = UINT64_MAX - 10;
	assert_refused(MiB(64), "complete copy");
	e->e_type = ET_REL;
	assert_refused(MiB(64), "link it");
}

/* Notes whose sizes reach past their end, with the value after each such header unread. */
static void hostile_notes_are_not_followed(void **state)
{
	uint64_t at = ELF_DATA_AT + parts.nr * 1024;
	const uint32_t sizes[] = { 200, 0x7fffffff, 0xfffffff9, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		elf_make(&image, &parts);
		memcpy(image.data + at, &sizes[i], 4);
		assert_refused(MiB(64), "CONFIG_PVH");
		elf_make(&image, &parts);
		memcpy(image.data + at + 4, &sizes[i], 4);
		assert_refused(MiB(64), "CONFIG_PVH");
	}
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

static void long_command_line_is_refused_not_cut(void **state)
{
	char line[2100];

	(void)state;
	assert_int_equal(plan_with(MiB(64)), 0);
	boot_plan_fini(&plan);
	memset(line, 'a', sizeof(line));
	line[2047] = 0;
	input.cmdline = line;
	assert_int_equal(boot_plan_make(&input, &plan), 0);
	boot_plan_fini(&plan);
	line[2047] = 'a';
	line[2048] = 0;
	assert_int_equal(boot_plan_make(&input, &plan), -E2BIG);
	assert_non_null(strstr(caught.last, "2048 bytes, this kernel takes 2047"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pvh_kernel_gets_its_start_info, setup, teardown),
		cmocka_unit_test_setup_teardown(without_initrd_there_is_no_module, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_of_32_bits_has_pvh_too, setup, teardown),
		cmocka_unit_test_setup_teardown(
			long_command_line_is_refused_not_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(
			kernel_without_note_names_the_option, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_entry_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_places_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(other_machines_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(
			object_files_and_odd_headers_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_notes_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
