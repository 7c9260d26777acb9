/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_boot_linux.c - bzImages: where everything goes, and what is refused with which words. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/boot_image.h"

static struct log_lines caught = { .least = LOG_LEVEL_ERR };
static struct image image;
static struct setup_header header;
static struct ram_layout ram;
static struct boot_input input;
static struct boot_plan plan;

static int setup(void **state)
{
	(void)state;
	memset(&header, 0, sizeof(header));
	memset(&caught, 0, sizeof(caught));
	log_set_sink(log_lines_keep, &caught);
	bzimage_make(&image, &header);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	boot_plan_fini(&plan);
	log_set_sink(NULL, NULL);
	return 0;
}

static int plan_with(uint64_t bytes, const char *cmdline)
{
	assert_int_equal(ram_layout_make(&ram, &bytes, 1, KiB(64), 46), 0);
	input.kind = BOOT_LINUX;
	input.kernel = image_blob(&image);
	input.cmdline = cmdline;
	input.ram = &ram;
	input.nr_cpus = 1;
	input.rsdp = LAYOUT_RSDP;
	boot_plan_fini(&plan);
	return boot_plan_make(&input, &plan);
}

static const struct boot_params *zero_page(void)
{
	const struct boot_params *zero = boot_plan_at(&plan, plan.cpu.regs.rsi, sizeof(*zero));

	assert_non_null(zero);
	return zero;
}

static void assert_refused(uint64_t bytes, const char *words)
{
	caught.nr = 0;
	assert_true(plan_with(bytes, "") < 0);
	assert_int_equal(caught.nr, 1);
	if (!strstr(caught.last, words))
		fail_msg("\"%s\" does not say \"%s\"", caught.last, words);
}

static void good_kernel_lies_at_its_preferred_address(void **state)
{
	const struct boot_params *zero;
	enum boot_kind kind;

	(void)state;
	input.initrd.size = 0;
	assert_int_equal(plan_with(MiB(64), "console=ttyS0"), 0);
	assert_int_equal(boot_kind_of(&input.kernel, false, &kind), 0);
	assert_int_equal(kind, BOOT_LINUX);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_int_equal(plan.cpu.mode, CPU_LONG64);
	assert_int_equal(plan.cpu.regs.rip, BZIMAGE_PREF + 0x200);
	assert_false(plan.all_cpus);
	assert_memory_equal(boot_plan_at(&plan, BZIMAGE_PREF, BZIMAGE_KERNEL),
		image.data + BZIMAGE_SETUP, BZIMAGE_KERNEL);
	zero = zero_page();
	assert_int_equal(zero->hdr.type_of_loader, 0xff);
	assert_int_equal(zero->sentinel, 0);
	assert_int_equal(zero->acpi_rsdp_addr, LAYOUT_RSDP);
	assert_int_equal(zero->hdr.ramdisk_size, 0);
	assert_string_equal(boot_plan_at(&plan, zero->hdr.cmd_line_ptr, 14), "console=ttyS0");
	assert_true(plan.cpu.regs.rsi < LAYOUT_LOW_END && plan.cpu.gdt < LAYOUT_LOW_END &&
		    plan.cpu.cr3 < LAYOUT_LOW_END && zero->hdr.cmd_line_ptr < LAYOUT_LOW_END);
}

static void e820_tells_the_layout(void **state)
{
	static const struct boot_e820_entry want[] = {
		{ 0, LAYOUT_LOW_END, 1 },
		{ LAYOUT_LOW_END, MiB(1) - LAYOUT_LOW_END, 2 },
		{ MiB(1), GiB(3) - MiB(1) - KiB(64), 1 },
		{ GiB(3) - KiB(64), KiB(64), 3 },
		{ LAYOUT_ECAM_BASE, LAYOUT_ECAM_SIZE, 2 },
		{ LAYOUT_KVM_IDMAP, KiB(16), 2 },
		{ GiB(4), GiB(2), 1 },
	};
	const struct boot_params *zero;

	(void)state;
	assert_int_equal(plan_with(GiB(5), ""), 0);
	zero = zero_page();
	assert_int_equal(zero->e820_entries, ARRAY_SIZE(want));
	assert_memory_equal(zero->e820_table, want, sizeof(want));
}

