/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_passed.c - a device of a kernel that is only played: memory for DMA, BARs, interrupts, and how it ends. */
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
	unsigned routed, left; /* times told */
	int fds; /* of this process, before */
};

static struct bench b;

static int slot_set(void *ctx, uint32_t slot, struct range gpa, void *hva)
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

static int fds_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int setup(void **state)
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

static int teardown(void **state)
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

static void device(const char *dump)
{
	b.kernel.config_size = config_dump_read(dump, b.kernel.config, b.kernel.bar_size);
	b.kernel.vectors[VFIO_PCI_INTX_IRQ_INDEX] = b.kernel.config[PCI_INTERRUPT_PIN] != 0;
	b.kernel.vectors[VFIO_PCI_MSI_IRQ_INDEX] = 32;
	b.kernel.vectors[VFIO_PCI_MSIX_IRQ_INDEX] = FAKE_VECTORS;
	b.kernel.vectors[VFIO_PCI_ERR_IRQ_INDEX] = 1;
	b.kernel.vectors[VFIO_PCI_REQ_IRQ_INDEX] = 1;
}

static void start(const char *dump)
{
	device(dump);
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), 0);
	assert_int_equal(passed_add(&b.p), 0);
}

static uint64_t bus_read(gpa_t addr, uint8_t size)
{
	struct access a = { .addr = addr, .size = size };

	(void)bus_access(&b.mmio, &a);
	return a.value;
}

static void bus_write(gpa_t addr, uint8_t size, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .value = value, .write = true };

	(void)bus_access(&b.mmio, &a);
}

static gpa_t cfg(uint32_t reg)
{
	return LAYOUT_ECAM_BASE + (b.p.slot << 15) + reg;
}

static void command(uint16_t value)
{
	bus_write(cfg(PCI_COMMAND), 2, value);
}

static unsigned slots_there(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		n += b.slot[i].size != 0;
	return n;
}

/* Dma */

static void memory_in_pieces(void **state)
{
	const struct range r = { GiB(4) - MiB(64), GiB(2) };

	(void)state;
	assert_true(dma_chunk(r, r.base) == MiB(64));
	assert_true(dma_chunk(r, GiB(4)) == GiB(1));
	assert_true(dma_chunk(r, GiB(5)) == GiB(1) - MiB(64));
}

static void reserved_ranges(void **state)
{
	const uint64_t bytes[] = { GiB(8) };
	const struct range fine[] = { { 0, 0xfee00000 }, { 0xfef00000, TiB(64) } };
	const struct range hole[] = { { 0, GiB(5) }, { GiB(6), TiB(1) } };
	struct ram_layout ram;
	char why[256];

	(void)state;
	assert_int_equal(ram_layout_make(&ram, bytes, 1, KiB(64), 46), 0);
	assert_int_equal(dma_ranges_check(&ram, fine, 2, why, sizeof(why)), 0); /* the MSI window is in the hole */
	assert_int_equal(dma_ranges_check(&ram, NULL, 0, why, sizeof(why)), 0);
	assert_int_equal(dma_ranges_check(&ram, hole, 2, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "0x100000000"));
}

static void locked_memory(void **state)
{
	struct memlock m = { .locked = MiB(1), .limit = MiB(64) };
	char why[256];

	(void)state;
	assert_int_equal(memlock_check(&m, MiB(63), why, sizeof(why)), 0);
	assert_int_equal(memlock_check(&m, MiB(63) + 1, why, sizeof(why)), -ENOMEM);
	assert_int_equal(memlock_check(&m, UINT64_MAX, why, sizeof(why)), -ENOMEM);
	assert_int_equal(memlock_check(&m, MiB(128), why, sizeof(why)), -ENOMEM);
	assert_non_null(strstr(why, "ulimit -l 132096"));
	m.privileged = true;
	assert_int_equal(memlock_check(&m, MiB(128), why, sizeof(why)), 0);
	m = (struct memlock){ .limit = UINT64_MAX };
	assert_int_equal(memlock_check(&m, TiB(1), why, sizeof(why)), 0);
}

static bool stop_at_once(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	assert_true(done <= total);
	return false;
}

