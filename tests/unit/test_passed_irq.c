/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_passed_irq.c - interrupts of a passed device, and what its kernel, which is only played, tells of it. */
#include "tests/unit/passed_bench.h"

static gpa_t entry(unsigned v, unsigned word)
{
	return b.p.func.bar[b.p.space.table_bar].base + b.p.space.table_at + 16 * v + 4 * word;
}

static void entry_write(unsigned v, bool masked)
{
	bus_write(entry(v, 0), 4, 0xfee00000 + (v << 12));
	bus_write(entry(v, 1), 4, 0);
	bus_write(entry(v, 2), 4, 0x40 + v);
	bus_write(entry(v, 3), 4, masked);
}

static void msix_control(uint16_t value)
{
	bus_write(cfg(b.p.space.msix + PCI_MSIX_FLAGS), 2, value);
}

static void many_vectors_are_one_update(void **state)
{
	unsigned routings;

	(void)state;
	start("qemu-nvme");
	command(PCI_COMMAND_MEMORY);
	msix_control(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	assert_int_equal(b.kernel.irq, VFIO_PCI_MSIX_IRQ_INDEX);
	assert_int_equal(b.kernel.allocated, 65);
	for (unsigned v = 0; v < 64; v++)
		entry_write(v, false);
	routings = b.wired.routings;
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.wired.routings, routings + 1);
	for (unsigned v = 0; v < 64; v++) {
		/* The same eventfd for both, or nothing can be posted. */
		assert_int_equal(b.kernel.fd[v], b.p.msix_fd[v]);
		assert_int_equal(wired_gsi(&b.wired, b.p.msix_fd[v]), b.p.msix.gsi + v);
	}
	assert_int_equal(b.kernel.fd[64], -1);
	assert_int_equal(wired_message(&b.wired, b.p.msix.gsi + 3)->data, 0x43);
	passed_close(&b.p);
	assert_int_equal(b.kernel.irq, -1);
}

static void masked_is_pending(void **state)
{
	const uint64_t one = 1;

	(void)state;
	start("qemu-nvme");
	command(PCI_COMMAND_MEMORY);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.kernel.fd[5], -1);
	entry_write(5, false);
	assert_int_equal(b.kernel.fd[5], b.p.msix_fd[5]);
	bus_write(entry(5, 3), 4, 1);
	assert_int_equal(wired_gsi(&b.wired, b.p.msix_fd[5]), 0);
	assert_int_equal(b.kernel.fd[5], b.p.msix_fd[5]); /* VFIO keeps it: it counts */
	assert_int_equal(write(b.p.msix_fd[5], &one, sizeof(one)), sizeof(one));
	assert_int_equal(bus_read(b.p.func.bar[0].base + b.p.space.pba_at, 8), 1 << 5);
	bus_write(entry(5, 3), 4, 0);
	assert_int_equal(b.wired.interrupts, 1);
	assert_int_equal(bus_read(b.p.func.bar[0].base + b.p.space.pba_at, 8), 0);
	passed_close(&b.p);
}

/* What the kernel says of the device as a whole: an error that is not corrected (AER), and that it wants it back. */
static void errors_and_requests_are_heard(void **state)
{
	uint64_t count = 1;

	(void)state;
	start("qemu-nvme");
	assert_true(b.kernel.error_fd >= 0 && b.kernel.request_fd >= 0);
	assert_int_not_equal(b.kernel.error_fd, b.kernel.request_fd);
	assert_int_equal(read(b.p.error_fd, &count, sizeof(count)), -1);
	count = 1;
	assert_int_equal(write(b.kernel.error_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(read(b.p.request_fd, &count, sizeof(count)), -1);
	assert_int_equal(read(b.p.error_fd, &count, sizeof(count)), sizeof(count));
	passed_close(&b.p);
}

/* No PCI Express, or an old kernel: nothing is told, and that is no failure. */
static void nobody_tells_of_errors(void **state)
{
	(void)state;
	device("qemu-nvme");
	b.kernel.vectors[VFIO_PCI_ERR_IRQ_INDEX] = 0;
	b.kernel.vectors[VFIO_PCI_REQ_IRQ_INDEX] = 0;
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), 0);
	assert_int_equal(b.p.error_fd, -1);
	assert_int_equal(b.p.request_fd, -1);
	passed_close(&b.p);
}

static void routed(void *ctx)
{
	(void)ctx;
	b.routed++;
}

static void leaving(void *ctx, const char *name)
{
	(void)ctx;
	assert_string_equal(name, b.p.device.name);
	assert_int_not_equal(b.p.irq, PASSED_NONE); /* VFIO has them still */
	b.left++;
}

/* Whoever counts interrupts hears of their end before it. */
static void before_interrupts_go(void **state)
{
	(void)state;
	b.env.leaving = leaving;
	start("qemu-nvme");
	command(PCI_COMMAND_MEMORY);
	b.left = 0;
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	entry_write(7, false);
	assert_int_equal(b.p.irq, PASSED_MSIX);
	b.left = 0;
	msix_control(0);
	assert_int_equal(b.left, 1);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	b.left = 0;
	passed_close(&b.p);
	assert_int_equal(b.left, 1);
}

