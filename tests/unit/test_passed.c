/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_passed.c - a device of a kernel that is only played: memory for DMA, BARs, and how it ends. */
#include "tests/unit/log_lines.h"
#include "tests/unit/passed_bench.h"

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

/* Whatever KVM has, the other devices have. */
static void peers(void **state)
{
	uint64_t base;

	(void)state;
	b.env.peers_set = peers_set;
	b.container = (struct vfio_container){ .vfio = &b.vfio, .fd = FAKE_CONTAINER };
	start("qemu-nvme");
	assert_int_equal(b.kernel.nr_maps, 0);
	command(PCI_COMMAND_MEMORY);
	base = b.p.func.bar[0].base;
	assert_int_equal(b.kernel.nr_maps, 1);
	assert_true(b.kernel.map[0].base == base && b.kernel.map[0].size == 0x2000);
	bus_write(cfg(PCI_BASE_ADDRESS_1), 4, (base >> 32) + 1);
	assert_int_equal(b.kernel.nr_maps, 1);
	assert_true(b.kernel.map[0].base == base + GiB(4));
	command(0);
	assert_int_equal(b.kernel.nr_maps, 0);
	/* An IOMMU that does not map it is no reason to withhold it from the guest. */
	b.kernel.nr_maps = FAKE_MAPS;
	command(PCI_COMMAND_MEMORY);
	assert_int_equal(slots_there(), 1);
	command(0);
	assert_int_equal(b.kernel.nr_maps, FAKE_MAPS);
	b.kernel.nr_maps = 0;
	command(PCI_COMMAND_MEMORY);
	passed_close(&b.p);
	assert_int_equal(b.kernel.nr_maps, 0);
}

static uint64_t rom_size(void)
{
	uint32_t before = (uint32_t)bus_read(cfg(PCI_ROM_ADDRESS), 4), size;

	bus_write(cfg(PCI_ROM_ADDRESS), 4, 0xfffff800);
	size = ~(uint32_t)bus_read(cfg(PCI_ROM_ADDRESS), 4) + 1;
	bus_write(cfg(PCI_ROM_ADDRESS), 4, before);
	return size;
}

static void rom(void **state)
{
	static uint8_t image[KiB(6)];
	uint64_t base;

	(void)state;
	for (unsigned i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7 + i / 256);
	b.kernel.rom = image;
	b.kernel.rom_size = sizeof(image);
	start("qemu-nvme");
	assert_int_equal(rom_size(), KiB(8));
	base = bus_read(cfg(PCI_ROM_ADDRESS), 4);
	assert_true(range_holds(b.bus.win32.range, base, KiB(8)));
	command(PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(base, 4), 0xffffffff); /* it has a bit of its own */
	bus_write(cfg(PCI_ROM_ADDRESS), 4, base | PCI_ROM_ADDRESS_ENABLE);
	assert_int_equal(b.kernel.rom_reads, 0); /* not before the guest looks */
	assert_int_equal(bus_read(base, 1), image[0]);
	assert_int_equal(bus_read(base + KiB(5) + 1, 2), cfg_get(image, KiB(5) + 1, 2));
	assert_true(bus_read(base + KiB(6) - 8, 8) == cfg_get(image, KiB(6) - 8, 8));
	assert_int_equal(bus_read(base + KiB(6), 4), 0xffffffff);
	assert_int_equal(b.kernel.rom_reads, 2); /* pieces, once */
	bus_write(base, 4, 0);
	assert_int_equal(bus_read(base, 1), image[0]);
	bus_write(cfg(PCI_ROM_ADDRESS), 4, (base + MiB(1)) | PCI_ROM_ADDRESS_ENABLE);
	assert_int_equal(bus_read(base + MiB(1) + 1, 1), image[1]);
	command(0);
	assert_int_equal(bus_read(base + MiB(1), 4), 0xffffffff);
	passed_close(&b.p);
}

static void no_rom(void **state)
{
	(void)state;
	start("qemu-nvme");
	bus_write(cfg(PCI_ROM_ADDRESS), 4, 0xffffffff);
	assert_int_equal(bus_read(cfg(PCI_ROM_ADDRESS), 4), 0);
	passed_close(&b.p);
	b.kernel.rom_size = MiB(16) + 1; /* more than a ROM can have */
	start("qemu-nvme");
	bus_write(cfg(PCI_ROM_ADDRESS), 4, 0xffffffff);
	assert_int_equal(bus_read(cfg(PCI_ROM_ADDRESS), 4), 0);
	passed_close(&b.p);
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

/* The host is who hears of errors: whether they are reported is not for the guest to say. */
static void errors_are_reported_as_the_host_has_it(void **state)
{
	const uint16_t report = PCI_COMMAND_SERR | PCI_COMMAND_PARITY;

	(void)state;
	for (unsigned on = 0; on < 2; on++) {
		device("nvme");
		cfg_put(b.kernel.config, PCI_COMMAND, on ? report : 0, 2);
		assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), 0);
		assert_int_equal(passed_add(&b.p), 0);
		assert_int_equal(cfg_get(b.kernel.config, PCI_COMMAND, 2) & report, on ? report : 0);
		command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		assert_int_equal(cfg_get(b.kernel.config, PCI_COMMAND, 2) & report, on ? report : 0);
		command(PCI_COMMAND_MEMORY | report);
		assert_int_equal(cfg_get(b.kernel.config, PCI_COMMAND, 2) & report, on ? report : 0);
		assert_int_equal(bus_read(cfg(PCI_COMMAND), 2) & report, report);
		passed_close(&b.p);
		b.bus.func[b.p.slot * PCI_FUNCS] = NULL;
	}
}

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

static struct log_lines said = { .least = LOG_LEVEL_INFO };
/* What is told of a device that the kernel does not reset at the end: one line, and none of what the host took out,
 * about which there was one. */
static void reset_fails(void **state)
{
	(void)state;
	log_set_sink(log_lines_keep, &said);
	for (int wanted = 0; wanted < 2; wanted++) {
		b.kernel.reset_err = 0;
		start("nvme");
		b.kernel.reset_err = -EAGAIN;
		b.kernel.resets = 0;
		b.p.wanted = wanted;
		said.nr = 0;
		passed_close(&b.p);
		b.bus.func[b.p.slot * PCI_FUNCS] = NULL;
		assert_int_equal(b.kernel.resets, 1);
		assert_int_equal(said.nr, wanted ? 0 : 1);
		assert_non_null(strstr(said.last, "0000:01:00.0: it cannot be reset"));
		assert_non_null(strstr(said.last, "the host finds in it what the guest left"));
	}
	device("nvme");
	assert_int_equal(passed_open(&b.p, &b.env, FAKE_GROUP, "0000:01:00.0"), -EAGAIN);
	assert_int_equal(b.kernel.open_fds, 0);
	log_set_sink(NULL, NULL);
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
		cmocka_unit_test_setup_teardown(peers, setup, teardown),
		cmocka_unit_test_setup_teardown(rom, setup, teardown),
		cmocka_unit_test_setup_teardown(no_rom, setup, teardown),
		cmocka_unit_test_setup_teardown(trapped_accesses, setup, teardown),
		cmocka_unit_test_setup_teardown(space, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_are_reported_as_the_host_has_it, setup, teardown),
		cmocka_unit_test_setup_teardown(no_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(reset_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