static void nodes_make_no_seams_in_e820(void **state)
{
	const uint64_t bytes[] = { GiB(2), GiB(2), GiB(2), 0, GiB(1) };

	(void)state;
	assert_int_equal(plan_with(GiB(1), ""), 0);
	assert_int_equal(ram_layout_make(&ram, bytes, 5, KiB(64), 46), 0);
	boot_plan_fini(&plan);
	assert_int_equal(boot_plan_make(&input, &plan), 0);
	assert_int_equal(zero_page()->e820_entries, 7);
	assert_int_equal(zero_page()->e820_table[6].size, GiB(4));
}

static void first_4_gib_are_mapped(void **state)
{
	const gpa_t at[] = { 0, 0x1000, LAYOUT_LOW_END, MiB(1), GiB(1) + 5, GiB(4) - 1 };
	uint64_t page = 0;

	(void)state;
	assert_int_equal(plan_with(MiB(64), ""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		uint64_t entry = boot_plan_translate(&plan, at[i], &page);

		assert_int_equal(page, MiB(2));
		assert_int_equal(entry & ~0xfffull, align_down(at[i], MiB(2)));
		assert_int_equal(entry & 0x87, 0x83);
	}
	assert_int_equal(boot_plan_translate(&plan, GiB(4), &page), 0);
}

static void taken_preferred_address_moves_a_relocatable_kernel_up(void **state)
{
	(void)state;
	header.pref_address = MiB(1) + KiB(4);
	bzimage_make(&image, &header);
	assert_int_equal(plan_with(MiB(64), ""), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(2) + 0x200);
	header.relocatable_kernel = 0;
	bzimage_make(&image, &header);
	assert_int_equal(plan_with(MiB(64), ""), 0);
	assert_int_equal(plan.cpu.regs.rip, MiB(1) + KiB(4) + 0x200);
	header.pref_address = KiB(4);
	bzimage_make(&image, &header);
	assert_refused(MiB(64), "give it more");
}

static void kernel_above_4_gib_is_mapped(void **state)
{
	uint64_t page;

	(void)state;
	header.pref_address = GiB(3) - MiB(2);
	bzimage_make(&image, &header);
	assert_int_equal(plan_with(GiB(5), ""), 0);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_int_equal(plan.cpu.regs.rip, GiB(4) + 0x200);
	assert_true(boot_plan_translate(&plan, GiB(4), &page) != 0);
	assert_true(boot_plan_translate(&plan, GiB(4) + BZIMAGE_INIT - 1, &page) != 0);
	header.xloadflags = XLF_KERNEL_64;
	bzimage_make(&image, &header);
	assert_refused(GiB(5), "give it more");
}

static void initrd_goes_high_and_above_4_gib_at_need(void **state)
{
	uint64_t size = MiB(20);
	uint8_t *bytes = calloc(1, size);
	uint64_t at;

	(void)state;
	assert_non_null(bytes);
	input.initrd = (struct blob){ .name = "initrd", .data = bytes, .size = size };
	assert_int_equal(plan_with(MiB(64), ""), 0);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_int_equal(zero_page()->hdr.ramdisk_image, MiB(64) - KiB(64) - size);
	assert_int_equal(zero_page()->hdr.ramdisk_size, size);
	assert_int_equal(plan_with(GiB(3), ""), 0);
	assert_int_equal(zero_page()->hdr.ramdisk_image, GiB(2) - size);
	header.initrd_addr_max = MiB(4) - 1;
	bzimage_make(&image, &header);
	assert_int_equal(plan_with(GiB(5), ""), 0);
	at = zero_page()->hdr.ramdisk_image | (uint64_t)zero_page()->ext_ramdisk_image << 32;
	assert_int_equal(at, GiB(6) - size);
	assert_null(boot_plan_fault(&plan, &ram));
	assert_refused(MiB(64), "does not fit beside the kernel");
	header.xloadflags = XLF_KERNEL_64;
	bzimage_make(&image, &header);
	assert_refused(GiB(5), "does not fit beside the kernel");
	header.initrd_addr_max = 0;
	bzimage_make(&image, &header);
	assert_refused(GiB(5), "does not fit beside the kernel");
	input.initrd.size = 0;
	free(bytes);
}

static void long_command_line_is_refused_not_cut(void **state)
{
	char line[2100];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[2047] = 0;
	assert_int_equal(plan_with(MiB(64), line), 0);
	line[2047] = 'a';
	line[2048] = 0;
	assert_int_equal(plan_with(MiB(64), line), -E2BIG);
	assert_non_null(strstr(caught.last, "2048 bytes, this kernel takes 2047"));
}

static void too_little_memory_says_how_much(void **state)
{
	(void)state;
	assert_refused(MiB(20), "needs 26 MiB of memory (8192 KiB at 0x1000000), the guest has 20");
}

static void damaged_headers_are_refused(void **state)
{
	const struct setup_header good = header;

	(void)state;
#define REFUSED(words, ...)                                                                        \
	do {                                                                                       \
		header = good;                                                                     \
		__VA_ARGS__;                                                                       \
		bzimage_make(&image, &header);                                                     \
		assert_refused(MiB(64), words);                                                    \
	} while (0)
	REFUSED("too old", header.version = 0x20b);
	REFUSED("32-bit bzImage", header.xloadflags = 0);
	REFUSED("zImage", header.loadflags = 0);
	REFUSED("alignment", header.kernel_alignment = 0);
	REFUSED("alignment", header.kernel_alignment = 3);
	REFUSED("damaged", header.init_size = 0);
	REFUSED("does not fit", header.init_size = BZIMAGE_KERNEL - 1);
	REFUSED("complete copy", header.syssize = UINT32_MAX);
	REFUSED("complete copy", header.setup_sects = 255);
	REFUSED("complete copy", header.setup_sects = 0); /* means 4 */
	REFUSED("give it more", header.pref_address = UINT64_MAX);
	REFUSED("give it more", header.pref_address = UINT64_MAX - BZIMAGE_INIT);
	REFUSED("give it more", header.init_size = UINT32_MAX);
	REFUSED("not a Linux bzImage", header.boot_flag = 0);
#undef REFUSED
}

static void every_truncation_is_refused(void **state)
{
	uint64_t whole = image.size;

	(void)state;
	for (image.size = 0; image.size < whole; image.size++) {
		enum boot_kind kind;
		struct blob exact = image_blob(&image);
		uint8_t *bytes = malloc(image.size + 1);

		/* On the heap, so that a sanitizer sees a read past the end. */
		assert_non_null(bytes);
		memcpy(bytes, image.data, image.size);
		exact.data = bytes;
		caught.nr = 0;
		assert_true(plan_with(MiB(64), "") < 0);
		assert_int_equal(caught.nr, 1);
		input.kernel = exact;
		assert_true(boot_plan_make(&input, &plan) < 0);
		if (boot_kind_of(&exact, false, &kind) == 0)
			assert_int_equal(kind, BOOT_LINUX);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			good_kernel_lies_at_its_preferred_address, setup, teardown),
		cmocka_unit_test_setup_teardown(e820_tells_the_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_make_no_seams_in_e820, setup, teardown),
		cmocka_unit_test_setup_teardown(first_4_gib_are_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(
			taken_preferred_address_moves_a_relocatable_kernel_up, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_above_4_gib_is_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(
			initrd_goes_high_and_above_4_gib_at_need, setup, teardown),
		cmocka_unit_test_setup_teardown(
			long_command_line_is_refused_not_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(too_little_memory_says_how_much, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_headers_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
