/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_virtio_pci_msix.c - MSI-X of the transport: vectors, their table, and what is pending. */
#include "tests/unit/virtio_pci_bench.h"

static void msix_control(uint16_t v)
{
	cfg_w(cap_find(PCI_CAP_ID_MSIX, 0) + PCI_MSIX_FLAGS, 2, v);
}

static void entry(unsigned i, uint64_t address, uint32_t data, uint32_t control)
{
	(void)mmio(bar2() + 16 * i, 8, true, address);
	(void)mmio(bar2() + 16 * i + 8, 4, true, data);
	(void)mmio(bar2() + 16 * i + 12, 4, true, control);
}

static void count(int fd)
{
	const uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static uint64_t pending(void)
{
	return mmio(bar2() + 0x1000, 8, false, 0);
}

static void vectors_assign(void)
{
	for (uint16_t q = 0; q < QUEUES; q++) {
		wr(REG(queue_select), 2, q);
		wr(REG(queue_msix_vector), 2, q);
		assert_int_equal(rd(REG(queue_msix_vector), 2), q);
	}
	wr(REG(msix_config), 2, QUEUES);
	assert_int_equal(rd(REG(msix_config), 2), QUEUES);
}

static void enabling_vectors_is_one_update(void **state)
{
	const struct kvm_irq_routing_msi *msi;

	(void)state;
	run();
	vectors_assign();
	msix_control(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	for (unsigned i = 0; i <= QUEUES; i++)
		entry(i, 0xfee01000, 0x40 + i, 0);
	assert_int_equal(b.wired.routings, 0);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.wired.routings, 1);
	assert_int_equal(b.wired.nr_irqfds, QUEUES + 1);
	assert_int_equal(b.wired.nr_routes, 40 + QUEUES + 1);
	msi = wired_message(&b.wired, wired_gsi(&b.wired, b.v.queue[2].call));
	assert_non_null(msi);
	assert_int_equal(msi->address_lo, 0xfee01000);
	assert_int_equal(msi->data, 0x42);
	/* The same again costs nothing. */
	msix_control(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	assert_int_equal(b.wired.nr_irqfds, 0);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.wired.routings, 1);
	msix_control(0);
	assert_int_equal(b.wired.nr_irqfds, 0);
}

static void masked_vectors_pend(void **state)
{
	(void)state;
	run();
	vectors_assign();
	for (unsigned i = 0; i <= QUEUES; i++)
		entry(i, 0xfee00000, 0x30 + i, 1);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.wired.nr_irqfds, 0);
	count(b.v.queue[1].call);
	count(b.v.config_call);
	assert_int_equal(pending(), 1u << 1 | 1u << QUEUES);
	assert_int_equal(mmio(bar2() + 0x1000, 4, false, 0), 1u << 1 | 1u << QUEUES);
	(void)mmio(bar2() + 0x1000, 8, true, 0); /* read-only */
	entry(1, 0xfee00000, 0x31, 0);
	assert_int_equal(b.wired.interrupts, 1);
	assert_int_equal(pending(), 1u << QUEUES);
	entry(1, 0xfee00000, 0x31, 1);
	assert_int_equal(pending(), 1u << QUEUES);
	entry(1, 0xfee00000, 0x31, 0);
	assert_int_equal(b.wired.interrupts, 1); /* delivered once */
	status(0);
	assert_int_equal(pending(), 0);
}

static void vectors_move_and_are_shared(void **state)
{
	uint32_t gsi;

	(void)state;
	run();
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	entry(0, 0xfee00000, 0x30, 0);
	entry(1, 0xfee02000, 0x31, 0);
	assert_int_equal(b.wired.routings, 0); /* nobody uses them */
	for (uint16_t q = 0; q < QUEUES; q++) {
		wr(REG(queue_select), 2, q);
		wr(REG(queue_msix_vector), 2, 1);
	}
	assert_int_equal(b.wired.routings, 1);
	gsi = wired_gsi(&b.wired, b.v.queue[0].call);
	assert_int_not_equal(gsi, 0);
	assert_int_equal(wired_gsi(&b.wired, b.v.queue[2].call), gsi);
	wr(REG(queue_msix_vector), 2, 0);
	assert_int_equal(wired_gsi(&b.wired, b.v.queue[2].call), gsi - 1);
	wr(REG(queue_msix_vector), 2, QUEUES + 1); /* there is none */
	assert_int_equal(rd(REG(queue_msix_vector), 2), 0xffff);
	assert_int_equal(wired_gsi(&b.wired, b.v.queue[2].call), 0);
	/* A new message, as when an interrupt is moved to another CPU. */
	entry(1, 0xfee02000, 0x31, 1);
	entry(1, 0xfee03000, 0x55, 0);
	assert_int_equal(wired_message(&b.wired, gsi)->data, 0x55);
}

static void table_accesses_are_words(void **state)
{
	(void)state;
	assert_int_equal(mmio(bar2() + 12, 4, false, 0), 1); /* masked at power-on */
	assert_int_equal(mmio(bar2() + 2, 2, false, 0), 0xffff);
	(void)mmio(bar2() + 4, 2, true, 0x77);
	assert_int_equal(mmio(bar2() + 4, 4, false, 0), 0);
	(void)mmio(bar2() + 8, 8, true, 0x4600000123);
	assert_int_equal(mmio(bar2() + 8, 8, false, 0), 0x123);
	assert_int_equal(mmio(bar2() + 16 * (QUEUES + 1), 4, false, 0), 0xffffffff);
	assert_int_equal(mmio(bar2() + 0x1008, 8, false, 0), UINT64_MAX);
	assert_int_equal(mmio(bar2() + 0x1ffc, 4, false, 0), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enabling_vectors_is_one_update),
		TEST(masked_vectors_pend),
		TEST(vectors_move_and_are_shared),
		TEST(table_accesses_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
