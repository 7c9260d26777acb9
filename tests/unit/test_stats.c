/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stats.c - statistics in KVM's format are found by name; a file that lies is refused. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/stats.h"

#define NAME 48

struct recorded {
	struct kvm_stats_header h;
	char id[NAME];
	struct { /* struct kvm_stats_desc with its name, which has no fixed size there */
		uint32_t flags;
		int16_t exponent;
		uint16_t size;
		uint32_t offset;
		uint32_t bucket_size;
		char name[NAME];
	} desc[3];
	uint64_t data[6];
};

static_assert(offsetof(struct recorded, desc[0].name) - offsetof(struct recorded, desc[0])
		== sizeof(struct kvm_stats_desc),
	"the kernel's layout");

static struct recorded good(void)
{
	struct recorded r = { .h = { .name_size = NAME, .num_desc = 3 } };

	r.h.id_offset = offsetof(struct recorded, id);
	r.h.desc_offset = offsetof(struct recorded, desc);
	r.h.data_offset = offsetof(struct recorded, data);
	strcpy(r.desc[0].name, "exits");
	r.desc[0].size = 1;
	r.desc[0].offset = 0;
	strcpy(r.desc[1].name, "halt_wait_hist");
	r.desc[1].size = 4;
	r.desc[1].offset = 8;
	strcpy(r.desc[2].name, "pages_2m");
	r.desc[2].size = 1;
	r.desc[2].offset = 40;
	for (uint64_t i = 0; i < 6; i++)
		r.data[i] = 100 + i;
	return r;
}

static int open_bytes(struct stats *s, const void *bytes, size_t size)
{
	int fd = memfd_create("stats", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	return stats_open_fd(s, fd);
}

static void counters_are_found_by_name(void **state)
{
	struct recorded r = good();
	struct stats s;
	uint64_t v = 0;

	(void)state;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), 0);
	assert_int_equal(s.nr, 3);
	assert_true(stats_find(&s, "exits", &v));
	assert_int_equal(v, 100);
	assert_true(stats_find(&s, "pages_2m", &v));
	assert_int_equal(v, 105);
	assert_false(stats_find(&s, "halt_wait_hist", &v)); /* no plain counter */
	assert_false(stats_find(&s, "nope", &v));
	assert_int_equal(stats_at(&s, 1).count, 4);
	assert_int_equal(stats_at(&s, 1).values[3], 104);
	stats_close(&s);
}

static void numbers_are_read_anew(void **state)
{
	struct recorded r = good();
	struct stats s;
	uint64_t v = 0;
	uint64_t later = 7;

	(void)state;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), 0);
	assert_int_equal(pwrite(s.fd, &later, 8, offsetof(struct recorded, data)), 8);
	assert_int_equal(stats_read(&s), 0);
	assert_true(stats_find(&s, "exits", &v));
	assert_int_equal(v, 7);
	stats_close(&s);
}

static void every_truncation_is_refused(void **state)
{
	struct recorded r = good();
	struct stats s;

	(void)state;
	for (size_t n = 0; n < sizeof(r); n++)
		assert_int_equal(open_bytes(&s, &r, n), -EPROTO);
}

static void lies_are_refused(void **state)
{
	struct recorded r = good();
	struct stats s;

	(void)state;
	r.h.num_desc = UINT32_MAX;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), -EPROTO);
	r = good();
	r.h.name_size = UINT32_MAX;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), -EPROTO);
	r = good();
	r.desc[2].offset = 0x7ffffff8;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), -EPROTO);
	r = good();
	r.desc[2].offset = 41;
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), -EPROTO);
	r = good();
	memset(r.desc[1].name, 'x', NAME);
	assert_int_equal(open_bytes(&s, &r, sizeof(r)), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_found_by_name),
		cmocka_unit_test(numbers_are_read_anew),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(lies_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
