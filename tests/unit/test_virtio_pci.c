/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_virtio_pci.c - the transport as a driver uses it, in order and out of order: capabilities,
 * negotiation, queues, reset, doorbells.
 */
#include "tests/unit/virtio_pci_bench.h"

static void identity_and_capabilities(void **state)
{
	uint32_t common = cap_find(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_COMMON_CFG);
	uint32_t notify = cap_find(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_NOTIFY_CFG);
	uint32_t config = cap_find(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_DEVICE_CFG);
	uint32_t msix = cap_find(PCI_CAP_ID_MSIX, 0);

	(void)state;
	assert_int_equal(cfg_r(0, 4), (0x1040 + 42) << 16 | 0x1af4);
	assert_int_equal(cfg_r(PCI_CLASS_REVISION, 4), 0x00ff0001);
	assert_true(common && notify && config && msix);
	assert_int_not_equal(cap_find(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_ISR_CFG), 0);
	assert_int_equal(cfg_r(common + 8, 4), 0);
	assert_int_equal(cfg_r(common + 12, 4), 0x38);
	assert_int_equal(cfg_r(notify + 2, 1), 20);
	assert_int_equal(cfg_r(notify + 16, 4), 4);
	assert_int_equal(cfg_r(config + 12, 4), 12);
	assert_int_equal(cfg_r(msix + PCI_MSIX_FLAGS, 2), QUEUES);
	assert_int_equal(cfg_r(msix + PCI_MSIX_TABLE, 4), 2);
	assert_int_equal(cfg_r(msix + PCI_MSIX_PBA, 4), 0x1002);
}

static void registers_have_their_width(void **state)
{
	(void)state;
	assert_int_equal(rd(REG(num_queues), 2), QUEUES);
	assert_int_equal(rd(REG(num_queues), 4), 0xffffffff);
	assert_int_equal(rd(REG(num_queues), 1), 0xff);
	assert_int_equal(rd(REG(device_feature), 8), UINT64_MAX);
	assert_int_equal(rd(0x38, 4), 0xffffffff);
	wr(REG(queue_select), 2, 2);
	assert_int_equal(rd(REG(queue_size), 2), 256);
	assert_int_equal(rd(REG(queue_notify_off), 2), 2);
	wr(REG(queue_size), 2, 512);
	wr(REG(queue_size), 2, 0);
	wr(REG(queue_size), 2, 100);
	assert_int_equal(rd(REG(queue_size), 2), 256);
	wr(REG(queue_select), 2, QUEUES);
	assert_int_equal(rd(REG(queue_size), 2), 0);
	wr(REG(queue_enable), 2, 1);
	wr(REG(queue_msix_vector), 2, 0);
	wr(REG(queue_select), 2, 0xffff);
	wr(REG(queue_desc_lo), 4, 0x1000);
	assert_int_equal(rd(REG(queue_desc_lo), 4), 0);
}

static void device_configuration(void **state)
{
	(void)state;
	assert_int_equal(rd(0x2000, 4), 0x666e6f63);
	assert_int_equal(rd(0x2009, 1), 'c');
	assert_int_equal(rd(0x200a, 4), 0xffffffff);
	assert_int_equal(rd(0x2fff, 1), 0xff);
	wr(0x2004, 4, 0xffffffff);
	assert_int_equal(b.config_writes, 1);
	assert_int_equal(rd(0x2004, 4), 0x70736fff);
	wr(0x200c, 1, 1);
	assert_int_equal(b.config_writes, 1);
}

