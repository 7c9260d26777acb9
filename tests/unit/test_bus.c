/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bus.c - accesses reach the device that owns the address, and only whole ones. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "vmm/bus.h"

struct probe {
	struct device dev;
	struct access last;
	unsigned calls;
};

static enum io_result probe_access(struct device *dev, struct access *a)
{
	struct probe *p = container_of(dev, struct probe, dev);

	p->last = *a;
	p->calls++;
	if (!a->write)
		a->value = 0x42;
	return IO_OK;
}

static const struct dev_ops probe_ops = { "probe", probe_access, device_nothing, device_nothing };

static uint64_t read_at(struct bus *b, gpa_t addr, uint8_t size, enum io_result want)
{
	struct access a = { .addr = addr, .size = size };

	assert_int_equal(bus_access(b, &a), want);
	return a.value;
}

static void every_address_finds_its_owner(void **state)
{
	struct probe p[3] = { { { &probe_ops }, { 0 }, 0 }, { { &probe_ops }, { 0 }, 0 }, { { &probe_ops }, { 0 }, 0 } };
	struct bus b;

	(void)state;
	bus_init(&b);
	assert_int_equal(bus_map(&b, (struct range){ 0x100, 8 }, &p[1].dev), 0);
	assert_int_equal(bus_map(&b, (struct range){ 0x10, 16 }, &p[0].dev), 0);
	assert_int_equal(bus_map(&b, (struct range){ 0x108, 1 }, &p[2].dev), 0);
	bus_seal(&b);
	assert_int_equal(read_at(&b, 0x10, 1, IO_OK), 0x42);
	assert_int_equal(read_at(&b, 0x1c, 4, IO_OK), 0x42);
	assert_int_equal(p[0].last.offset, 12);
	assert_int_equal(read_at(&b, 0x107, 1, IO_OK), 0x42);
	assert_int_equal(p[1].last.offset, 7);
	assert_int_equal(read_at(&b, 0x108, 1, IO_OK), 0x42);
	assert_int_equal(p[2].calls, 1);
	bus_fini(&b);
}

static void nobody_answers_with_ones(void **state)
{
	struct probe p = { { &probe_ops }, { 0 }, 0 };
	struct bus b;

	(void)state;
	bus_init(&b);
	assert_int_equal(read_at(&b, 0, 4, IO_NOBODY), 0xffffffff);
	assert_int_equal(bus_map(&b, (struct range){ 0x10, 4 }, &p.dev), 0);
	assert_int_equal(read_at(&b, 0xf, 1, IO_NOBODY), 0xff);
	assert_int_equal(read_at(&b, 0x14, 2, IO_NOBODY), 0xffff);
	assert_int_equal(read_at(&b, 0x12, 4, IO_NOBODY), 0xffffffff); /* runs over the end */
	assert_int_equal(read_at(&b, UINT64_MAX, 8, IO_NOBODY), UINT64_MAX);
	assert_int_equal(p.calls, 0);
	bus_fini(&b);
}

static void overlap_and_late_maps_are_refused(void **state)
{
	struct probe p = { { &probe_ops }, { 0 }, 0 };
	struct bus b;

	(void)state;
	bus_init(&b);
	assert_int_equal(bus_map(&b, (struct range){ 0x10, 16 }, &p.dev), 0);
	assert_int_equal(bus_map(&b, (struct range){ 0x1f, 1 }, &p.dev), -EEXIST);
	assert_int_equal(bus_map(&b, (struct range){ 0, 0x11 }, &p.dev), -EEXIST);
	assert_int_equal(bus_map(&b, (struct range){ 0x12, 2 }, &p.dev), -EEXIST);
	assert_int_equal(bus_map(&b, (struct range){ 0x20, 0 }, &p.dev), -EINVAL);
	assert_int_equal(bus_map(&b, (struct range){ UINT64_MAX, 2 }, &p.dev), -EINVAL);
	assert_int_equal(bus_map(&b, (struct range){ 0x20, 16 }, &p.dev), 0);
	bus_seal(&b);
	assert_int_equal(bus_map(&b, (struct range){ 0x40, 16 }, &p.dev), -EBUSY);
	bus_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_finds_its_owner),
		cmocka_unit_test(nobody_answers_with_ones),
		cmocka_unit_test(overlap_and_late_maps_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
