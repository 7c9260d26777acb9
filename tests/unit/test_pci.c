/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pci.c - configuration space by both ways, BAR sizing and moving, windows, capabilities. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/pci_regs.h>

#include "vmm/pci.h"
#include "vmm/pci_cfg.h"

struct bench {
	struct pci_bus pci;
	struct bus pio, mmio;
	struct device dev;
	struct access last;
	struct pci_func func;
	unsigned moved;
};

static struct bench bench;

static enum io_result dev_access(struct device *dev, struct access *a)
{
	(void)dev;
	bench.last = *a;
	if (!a->write)
		a->value = 0x77;
	return IO_OK;
}

static const struct dev_ops dev_ops = { "test", dev_access, device_nothing, device_nothing };

static void moved(struct pci_func *f)
{
	(void)f;
	bench.moved++;
}

static uint64_t bus_read(struct bus *b, gpa_t addr, uint8_t size)
{
	struct access a = { .addr = addr, .size = size };

	(void)bus_access(b, &a);
	return a.value;
}

static void bus_write(struct bus *b, gpa_t addr, uint8_t size, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .value = value, .write = true };

	(void)bus_access(b, &a);
}

static gpa_t ecam(unsigned slot, unsigned reg)
{
	return LAYOUT_ECAM_BASE + (slot << 15) + reg;
}

static int setup(void **state)
{
	const struct pci_ident id = { .vendor = 0x1af4, .device = 0x1042, .class = 0x018000, .pin = 1 };
	const struct pci_bar bar0 = { .space = PCI_MEM64, .prefetchable = true, .size = KiB(16), .dev = &bench.dev };
	const struct pci_bar bar2 = { .space = PCI_MEM32, .size = KiB(4), .dev = &bench.dev };
	const struct pci_bar bar3 = { .space = PCI_IO, .size = 32, .dev = &bench.dev };

	(void)state;
	bench = (struct bench){ .dev.ops = &dev_ops };
	bus_init(&bench.pio);
	bus_init(&bench.mmio);
	pci_init(&bench.pci, (struct range){ GiB(8), GiB(64) });
	assert_int_equal(pci_map(&bench.pci, &bench.pio, &bench.mmio), 0);
	bus_seal(&bench.pio);
	bus_seal(&bench.mmio);
	pci_func_init(&bench.func, &id);
	bench.func.moved = moved;
	assert_int_equal(pci_func_bar(&bench.func, 0, &bar0), 0);
	assert_int_equal(pci_func_bar(&bench.func, 2, &bar2), 0);
	assert_int_equal(pci_func_bar(&bench.func, 3, &bar3), 0);
	assert_int_equal(pci_free_slot(&bench.pci), 1);
	assert_int_equal(pci_add(&bench.pci, 1, 0, &bench.func), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pci_fini(&bench.pci);
	bus_fini(&bench.pio);
	bus_fini(&bench.mmio);
	return 0;
}

static void both_ways_show_the_same_functions(void **state)
{
	(void)state;
	assert_int_equal(bus_read(&bench.mmio, ecam(0, 0), 4), 0x00081b36);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0), 4), 0x10421af4);
	assert_int_equal(bus_read(&bench.mmio, ecam(2, 0), 4), 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, LAYOUT_ECAM_BASE + MiB(1), 4), 0xffffffff); /* bus 1 */
	bus_write(&bench.pio, 0xcf8, 4, 0x80000800);
	assert_int_equal(bus_read(&bench.pio, 0xcf8, 4), 0x80000800);
	assert_int_equal(bus_read(&bench.pio, 0xcfc, 4), 0x10421af4);
	assert_int_equal(bus_read(&bench.pio, 0xcfe, 2), 0x1042);
	bus_write(&bench.pio, 0xcf8, 4, 0x00000800); /* not enabled */
	assert_int_equal(bus_read(&bench.pio, 0xcfc, 4), 0xffffffff);
}

static void bars_are_sized_as_the_specification_says(void **state)
{
	(void)state;
	bus_write(&bench.mmio, ecam(1, 0x10), 4, 0xffffffff);
	bus_write(&bench.mmio, ecam(1, 0x14), 4, 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x10), 4), 0xffffc00c);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x14), 4), 0xffffffff);
	bus_write(&bench.mmio, ecam(1, 0x18), 4, 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x18), 4), 0xfffff000);
	bus_write(&bench.mmio, ecam(1, 0x1c), 4, 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x1c), 4), 0xffffffe1);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x20), 4), 0);
}