static void negotiation_in_order(void **state)
{
	(void)state;
	wr(REG(device_feature_select), 4, 0);
	assert_int_equal(rd(REG(device_feature), 4), OFFERED);
	wr(REG(device_feature_select), 4, 1);
	assert_int_equal(rd(REG(device_feature), 4), 1);
	wr(REG(device_feature_select), 4, 2);
	assert_int_equal(rd(REG(device_feature), 4), 0);
	run();
	assert_int_equal(b.activations, 1);
	assert_true(b.v.active);
	assert_true(virtio_has(&b.v, 5));
	assert_false(virtio_has(&b.v, VIRTIO_RING_F_EVENT_IDX));
	/* Settled: no more features, no queue moves. */
	features(0);
	assert_true(virtio_has(&b.v, 5));
	queue_place(0, 0);
	assert_int_equal(rd(REG(queue_desc_lo), 4), MiB(1));
	queue_place(1, MiB(1));
	wr(REG(queue_enable), 2, 1);
	assert_int_equal(rd(REG(queue_enable), 2), 0);
	/* DRIVER_OK again changes nothing; bits don't go. */
	status(RUNNING);
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(status_is(), RUNNING);
	assert_int_equal(b.activations, 1);
}

static void negotiation_out_of_order(void **state)
{
	(void)state;
	/* Ready at once: there is nothing to be ready for. */
	status(RUNNING & ~VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(b.activations, 0);
	assert_int_equal(status_is() & VIRTIO_CONFIG_S_DRIVER_OK, 0);
	/* Without VERSION_1, and with what was not offered, FEATURES_OK does not stick. */
	status(0);
	features(1ull << 5);
	status(NEGOTIATED);
	assert_int_equal(status_is() & VIRTIO_CONFIG_S_FEATURES_OK, 0);
	features(1ull << VIRTIO_F_VERSION_1 | 1ull << 6);
	status(NEGOTIATED);
	assert_int_equal(status_is() & VIRTIO_CONFIG_S_FEATURES_OK, 0);
	/* Queues before features. */
	queue_place(0, MiB(1));
	wr(REG(queue_enable), 2, 1);
	assert_int_equal(rd(REG(queue_enable), 2), 0);
	/* NEEDS_RESET is the device's to say. */
	status(VIRTIO_CONFIG_S_NEEDS_RESET | 1);
	assert_int_equal(status_is() & VIRTIO_CONFIG_S_NEEDS_RESET, 0);
	run();
	assert_int_equal(b.activations, 1);
}

static void reset_in_the_middle(void **state)
{
	(void)state;
	run();
	wr(REG(queue_msix_vector), 2, 1);
	status(0);
	assert_int_equal(b.resets, 1);
	assert_int_equal(status_is(), 0);
	assert_int_equal(b.v.accepted, 0);
	wr(REG(queue_select), 2, 0);
	assert_int_equal(rd(REG(queue_enable), 2), 0);
	assert_int_equal(rd(REG(queue_desc_lo), 4), 0);
	assert_int_equal(rd(REG(queue_msix_vector), 2), 0xffff);
	assert_int_equal(b.wired.nr_bells, 0);
	status(0);
	assert_int_equal(b.resets, 1);
	negotiate();
	status(0);
	assert_int_equal(b.resets, 1);
	run();
	assert_int_equal(b.activations, 2);
}

static void rings_outside_memory_need_reset(void **state)
{
	(void)state;
	negotiate();
	queue_place(0, GiB(3));
	wr(REG(queue_enable), 2, 1);
	status(RUNNING);
	assert_int_equal(b.activations, 0);
	assert_int_equal(status_is(), RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(b.v.faults, 1);
	assert_true(eventfd_take(b.v.config_call));
	run();
	b.activate_err = -EIO;
	status(0);
	negotiate();
	status(RUNNING);
	assert_int_equal(status_is(), RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_false(b.v.active);
	b.activate_err = 0;
}

static void a_failed_device_stops_until_reset(void **state)
{
	(void)state;
	run();
	pthread_mutex_lock(&b.v.lock);
	virtio_fail(&b.v, "test", "on purpose");
	pthread_mutex_unlock(&b.v.lock);
	assert_int_equal(b.resets, 1);
	assert_false(b.v.active);
	assert_int_equal(b.wired.nr_bells, 0);
	assert_int_equal(status_is(), RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(rd(0x1000, 1), 2);
	assert_int_equal(rd(0x1000, 1), 0);
	status(RUNNING);
	assert_int_equal(b.activations, 1);
	status(0);
	assert_int_equal(b.resets, 1);
	run();
	assert_true(b.v.active);
}

static void doorbells_are_kvms_while_active(void **state)
{
	gpa_t base = bar0();

	(void)state;
	wr(0x3000, 2, 0); /* before the driver is ready: nobody looks */
	assert_false(eventfd_take(b.v.queue[0].kick));
	assert_int_equal(b.wired.nr_bells, 0);
	run();
	assert_int_equal(b.wired.nr_bells, QUEUES);
	assert_int_equal(b.wired.bell[1].addr, base + 0x3004);
	assert_int_equal(b.wired.bell[1].fd, b.v.queue[1].kick);
	assert_int_equal(b.wired.bell[1].len, 0);
	/* The BAR goes elsewhere, is turned off and on. */
	cfg_w(PCI_BASE_ADDRESS_0, 4, base + MiB(1));
	assert_int_equal(b.wired.nr_bells, QUEUES);
	assert_int_equal(b.wired.bell[0].addr, base + MiB(1) + 0x3000);
	cfg_w(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(b.wired.nr_bells, 0);
	cfg_w(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(b.wired.nr_bells, QUEUES);
	/* Not over memory, or interrupt controllers. */
	cfg_w(PCI_BASE_ADDRESS_0, 4, MiB(1));
	assert_int_equal(b.wired.nr_bells, 0);
	cfg_w(PCI_BASE_ADDRESS_0, 4, LAYOUT_LAPIC_BASE);
	assert_int_equal(b.wired.nr_bells, 0);
}

static void doorbells_without_kvm_are_exits(void **state)
{
	(void)state;
	b.wired.fail = -ENOSPC;
	run();
	assert_int_equal(b.wired.nr_bells, 0);
	wr(0x3004, 2, 1);
	assert_true(eventfd_take(b.v.queue[1].kick));
	wr(0x3004, 4, 1);
	assert_true(eventfd_take(b.v.queue[1].kick));
	wr(0x3000 + 4 * QUEUES, 2, 1);
	assert_int_equal(rd(0x3000, 2), 0xffff);
	b.wired.fail = 0;
}

static void window_in_configuration_space(void **state)
{
	uint32_t cap = cap_find(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_PCI_CFG);

	(void)state;
	cfg_w(cap + 4, 1, 0);
	cfg_w(cap + 8, 4, REG(num_queues));
	cfg_w(cap + 12, 4, 2);
	assert_int_equal(cfg_r(cap + 16, 2), QUEUES);
	cfg_w(cap + 8, 4, REG(device_status));
	cfg_w(cap + 12, 4, 1);
	cfg_w(cap + 16, 1, 1);
	assert_int_equal(status_is(), 1);
	/* What leads nowhere does nothing. */
	cfg_w(cap + 8, 4, 0xfffffffc);
	cfg_w(cap + 12, 4, 4);
	cfg_w(cap + 16, 4, 0);
	(void)cfg_r(cap + 16, 4);
	cfg_w(cap + 4, 1, 7);
	cfg_w(cap + 8, 4, 0);
	cfg_w(cap + 16, 4, 0);
	cfg_w(cap + 4, 1, 0);
	cfg_w(cap + 12, 4, 0x104);
	cfg_w(cap + 16, 4, 0);
	cfg_w(cap + 12, 4, 4);
	cfg_w(cap + 8, 4, 2); /* misaligned */
	cfg_w(cap + 16, 4, 0);
	/* The MSI-X table through it. */
	cfg_w(cap + 4, 1, 2);
	cfg_w(cap + 8, 4, 8);
	cfg_w(cap + 16, 4, 0x4711);
	assert_int_equal(mmio(bar2() + 8, 4, false, 0), 0x4711);
	assert_int_equal(status_is(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity_and_capabilities),
		TEST(registers_have_their_width),
		TEST(device_configuration),
		TEST(negotiation_in_order),
		TEST(negotiation_out_of_order),
		TEST(reset_in_the_middle),
		TEST(rings_outside_memory_need_reset),
		TEST(a_failed_device_stops_until_reset),
		TEST(doorbells_are_kvms_while_active),
		TEST(doorbells_without_kvm_are_exits),
		TEST(window_in_configuration_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