static void whose_interrupt(void **state)
{
	uint32_t apicid = 99;

	(void)state;
	b.env.routed = routed;
	start("qemu-nvme");
	command(PCI_COMMAND_MEMORY);
	assert_false(passed_target(&b.p, PASSED_MSIX, 7, &apicid));
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	b.routed = 0;
	entry_write(7, false);
	assert_true(b.routed > 0);
	assert_true(passed_target(&b.p, PASSED_MSIX, 7, &apicid));
	assert_int_equal(apicid, 7);
	assert_false(passed_target(&b.p, PASSED_MSIX, 8, &apicid));
	assert_false(passed_target(&b.p, PASSED_MSIX, 65, &apicid));
	bus_write(entry(7, 0), 4, 0xfee07004); /* logical */
	assert_false(passed_target(&b.p, PASSED_MSIX, 7, &apicid));
	bus_write(entry(7, 0), 4, 0xfeeff000); /* all */
	assert_false(passed_target(&b.p, PASSED_MSIX, 7, &apicid));
	bus_write(entry(7, 0), 4, 0xfee07000);
	bus_write(entry(7, 3), 4, 1);
	assert_false(passed_target(&b.p, PASSED_MSIX, 7, &apicid));
	passed_close(&b.p);
}

static void a_line(void **state)
{
	(void)state;
	start("e1000e");
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	assert_int_equal(b.kernel.unmask_fd, b.p.resample_fd);
	assert_int_equal(b.wired.irqfd[0].flags, KVM_IRQFD_FLAG_RESAMPLE);
	assert_int_equal(b.wired.irqfd[0].resamplefd, b.p.resample_fd);
	assert_int_equal(wired_gsi(&b.wired, b.p.line_fd), acpi_pci_gsi(16, b.p.slot, 0));
	command(PCI_COMMAND_INTX_DISABLE);
	assert_true(cfg_get(b.kernel.config, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
	command(PCI_COMMAND_MEMORY);
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.kernel.irq, VFIO_PCI_MSIX_IRQ_INDEX);
	assert_int_equal(wired_gsi(&b.wired, b.p.line_fd), 0);
	msix_control(0);
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	passed_close(&b.p);
}

static void no_line(void **state)
{
	(void)state;
	b.kernel.fail_intx = -EBUSY;
	start("e1000e");
	assert_int_equal(b.kernel.irq, -1);
	assert_int_equal(bus_read(cfg(PCI_INTERRUPT_PIN), 1), 0);
	passed_close(&b.p);
}

static void plain_msi(void **state)
{
	uint32_t at, apicid = 99;

	(void)state;
	start("nvme");
	at = b.p.space.msi;
	assert_false(passed_target(&b.p, PASSED_MSI, 0, &apicid));
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	bus_write(cfg(at + PCI_MSI_ADDRESS_LO), 4, 0xfee01000);
	bus_write(cfg(at + PCI_MSI_ADDRESS_HI), 4, 0);
	bus_write(cfg(at + PCI_MSI_DATA_64), 2, 0x50);
	bus_write(cfg(at + PCI_MSI_FLAGS), 2, PCI_MSI_FLAGS_ENABLE | 2 << 4); /* four */
	assert_int_equal(b.kernel.irq, VFIO_PCI_MSI_IRQ_INDEX);
	assert_int_equal(b.kernel.allocated, 4);
	assert_int_equal(wired_message(&b.wired, b.p.msi.gsi + 3)->data, 0x53);
	assert_int_equal(wired_gsi(&b.wired, b.p.msi_fd[4]), 0);
	assert_true(passed_target(&b.p, PASSED_MSI, 3, &apicid));
	assert_int_equal(apicid, 1);
	assert_false(passed_target(&b.p, PASSED_MSI, 4, &apicid));
	assert_false(passed_target(&b.p, PASSED_MSI, 64, &apicid));
	assert_false(passed_target(&b.p, PASSED_MSIX, 0, &apicid));
	assert_false(passed_target(&b.p, PASSED_INTX, 0, &apicid));
	/* Moved while it delivers. */
	bus_write(cfg(at + PCI_MSI_ADDRESS_LO), 4, 0xfee02000);
	assert_int_equal(wired_message(&b.wired, b.p.msi.gsi)->address_lo, 0xfee02000);
	assert_true(passed_target(&b.p, PASSED_MSI, 0, &apicid));
	assert_int_equal(apicid, 2);
	bus_write(cfg(at + PCI_MSI_FLAGS), 2, 0);
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	assert_false(passed_target(&b.p, PASSED_MSI, 0, &apicid));
	passed_close(&b.p);
}

/* Refused, and half done */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_vectors_are_one_update, setup, teardown),
		cmocka_unit_test_setup_teardown(masked_is_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_and_requests_are_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_tells_of_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(before_interrupts_go, setup, teardown),
		cmocka_unit_test_setup_teardown(whose_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(no_line, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_msi, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