static void bars_decode_when_enabled_and_where_moved(void **state)
{
	gpa_t base = bus_read(&bench.mmio, ecam(1, 0x18), 4);

	(void)state;
	assert_int_equal(bus_read(&bench.mmio, base, 4), 0xffffffff); /* decoding is off */
	bus_write(&bench.mmio, ecam(1, PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
	assert_int_equal(bench.moved, 1);
	assert_int_equal(bus_read(&bench.mmio, base + 8, 4), 0x77);
	assert_int_equal(bench.last.offset, 8);
	bus_write(&bench.mmio, ecam(1, 0x18), 4, base + MiB(1));
	assert_int_equal(bench.moved, 2);
	assert_int_equal(bus_read(&bench.mmio, base, 4), 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, base + MiB(1), 4), 0x77);
	assert_int_equal(bus_read(&bench.mmio, GiB(8), 4), 0x77); /* BAR 0 is in the 64-bit window */
	assert_int_equal(bus_read(&bench.mmio, GiB(8) + KiB(16) - 2, 4), 0xffffffff);
	assert_int_equal(bus_read(&bench.pio, LAYOUT_PCI_IO_BASE, 1), 0xff);
	bus_write(&bench.mmio, ecam(1, PCI_COMMAND), 2, PCI_COMMAND_IO);
	assert_int_equal(bus_read(&bench.pio, LAYOUT_PCI_IO_BASE + 3, 1), 0x77);
	assert_int_equal(bench.last.offset, 3);
}

static void read_only_stays(void **state)
{
	(void)state;
	bus_write(&bench.mmio, ecam(1, 0), 4, 0);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0), 4), 0x10421af4);
	bus_write(&bench.mmio, ecam(1, PCI_COMMAND), 4, 0xffffffff);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, PCI_STATUS), 2), 0);
	bus_write(&bench.mmio, ecam(1, PCI_INTERRUPT_LINE), 2, 0xff0b);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, PCI_INTERRUPT_LINE), 2), 0x010b);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 1), 4), 0xffffffff); /* misaligned */
}

static void capabilities_chain(void **state)
{
	const uint8_t first[12] = { 0, 0, 0x11, [11] = 0x99 };
	const uint8_t second[8] = { 0, 0, 0x22 }; /* ends in zeroes, which are its own all the same */
	int at;

	(void)state;
	assert_int_equal(pci_func_cap(&bench.func, 0x11, first, sizeof(first)), 0x40);
	at = pci_func_cap(&bench.func, 0x09, second, sizeof(second));
	assert_int_equal(at, 0x4c);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, PCI_CAPABILITY_LIST), 1), 0x40);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x40), 2), 0x4c11);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x4c), 2), 0x0009);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, PCI_STATUS), 2) & PCI_STATUS_CAP_LIST, PCI_STATUS_CAP_LIST);
	assert_int_equal(pci_func_cap(&bench.func, 0x10, first, 3), -ENOSPC);
	assert_int_equal(pci_func_cap(&bench.func, 0x05, first, sizeof(first)), 0x54);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, 0x50), 4), 0);
}

static void functions_are_found_in_any_order(void **state)
{
	const struct pci_ident id = { .vendor = 0x1af4, .device = 0x1043 };
	struct pci_func first, third;

	(void)state;
	pci_func_init(&first, &id);
	pci_func_init(&third, &id);
	assert_int_equal(pci_add(&bench.pci, 5, 2, &third), 0);
	assert_int_equal(pci_add(&bench.pci, 5, 0, &first), 0);
	assert_int_equal(bus_read(&bench.mmio, ecam(5, PCI_HEADER_TYPE), 1), 0x80);
	assert_int_equal(bus_read(&bench.mmio, ecam(1, PCI_HEADER_TYPE), 1), 0);
}

static void impossible_is_refused(void **state)
{
	const struct pci_bar odd = { .space = PCI_MEM32, .size = 24 };
	const struct pci_bar last64 = { .space = PCI_MEM64, .size = 4096 };
	const struct pci_bar small = { .space = PCI_MEM32, .size = 1024 };
	const struct pci_bar twice = { .space = PCI_MEM32, .size = 4096 };

	(void)state;
	assert_int_equal(pci_func_bar(&bench.func, 4, &odd), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, 5, &last64), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, 2, &twice), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, PCI_PLACES, &twice), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, PCI_ROM_BAR, &odd), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, PCI_ROM_BAR, &last64), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, PCI_ROM_BAR, &small), -EINVAL); /* bits 1 to 10 are reserved */
	assert_int_equal(pci_func_bar(&bench.func, PCI_ROM_BAR, &twice), 0);
	assert_int_equal(pci_func_bar(&bench.func, PCI_ROM_BAR, &twice), -EINVAL);
	assert_int_equal(pci_func_bar(&bench.func, 1, &twice), -EINVAL); /* BAR 0's upper half */
	assert_int_equal(pci_add(&bench.pci, 1, 0, &bench.func), -EEXIST);
	assert_int_equal(pci_add(&bench.pci, 32, 0, &bench.func), -EINVAL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_ways_show_the_same_functions),
		TEST(bars_are_sized_as_the_specification_says),
		TEST(bars_decode_when_enabled_and_where_moved),
		TEST(read_only_stays),
		TEST(capabilities_chain),
		TEST(functions_are_found_in_any_order),
		TEST(impossible_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
