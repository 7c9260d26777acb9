/* SPDX-License-Identifier: GPL-2.0-or-later */
/* passed_bench.h - what the tests of passed devices share: a machine around one device of a kernel that is only played. */
#ifndef TESTS_UNIT_PASSED_BENCH_H
#define TESTS_UNIT_PASSED_BENCH_H

#include "tests/unit/unit.h"

#include <dirent.h>
#include <linux/pci_regs.h>

#include "passthrough/dma_plan.h"
#include "passthrough/passed.h"
#include "passthrough/vfio_container.h"
#include "tests/unit/config_dump.h"
#include "tests/unit/vfio_kernel.h"
#include "tests/unit/virtio_guest.h"
#include "vmm/acpi/acpi.h"

#define SLOTS 64

struct bench {
	struct fake_vfio kernel;
	struct vfio vfio;
	struct wired wired;
	struct routes routes;
	struct pci_bus bus;
	struct bus pio, mmio;
	struct passed_env env;
	struct passed p;
	struct range slot[SLOTS]; /* in guest-physical space */
	void *hva[SLOTS];
	struct vfio_container container; /* for peers */
	unsigned routed, left; /* times told */
	int fds; /* of this process, before */
};

static struct bench b;

static unused_fn int slot_set(void *ctx, uint32_t slot, struct range gpa, void *hva)
{
	(void)ctx;
	assert_true(slot < SLOTS);
	for (unsigned i = 0; i < SLOTS; i++)
		assert_false(i != slot && range_overlaps(b.slot[i], gpa)); /* KVM's rule */
	assert_false(gpa.size && b.slot[slot].size);
	b.slot[slot] = gpa;
	b.hva[slot] = hva;
	return 0;
}

static unused_fn int peers_set(void *ctx, struct range gpa, void *hva)
{
	(void)ctx;
	return container_map_bar(&b.container, gpa, hva);
}

static unused_fn int fds_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static unused_fn int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	b.fds = fds_open();
	fake_init(&b.kernel);
	b.vfio = (struct vfio){ &fake_ops, &b.kernel };
	routes_init(&b.routes, (struct wires){ &wired_ops, &b.wired });
	bus_init(&b.pio);
	bus_init(&b.mmio);
	pci_init(&b.bus, (struct range){ GiB(8), GiB(256) });
	assert_int_equal(pci_map(&b.bus, &b.pio, &b.mmio), 0);
	bus_seal(&b.pio);
	bus_seal(&b.mmio);
	b.env = (struct passed_env){ .vfio = &b.vfio, .bus = &b.bus, .routes = &b.routes, .first_gsi = 16, .slot_set = slot_set };
	return 0;
}

static unused_fn int teardown(void **state)
{
	(void)state;
	pci_fini(&b.bus);
	bus_fini(&b.pio);
	bus_fini(&b.mmio);
	routes_fini(&b.routes);
	assert_int_equal(b.kernel.open_fds, 0);
	assert_int_equal(b.wired.nr_irqfds, 0);
	assert_int_equal(fds_open(), b.fds);
	return 0;
}

static unused_fn void device(const char *dump)
{
	b.kernel.config_size = config_dump_read(dump, b.kernel.config, b.kernel.bar_size);
	b.kernel.vectors[VFIO_PCI_INTX_IRQ_INDEX] = b.kernel.config[PCI_INTERRUPT_PIN] != 0;
	b.kernel.vectors[VFIO_PCI_MSI_IRQ_INDEX] = 32;
	b.kernel.vectors[VFIO_PCI_MSIX_IRQ_INDEX] = FAKE_VECTORS;
	b.kernel.vectors[VFIO_PCI_ERR_IRQ_INDEX] = 1;
	b.kernel.vectors[VFIO_PCI_REQ_IRQ_INDEX] = 1;
}

static unused_fn void start(const char *dump)
{
	device(dump);
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), 0);
	assert_int_equal(passed_add(&b.p), 0);
}

static unused_fn uint64_t bus_read(gpa_t addr, uint8_t size)
{
	struct access a = { .addr = addr, .size = size };

	(void)bus_access(&b.mmio, &a);
	return a.value;
}

static unused_fn void bus_write(gpa_t addr, uint8_t size, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .value = value, .write = true };

	(void)bus_access(&b.mmio, &a);
}

static unused_fn gpa_t cfg(uint32_t reg)
{
	return LAYOUT_ECAM_BASE + (b.p.slot << 15) + reg;
}

static unused_fn void command(uint16_t value)
{
	bus_write(cfg(PCI_COMMAND), 2, value);
}

static unused_fn unsigned slots_there(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		n += b.slot[i].size != 0;
	return n;
}

#endif
