/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_boot_payload.c - the contract of thole/payload.h: parameters, memory, registers. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <thole/payload.h>

#include "tests/unit/boot_image.h"

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
		.type = ET_EXEC, .machine = EM_X86_64, .entry = MiB(2) + 16, .nr = 2,
		.segment = {
			{ PT_LOAD, MiB(2), MiB(2), 1000, 1000 },
			{ PT_LOAD, MiB(3), MiB(3), 0, KiB(6) },
		},
	};
	elf_make(&image, &parts);
	memset(&caught, 0, sizeof(caught));
	memset(&input, 0, sizeof(input));
	input.nr_cpus = 3;
	input.guest_page = MiB(2);
	input.has_page_1g = true;
	input.tsc_khz = 2000000;
	input.cmdline = "one two";
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

static int plan_with_nodes(const uint64_t *bytes, uint32_t nr)
{
	assert_int_equal(ram_layout_make(&ram, bytes, nr, KiB(64), 46), 0);
	input.kind = BOOT_PAYLOAD;
	input.kernel = image_blob(&image);
	input.ram = &ram;
	boot_plan_fini(&plan);
	return boot_plan_make(&input, &plan);
}

static int plan_with(uint64_t bytes)
{
	return plan_with_nodes(&bytes, 1);
}

static void assert_refused(uint64_t bytes, const char *words)
{
	caught.nr = 0;
	assert_true(plan_with(bytes) < 0);
	assert_int_equal(caught.nr, 1);
	if (!strstr(caught.last, words))
		fail_msg("\"%s\" does not say \"%s\"", caught.last, words);
}

static const struct payload_params *params_of(void)
{
	const struct payload_params *p = boot_plan_at(&plan, plan.cpu.regs.rsi, sizeof(*p));

	assert_non_null(p);
	return p;
}

static void parameters_are_filled(void **state)
{
	const uint32_t cpu_node[] = { 0, 1, 1 };
	const uint32_t *nodes;
	const struct payload_params *p;
	enum boot_kind kind;

	(void)state;
	input.cpu_node = cpu_node;
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(boot_kind_of(&input.kernel, true, &kind), 0);
	assert_int_equal(kind, BOOT_PAYLOAD);
	assert_null(boot_plan_fault(&plan, &ram));
	p = params_of();
	assert_memory_equal(&p->magic, "THOLEPAY", 8);
	assert_int_equal(p->version, 1);
	assert_int_equal(p->size, 128);
	assert_int_equal(p->nr_cpus, 3);
	assert_int_equal(p->tsc_khz, 2000000);
	assert_int_equal(p->guest_page, MiB(2));
	assert_string_equal(boot_plan_at(&plan, p->cmdline, 8), "one two");
	nodes = boot_plan_at(&plan, p->cpu_nodes, sizeof(cpu_node));
	assert_memory_equal(nodes, cpu_node, sizeof(cpu_node));
}

static void every_vcpu_has_a_stack_of_its_own(void **state)
{
	const struct payload_params *p;

	(void)state;
	assert_int_equal(plan_with(MiB(64)), 0);
	p = params_of();
	assert_true(plan.all_cpus);
	/* In one large page with the image, the parameters and the page tables. */
	assert_true(range_holds((struct range){ MiB(2), MiB(2) }, p->stack_base, 3 * p->stack_size));
	assert_int_equal(align_down(plan.cpu.regs.rsi, MiB(2)), MiB(2));
	assert_int_equal(align_down(plan.cpu.cr3, MiB(2)), MiB(2));
	for (uint32_t i = 0; i < 3; i++) {
		struct kvm_regs r = boot_cpu_regs(&plan, i);
		gpa_t base = p->stack_base + (2 - i) * p->stack_size;

		assert_int_equal(r.rdi, i);
		assert_int_equal(r.rsi, plan.cpu.regs.rsi);
		assert_int_equal(r.rip, MiB(2) + 16);
		assert_int_equal(r.rflags, 0x3002);
		assert_int_equal((r.rsp + 8) % 16, 0);
		assert_true(range_holds((struct range){ base, p->stack_size }, r.rsp, 8));
	}
}