static void container(void **state)
{
	struct guest g;
	struct vfio_container c;

	(void)state;
	guest_init(&g);
	assert_int_equal(container_open(&c, &b.vfio), 0);
	assert_int_equal(container_add_group(&c, 7, "a"), FAKE_GROUP);
	assert_int_equal(container_add_group(&c, 7, "b"), FAKE_GROUP);
	assert_int_equal(c.nr_groups, 1);
	assert_int_equal(container_map(&c, &g.mem, NULL, NULL), 0);
	assert_int_equal(b.kernel.nr_maps, 2); /* one for each node's range */
	assert_true(b.kernel.map[0].base == 0 && b.kernel.map[0].size == MiB(1) + KiB(128));
	assert_true(b.kernel.map[1].base == MiB(1) + KiB(128));
	assert_int_equal(container_map(&c, &g.mem, stop_at_once, NULL), -EINTR);
	container_close(&c);
	guest_fini(&g);
}

static void container_refuses(void **state)
{
	struct vfio_container c;
	struct guest g;

	(void)state;
	b.kernel.fail_open = -ENOENT;
	assert_int_equal(container_open(&c, &b.vfio), -ENOENT);
	b.kernel.fail_open = 0;
	assert_int_equal(container_open(&c, &b.vfio), 0);
	b.kernel.fail_open = -EBUSY;
	assert_int_equal(container_add_group(&c, 7, "a"), -EBUSY);
	b.kernel.fail_open = 0;
	b.kernel.viable = false;
	assert_int_equal(container_add_group(&c, 7, "a"), -EBUSY);
	b.kernel.viable = true;
	b.kernel.fail_iommu = -EPERM; /* no interrupt remapping */
	assert_int_equal(container_add_group(&c, 7, "a"), -EPERM);
	b.kernel.fail_iommu = 0;
	b.kernel.ranges = calloc(1, sizeof(*b.kernel.ranges) + sizeof(b.kernel.ranges->iova_ranges[0]));
	b.kernel.ranges->header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	b.kernel.ranges->nr_iovas = 1;
	b.kernel.ranges->iova_ranges[0].start = MiB(1);
	b.kernel.ranges->iova_ranges[0].end = UINT64_MAX;
	assert_int_equal(container_add_group(&c, 7, "a"), FAKE_GROUP);
	assert_int_equal(c.nr_valid, 1);
	guest_init(&g);
	assert_int_equal(container_map(&c, &g.mem, NULL, NULL), -ERANGE);
	guest_fini(&g);
	free(b.kernel.ranges);
	container_close(&c);
}

/* BARs */

static void areas(void **state)
{
	struct vfio_region r = { .size = MiB(1), .mappable = true };
	struct range trapped[2] = { { 0x2000, 0x410 }, { 0x3000, 16 } }, area[BAR_AREAS_MAX];

	(void)state;
	assert_int_equal(bar_areas(&r, NULL, 0, area), 1);
	assert_true(area[0].base == 0 && area[0].size == MiB(1));
	assert_int_equal(bar_areas(&r, trapped, 2, area), 2);
	assert_true(area[0].base == 0 && area[0].size == 0x2000);
	assert_true(area[1].base == 0x4000 && area[1].size == MiB(1) - 0x4000);
	trapped[0] = (struct range){ 0, 64 };
	trapped[1] = (struct range){ MiB(1) - 8, 8 };
	assert_int_equal(bar_areas(&r, trapped, 2, area), 1);
	assert_true(area[0].base == 0x1000 && area[0].size == MiB(1) - 0x2000);
	r.size = 0x1000;
	trapped[1].size = 0;
	assert_int_equal(bar_areas(&r, trapped, 2, area), 0);
	r.size = 256; /* less than a page */
	assert_int_equal(bar_areas(&r, NULL, 0, area), 0);
	r = (struct vfio_region){ .size = MiB(1), .mappable = true, .nr_areas = 3,
		.area = { { 0, 0x1800 }, { 0x8000, 0x2000 }, { MiB(1) - 0x1000, 0x2000 } } };
	trapped[0] = (struct range){ 0x8000, 64 };
	assert_int_equal(bar_areas(&r, trapped, 1, area), 2); /* half a page is none, and the last lies */
	assert_true(area[0].base == 0 && area[0].size == 0x1000);
	assert_true(area[1].base == 0x9000 && area[1].size == 0x1000);
	r.mappable = false;
	assert_int_equal(bar_areas(&r, NULL, 0, area), 0);
}

