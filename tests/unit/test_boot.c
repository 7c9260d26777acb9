/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_boot.c - telling images apart, copying a plan, and how vCPUs start. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/boot_image.h"

static struct log_lines caught = { .least = LOG_LEVEL_ERR };

static int setup(void **state)
{
	(void)state;
	memset(&caught, 0, sizeof(caught));
	log_set_sink(log_lines_keep, &caught);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	return 0;
}

static void assert_stranger(const void *bytes, uint64_t at, uint64_t size, const char *words)
{
	uint8_t data[1024] = { 0 };
	struct blob blob = { .name = "file", .data = data, .size = sizeof(data) };
	enum boot_kind kind;

	memcpy(data + at, bytes, size);
	caught.nr = 0;
	assert_int_equal(boot_kind_of(&blob, false, &kind), -ENOEXEC);
	assert_int_equal(caught.nr, 1);
	if (!strstr(caught.last, words))
		fail_msg("\"%s\" does not say \"%s\"", caught.last, words);
}

/* A bzImage begins as an EFI program does; one that ends within its header is no such program. */
static void cut_headers_are_named(void **state)
{
	static const uint8_t data[0x202 + 0xff] = { 'M', 'Z' };
	struct blob blob = { .name = "file", .data = data };
	enum boot_kind kind;

	(void)state;
	for (blob.size = 2; blob.size < sizeof(data); blob.size++) {
		assert_int_equal(boot_kind_of(&blob, false, &kind), -ENOEXEC);
		if (!strstr(caught.last, "setup header; is it a complete copy?"))
			fail_msg("%u bytes: \"%s\"", (unsigned)blob.size, caught.last);
	}
}

static void strangers_are_named(void **state)
{
	enum boot_kind kind;
	struct blob empty = { .name = "nothing" };

	(void)state;
	assert_stranger("ARM\x64", 56, 4, "64-bit ARM");
	assert_stranger("MZ\0\0zimg", 0, 8, "EFI zboot");
	assert_stranger("MZ", 0, 2, "EFI program");
	assert_stranger("\x1f\x8b\x08", 0, 3, "unpack it (gzip -d)");
	assert_stranger("\xfd\x37zXZ\0", 0, 6, "unpack it (xz -d)");
	assert_stranger("\x28\xb5\x2f\xfd", 0, 4, "unpack it (zstd -d)");
	assert_stranger("070701", 0, 6, "as the initrd");
	assert_stranger("xyz", 0, 3, "no kernel that thole knows");
	assert_int_equal(boot_kind_of(&empty, false, &kind), -ENOEXEC);
	assert_non_null(strstr(caught.last, "nothing: is empty"));
	assert_int_equal(boot_kind_of(&empty, true, &kind), -ENOEXEC);
}

static void linux_is_no_payload(void **state)
{
	struct setup_header header = { 0 };
	struct image image;
	struct blob blob;
	enum boot_kind kind;

	(void)state;
	bzimage_make(&image, &header);
	blob = image_blob(&image);
	assert_int_equal(boot_kind_of(&blob, true, &kind), -ENOEXEC);
	assert_non_null(strstr(caught.last, "give it as the kernel"));
}

/* Two pieces of host memory that do not follow each other, for guest addresses that do. */
struct memory {
	uint8_t low[KiB(8)], gap[16], high[KiB(8)];
	unsigned calls;
};

static void *memory_at(void *ctx, gpa_t gpa, uint64_t size)
{
	struct memory *m = ctx;

	m->calls++;
	if (range_holds((struct range){ 0, sizeof(m->low) }, gpa, size))
		return m->low + gpa;
	if (range_holds((struct range){ sizeof(m->low), sizeof(m->high) }, gpa, size))
		return m->high + (gpa - sizeof(m->low));
	return NULL;
}