static void many_stacks_lie_high(void **state)
{
	(void)state;
	input.nr_cpus = 32;
	assert_int_equal(plan_with(MiB(64)), 0);
	assert_int_equal(params_of()->stack_base, MiB(64) - KiB(64) - 32 * params_of()->stack_size);
}

/* Free ranges: nothing of the plan's, all RAM, by node, the largest first. */
static void free_memory_is_free(void **state)
{
	const uint64_t bytes[] = { MiB(16), MiB(32), GiB(4) };
	const struct payload_range *r;
	const struct payload_params *p;

	(void)state;
	assert_int_equal(plan_with_nodes(bytes, 3), 0);
	assert_null(boot_plan_fault(&plan, &ram));
	p = params_of();
	r = boot_plan_at(&plan, p->ranges, p->nr_ranges * sizeof(*r));
	assert_non_null(r);
	for (uint32_t i = 0; i < p->nr_ranges; i++) {
		const struct range all = { r[i].base, r[i].size };
		bool in_node = false;

		assert_true(all.size && is_aligned(all.base | all.size, KiB(4)));
		assert_true(all.base >= MiB(1));
		assert_true(i == 0 || all.size <= r[i - 1].size);
		for (uint32_t n = 0; n < ram.nr; n++)
			in_node |= ram.ram[n].node == r[i].node &&
				   range_holds(ram.ram[n].gpa, all.base, all.size);
		assert_true(in_node);
		assert_false(range_overlaps(all, ram.acpi));
		for (uint32_t s = 0; s < plan.nr_segments; s++)
			assert_false(range_overlaps(
				all, (struct range){ plan.segment[s].gpa,
					     plan.segment[s].size + plan.segment[s].zero }));
		for (uint32_t j = 0; j < i; j++)
			assert_false(range_overlaps(all, (struct range){ r[j].base, r[j].size }));
	}
	/* 1-2, 2-3, 3 MiB and on as far as the stacks, 4-16 MiB, node 1, node 2 on either side */
	assert_int_equal(p->nr_ranges, 7);
	assert_int_equal(r[1].base, GiB(4));
}

static uint64_t page_at(uint64_t va)
{
	uint64_t page = 0;
	uint64_t entry = boot_plan_translate(&plan, va, &page);

	if (!entry)
		return 0;
	assert_int_equal(entry & 0xffffffffff000, align_down(va, page));
	assert_int_equal(entry & 7, 7);
	return page;
}

static void page_tables_cover_ram_and_nothing_else(void **state)
{
	const uint64_t bytes[] = { GiB(3) + MiB(10) + KiB(4), GiB(1) };
	const uint64_t sizes[] = { KiB(4), MiB(2), GiB(1) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		input.guest_page = sizes[i];
		assert_int_equal(plan_with_nodes(bytes, 2), 0);
		assert_null(boot_plan_fault(&plan, &ram));
		assert_int_equal(page_at(0), i < 2 ? 0 : GiB(1));
		assert_int_equal(page_at(KiB(4)), i < 2 ? KiB(4) : GiB(1));
		assert_int_equal(page_at(MiB(2)), sizes[i]);
		assert_int_equal(page_at(GiB(2) + 12345), sizes[i]);
		assert_int_equal(page_at(GiB(3) - 1), sizes[i]);
		assert_int_equal(page_at(GiB(3)), 0);
		assert_int_equal(page_at(GiB(4) - 1), 0);
		assert_int_equal(page_at(GiB(4)), sizes[i]);
		/* The nodes' border is in the middle of a large page. */
		assert_int_equal(page_at(GiB(4) + MiB(10) + KiB(4)), sizes[i]);
		assert_int_equal(page_at(GiB(5) + MiB(10)), KiB(4));
		assert_int_equal(page_at(GiB(5) + MiB(10) + KiB(4)), 0);
		assert_int_equal(page_at(TiB(1)), 0);
	}
}

static void page_sizes_are_checked(void **state)
{
	(void)state;
	input.guest_page = KiB(8);
	assert_refused(MiB(64), "take 4K, 2M or 1G");
	input.guest_page = GiB(1);
	input.has_page_1g = false;
	assert_refused(MiB(64), "take 2M");
}