static void bars_move(void **state)
{
	uint64_t base;

	(void)state;
	start("qemu-nvme");
	assert_int_equal(b.kernel.resets, 1);
	assert_int_equal(slots_there(), 0);
	assert_int_equal(cfg_get(b.kernel.config, PCI_COMMAND, 2) & 7, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(cfg_get(b.kernel.config, PCI_COMMAND, 2) & 7, 7);
	assert_int_equal(slots_there(), 1); /* the registers, not the pages with the table and its bits */
	base = b.p.func.bar[0].base;
	assert_true(b.slot[0].base == base && b.slot[0].size == 0x2000);
	assert_true(((uintptr_t)b.hva[0] & 0x3fff) == 0); /* congruent */
	command(0);
	assert_int_equal(slots_there(), 0);
	bus_write(cfg(PCI_BASE_ADDRESS_0), 4, 0xffffffff); /* sizing */
	bus_write(cfg(PCI_BASE_ADDRESS_0), 4, (uint32_t)base);
	bus_write(cfg(PCI_BASE_ADDRESS_1), 4, (base >> 32) + 1);
	command(PCI_COMMAND_MEMORY);
	assert_true(b.slot[0].base == base + GiB(4));
	/* Out of the windows: on RAM. It is not there then. */
	bus_write(cfg(PCI_BASE_ADDRESS_1), 4, 0);
	bus_write(cfg(PCI_BASE_ADDRESS_0), 4, MiB(1));
	assert_int_equal(slots_there(), 0);
	passed_close(&b.p);
	assert_int_equal(b.kernel.resets, 2);
}

static void trapped_accesses(void **state)
{
	uint64_t base;

	(void)state;
	start("odd");
	command(PCI_COMMAND_MEMORY);
	assert_int_equal(slots_there(), 1); /* only BAR 2 has pages */
	base = b.p.func.bar[0].base;
	bus_write(base + 4, 4, 0x12345678);
	assert_int_equal(cfg_get(b.kernel.bar[0], 4, 4), 0x12345678);
	assert_int_equal(bus_read(base + 5, 1), 0x56);
	assert_int_equal(bus_read(b.p.func.bar[5].base + 0x80, 4), 0xffffffff); /* the device does not answer */
	passed_close(&b.p);
}

/* Configuration space */

static void space(void **state)
{
	unsigned writes;

	(void)state;
	start("nvme");
	assert_int_equal(bus_read(cfg(0), 4), 0xa808144d);
	/* Device status is the device's. */
	cfg_put(b.kernel.config, 0x70 + PCI_EXP_DEVSTA, 0x0b, 2);
	assert_int_equal(bus_read(cfg(0x70 + PCI_EXP_DEVSTA), 2), 0x0b);
	bus_write(cfg(0x70 + PCI_EXP_DEVCTL), 2, 0xa936); /* with a function level reset */
	assert_int_equal(cfg_get(b.kernel.config, 0x70 + PCI_EXP_DEVCTL, 2), 0xa936);
	/* Power state is ours. */
	writes = b.kernel.config_writes;
	bus_write(cfg(0x44), 2, 3);
	assert_int_equal(bus_read(cfg(0x44), 2) & 3, 3);
	assert_int_equal(b.kernel.config_writes, writes);
	/* Ids and hidden capabilities do not change. */
	bus_write(cfg(0), 4, 0);
	bus_write(cfg(0x104), 4, 0xffffffff);
	assert_int_equal(b.kernel.config_writes, writes);
	assert_int_equal(bus_read(cfg(0x104), 4), 0);
	passed_close(&b.p);
}

/* Interrupts */

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
	for (unsigned v = 0; v < 60; v++)
		entry_write(v, false);
	routings = b.wired.routings;
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(b.wired.routings, routings + 1);
	for (unsigned v = 0; v < 60; v++) {
		/* The same eventfd for both, or nothing can be posted. */
		assert_int_equal(b.kernel.fd[v], b.p.msix_fd[v]);
		assert_int_equal(wired_gsi(&b.wired, b.p.msix_fd[v]), b.p.msix.gsi + v);
	}
	assert_int_equal(b.kernel.fd[60], -1);
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
	assert_false(passed_target(&b.p, 7, &apicid));
	msix_control(PCI_MSIX_FLAGS_ENABLE);
	b.routed = 0;
	entry_write(7, false);
	assert_true(b.routed > 0);
	assert_true(passed_target(&b.p, 7, &apicid));
	assert_int_equal(apicid, 7);
	assert_false(passed_target(&b.p, 8, &apicid));
	assert_false(passed_target(&b.p, 65, &apicid));
	bus_write(entry(7, 0), 4, 0xfee07004); /* logical */
	assert_false(passed_target(&b.p, 7, &apicid));
	bus_write(entry(7, 0), 4, 0xfeeff000); /* all */
	assert_false(passed_target(&b.p, 7, &apicid));
	bus_write(entry(7, 0), 4, 0xfee07000);
	bus_write(entry(7, 3), 4, 1);
	assert_false(passed_target(&b.p, 7, &apicid));
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
	uint32_t at;

	(void)state;
	start("nvme");
	at = b.p.space.msi;
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	bus_write(cfg(at + PCI_MSI_ADDRESS_LO), 4, 0xfee01000);
	bus_write(cfg(at + PCI_MSI_ADDRESS_HI), 4, 0);
	bus_write(cfg(at + PCI_MSI_DATA_64), 2, 0x50);
	bus_write(cfg(at + PCI_MSI_FLAGS), 2, PCI_MSI_FLAGS_ENABLE | 2 << 4); /* four */
	assert_int_equal(b.kernel.irq, VFIO_PCI_MSI_IRQ_INDEX);
	assert_int_equal(b.kernel.allocated, 4);
	assert_int_equal(wired_message(&b.wired, b.p.msi.gsi + 3)->data, 0x53);
	assert_int_equal(wired_gsi(&b.wired, b.p.msi_fd[4]), 0);
	/* Moved while it delivers. */
	bus_write(cfg(at + PCI_MSI_ADDRESS_LO), 4, 0xfee02000);
	assert_int_equal(wired_message(&b.wired, b.p.msi.gsi)->address_lo, 0xfee02000);
	bus_write(cfg(at + PCI_MSI_FLAGS), 2, 0);
	assert_int_equal(b.kernel.irq, VFIO_PCI_INTX_IRQ_INDEX);
	passed_close(&b.p);
}

