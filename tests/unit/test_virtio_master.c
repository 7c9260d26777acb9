/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_virtio_master.c - a guest that takes bus mastering from a device has taken memory from it: that is
 * what a kernel does before it starts another one in its place (kexec), without a reset.
 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

static struct driver d;
static struct virtio v;
static unsigned activations, resets;

static int activate(struct virtio *dev)
{
	(void)dev;
	activations++;
	return 0;
}

static void reset(struct virtio *dev)
{
	(void)dev;
	resets++;
}

static void config_written(struct virtio *dev, uint32_t offset, uint32_t size)
{
	(void)dev;
	(void)offset;
	(void)size;
}

static const struct virtio_ops ops = { "virtio-test", 42, 0x00ff00, activate, reset, config_written };

static int setup(void **state)
{
	static const uint16_t sizes[] = { 8, 8 };

	(void)state;
	activations = resets = 0;
	driver_init(&d);
	assert_int_equal(virtio_init(&v, &(struct virtio_setup){ .ops = &ops,
						 .mem = &d.g.mem,
						 .nr_queues = 2,
						 .queue_size = sizes }),
		0);
	driver_attach(&d, &v);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	driver_detach(&d);
	virtio_fini(&v);
	driver_fini(&d);
	return 0;
}

static void without_mastering_a_device_stops(void **state)
{
	(void)state;
	driver_start(&d, 0);
	assert_true(v.active);
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_false(v.active);
	assert_int_equal(resets, 1);
	assert_int_equal(d.wired.nr_bells, 0);
	assert_int_equal(driver_status(&d), DRIVER_NEGOTIATED);
	/* Neither does it go on by itself, nor is it broken: the next driver resets it. */
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_false(v.active);
	assert_int_equal(v.faults, 0);
	driver_start(&d, 0);
	assert_true(v.active);
	assert_int_equal(activations, 2);
	assert_int_equal(resets, 1);
}

static void other_bits_and_other_registers_stop_nothing(void **state)
{
	(void)state;
	driver_start(&d, 0);
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	driver_cfg_set(&d, PCI_COMMAND + 1, 1, 0);
	driver_cfg_set(&d, PCI_CACHE_LINE_SIZE, 1, 0);
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_true(v.active);
	assert_int_equal(resets, 0);
}

/* Firmware and small systems that never turn it on get their device all the same. */
static void mastering_that_never_was_is_not_taken(void **state)
{
	(void)state;
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	driver_start(&d, 0);
	assert_true(v.active);
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	assert_true(v.active);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_mastering_a_device_stops),
		TEST(other_bits_and_other_registers_stop_nothing),
		TEST(mastering_that_never_was_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