static void ports_are_allowed_by_the_tss(void **state)
{
	struct kvm_sregs s = { 0 };
	const uint8_t *tss;

	(void)state;
	assert_int_equal(plan_with(MiB(64)), 0);
	boot_cpu_sregs(&plan, &(struct boot_features){ 0 }, &s);
	assert_int_equal(s.tr.base, plan.cpu.tss);
	assert_int_equal(s.tr.limit, 104 + 8192);
	tss = boot_plan_at(&plan, s.tr.base, s.tr.limit + 1u);
	assert_non_null(tss);
	assert_int_equal(tss[102] | tss[103] << 8, 104);
	for (uint32_t port = 0; port < 65536; port += 8)
		assert_int_equal(tss[104 + port / 8], 0);
	assert_int_equal(tss[104 + 8192], 0xff);
}

static void wrong_kinds_of_elf_are_refused(void **state)
{
	const struct elf_parts good = parts;
	enum boot_kind kind;
	struct blob blob;

	(void)state;
#define REFUSED(words, ...)                                                                        \
	do {                                                                                       \
		parts = good;                                                                      \
		__VA_ARGS__;                                                                       \
		elf_make(&image, &parts);                                                          \
		assert_refused(MiB(64), words);                                                    \
	} while (0)
	REFUSED("-static -no-pie", parts.type = ET_DYN);
	REFUSED("dynamically linked", parts.segment[1].type = PT_INTERP);
	REFUSED("-nostdlib", parts.segment[1].type = PT_TLS);
	REFUSED("no executable", parts.type = ET_CORE);
	REFUSED("32-bit", parts.is32 = true; parts.machine = EM_386);
	REFUSED("64-bit ARM", parts.machine = EM_AARCH64);
	REFUSED("below 1 MiB", parts.segment[1].vaddr = MiB(1) - 1);
	REFUSED("define _start", parts.entry = MiB(3));
	REFUSED("overlaps", parts.segment[1].vaddr = MiB(2) + 999);
	REFUSED("impossible sizes", parts.segment[1].vaddr = UINT64_MAX - 4096);
	REFUSED("give the guest more memory", parts.segment[1].vaddr = MiB(64) - KiB(64) - KiB(4));
#undef REFUSED
	blob = (struct blob){ .name = "text", .data = (const uint8_t *)"hello", .size = 5 };
	assert_int_equal(boot_kind_of(&blob, true, &kind), -ENOEXEC);
	assert_non_null(strstr(caught.last, "is no ELF file"));
}

static void stacks_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	input.nr_cpus = 1024;
	assert_refused(MiB(64), "no room for the vCPUs' stacks, 65536 KiB");
	assert_int_equal(plan_with(MiB(80)), 0);
}

static void tables_that_do_not_fit_are_refused(void **state)
{
	const uint64_t bytes[] = { MiB(2) + KiB(128), 0 };

	(void)state;
	parts.segment[0].vaddr = MiB(1);
	parts.segment[1] =
		(__typeof__(parts.segment[1])){ PT_LOAD, MiB(1) + KiB(4), 0, 0, KiB(1020) };
	parts.entry = MiB(1);
	elf_make(&image, &parts);
	input.nr_cpus = 1;
	assert_int_equal(plan_with_nodes(bytes, 1), 0);
	/* 4 KiB pages for 5 GiB take 10 MiB of tables. */
	parts.segment[1].mem_size = GiB(3) - MiB(1) - KiB(4) - KiB(64) - KiB(64);
	elf_make(&image, &parts);
	input.guest_page = KiB(4);
	assert_int_equal(plan_with(GiB(5)), 0);
	assert_true(plan.cpu.cr3 >= GiB(4));
	assert_null(boot_plan_fault(&plan, &ram));
	assert_refused(GiB(3), "no room for page tables");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parameters_are_filled, setup, teardown),
		cmocka_unit_test_setup_teardown(every_vcpu_has_a_stack_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(many_stacks_lie_high, setup, teardown),
		cmocka_unit_test_setup_teardown(free_memory_is_free, setup, teardown),
		cmocka_unit_test_setup_teardown(
			page_tables_cover_ram_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(page_sizes_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(ports_are_allowed_by_the_tss, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_kinds_of_elf_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			stacks_that_do_not_fit_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			tables_that_do_not_fit_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