/* Refused, and half done */

static void no_reset(void **state)
{
	(void)state;
	device("nvme");
	b.kernel.can_reset = false;
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), -EOPNOTSUPP);
	assert_int_equal(b.kernel.open_fds, 0);
	b.env.force = true;
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), 0);
	passed_close(&b.p);
	assert_int_equal(b.kernel.resets, 0);
}

static void a_bridge(void **state)
{
	(void)state;
	device("bridge");
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), -EINVAL);
}

static void no_room(void **state)
{
	struct passed first;

	(void)state;
	start("nvidia-gpu");
	first = b.p; /* only its place on the bus matters */
	b.bus.win64.range.size = b.bus.win64.used;
	b.bus.win32.range.size = b.bus.win32.used;
	passed_close(&first);
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:02:00.0"), 0);
	assert_int_equal(passed_add(&b.p), -ENOSPC);
	passed_close(&b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(reserved_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(locked_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(container, setup, teardown),
		cmocka_unit_test_setup_teardown(container_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(areas, setup, teardown),
		cmocka_unit_test_setup_teardown(bars_move, setup, teardown),
		cmocka_unit_test_setup_teardown(trapped_accesses, setup, teardown),
		cmocka_unit_test_setup_teardown(space, setup, teardown),
		cmocka_unit_test_setup_teardown(many_vectors_are_one_update, setup, teardown),
		cmocka_unit_test_setup_teardown(masked_is_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_and_requests_are_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_tells_of_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(before_interrupts_go, setup, teardown),
		cmocka_unit_test_setup_teardown(whose_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(no_line, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_msi, setup, teardown),
		cmocka_unit_test_setup_teardown(no_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