static void segments_cross_from_node_to_node(void **state)
{
	uint8_t data[KiB(9)];
	struct boot_segment segment[] = {
		{ .gpa = 100, .data = "abc", .size = 3, .zero = 5 },
		{ .gpa = KiB(5) + 7, .data = data, .size = sizeof(data), .zero = 1 },
		{ .gpa = KiB(15), .zero = 10 },
	};
	struct boot_plan plan = { .nr_segments = 3, .segment = segment };
	struct memory *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	assert_int_equal(boot_plan_write(&plan, memory_at, m), 0);
	assert_memory_equal(m->low + 100, "abc", 4);
	assert_memory_equal(m->low + KiB(5) + 7, data, KiB(3) - 7);
	assert_memory_equal(m->high, data + KiB(3) - 7, sizeof(data) - KiB(3) + 7);
	for (size_t i = 0; i < sizeof(m->gap); i++)
		assert_int_equal(m->gap[i], 0);
	segment[1].gpa = KiB(8);
	assert_int_equal(boot_plan_write(&plan, memory_at, m), -EFAULT);
	assert_non_null(strstr(caught.last, "0x4000"));
	free(m);
}

static struct kvm_sregs sregs_for(enum cpu_mode mode, struct boot_features have)
{
	const struct boot_plan plan = {
		.cpu = { .mode = mode, .cr3 = 0x5000, .gdt = 0x6000, .gdt_limit = 31 }
	};
	struct kvm_sregs s;

	memset(&s, 0xa5, sizeof(s));
	boot_cpu_sregs(&plan, &have, &s);
	return s;
}

static void protected_mode_is_flat_and_unpaged(void **state)
{
	struct kvm_sregs s = sregs_for(CPU_PROTECTED32, (struct boot_features){ true, 7 });

	(void)state;
	assert_int_equal(s.cr0, 0x11);
	assert_int_equal(s.cr4, 0);
	assert_int_equal(s.efer, 0);
	assert_int_equal(s.cs.selector, 0x10);
	assert_int_equal(s.cs.base | s.ss.base | s.ds.base | s.es.base | s.fs.base | s.gs.base, 0);
	assert_int_equal(s.cs.limit & s.ss.limit & s.ds.limit, 0xffffffff);
	assert_true(s.cs.db && !s.cs.l && s.cs.type == 11 && s.cs.dpl == 0);
	assert_true(s.ss.db && s.ss.type == 3 && s.ss.dpl == 0);
	assert_int_equal(s.gdt.base, 0x6000);
	assert_int_equal(s.gdt.limit, 31);
	assert_int_equal(s.tr.limit, 0x67);
	assert_int_equal(s.tr.type, 11);
}

static void long_mode_is_as_boot_rst_wants_it(void **state)
{
	struct kvm_sregs s = sregs_for(CPU_LONG64, (struct boot_features){ true, 7 });

	(void)state;
	assert_int_equal(s.cr0 & 0x80000001, 0x80000001);
	assert_int_equal(s.cr3, 0x5000);
	assert_int_equal(s.cr4, 0x20);
	assert_int_equal(s.efer, 0x500);
	assert_int_equal(s.cs.selector, 0x10);
	assert_int_equal(s.ss.selector, 0x18);
	assert_true(s.cs.l && !s.cs.db && s.cs.dpl == 0);
}

static void user_mode_has_what_the_cpu_has(void **state)
{
	const struct boot_plan plan = { .cpu = { .mode = CPU_USER64 } };
	struct kvm_sregs s = sregs_for(CPU_USER64, (struct boot_features){ 0 });

	(void)state;
	assert_int_equal(s.cr0, 0x80050033);
	assert_int_equal(s.cr4, 0x620);
	assert_int_equal(s.efer, 0xd00);
	assert_int_equal(s.cs.selector, 0x33);
	assert_int_equal(s.ss.selector, 0x2b);
	assert_true(s.cs.l && s.cs.dpl == 3 && s.ss.dpl == 3);
	s = sregs_for(CPU_USER64, (struct boot_features){ true, 7 });
	assert_int_equal(s.cr4, 0x50620);
	assert_int_equal(boot_cpu_xcr0(&plan, &(struct boot_features){ .xcr0 = 6 }), 7);
	assert_int_equal(boot_cpu_xcr0(&plan, &(struct boot_features){ 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(strangers_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_headers_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(linux_is_no_payload, setup, teardown),
		cmocka_unit_test_setup_teardown(segments_cross_from_node_to_node, setup, teardown),
		cmocka_unit_test_setup_teardown(
			protected_mode_is_flat_and_unpaged, setup, teardown),
		cmocka_unit_test_setup_teardown(long_mode_is_as_boot_rst_wants_it, setup, teardown),
		cmocka_unit_test_setup_teardown(user_mode_has_what_the_cpu_has, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
