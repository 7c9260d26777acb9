/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_virtio_pci.c - the transport as a driver uses it, in order and out of order: capabilities,
 * negotiation, queues, reset, doorbells, MSI-X.
 */
#include "tests/unit/unit.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "tests/unit/virtio_guest.h"
#include "vmm/pci_cfg.h"
#include "vmm/virtio/virtio_pci.h"

#define QUEUES 3
#define REG(f) offsetof(struct virtio_pci_common_cfg, f)

#define OFFERED (1ull << VIRTIO_RING_F_EVENT_IDX | 1ull << 5)

struct bench {
	struct guest g;
	struct guest_ring ring;
	struct bus pio, mmio;
	struct pci_bus pci;
	struct wired wired;
	struct routes routes;
	struct virtio v;
	struct virtio_pci p;
	uint8_t config[12];
	unsigned activations, resets, config_writes;
	int activate_err;
	bool gone;
};

static struct bench b;

static int activate(struct virtio *v)
{
	(void)v;
	b.activations++;
	return b.activate_err;
}

static void reset(struct virtio *v)
{
	(void)v;
	b.resets++;
}

static void config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	(void)v;
	(void)offset;
	(void)size;
	b.config_writes++;
}

static const struct virtio_ops ops = { "virtio-test", 42, 0x00ff00, activate, reset,
	config_written };

static uint64_t mmio(gpa_t addr, uint8_t size, bool write, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .write = write, .value = value };

	(void)bus_access(&b.mmio, &a);
	return a.value;
}

static uint64_t cfg_r(uint32_t reg, uint8_t size)
{
	return mmio(LAYOUT_ECAM_BASE + (1u << 15) + reg, size, false, 0);
}

static void cfg_w(uint32_t reg, uint8_t size, uint64_t v)
{
	(void)mmio(LAYOUT_ECAM_BASE + (1u << 15) + reg, size, true, v);
}

static gpa_t bar0(void)
{
	return cfg_r(PCI_BASE_ADDRESS_0, 4) & ~15ull;
}

static gpa_t bar2(void)
{
	return cfg_r(PCI_BASE_ADDRESS_2, 4) & ~15ull;
}

static uint64_t rd(uint32_t reg, uint8_t size)
{
	return mmio(bar0() + reg, size, false, 0);
}

static void wr(uint32_t reg, uint8_t size, uint64_t v)
{
	(void)mmio(bar0() + reg, size, true, v);
}

static int setup(void **state)
{
	static const uint16_t sizes[QUEUES] = { 8, 64, 256 };
	static const uint8_t mask[12] = { 0, 0, 0, 0, 0xff, 0x0f };

	(void)state;
	memset(&b, 0, sizeof(b));
	guest_init(&b.g);
	guest_ring_init(&b.ring, &b.g, MiB(1));
	bus_init(&b.pio);
	bus_init(&b.mmio);
	pci_init(&b.pci, (struct range){ 0 });
	assert_int_equal(pci_map(&b.pci, &b.pio, &b.mmio), 0);
	bus_seal(&b.pio);
	bus_seal(&b.mmio);
	routes_init(&b.routes, (struct wires){ &wired_ops, &b.wired });
	memcpy(b.config, "configspace", 12);
	assert_int_equal(virtio_init(&b.v, &(struct virtio_setup){ &ops, &b.g.mem, OFFERED, QUEUES,
						   sizes, b.config, mask, sizeof(b.config) }),
		0);
	assert_int_equal(virtio_pci_add(&b.p, &b.v, &b.pci, &b.routes), 0);
	cfg_w(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	virtio_pci_remove(&b.p);
	assert_int_equal(b.wired.nr_irqfds, 0);
	assert_int_equal(b.wired.nr_bells, 0);
	virtio_fini(&b.v);
	routes_fini(&b.routes);
	pci_fini(&b.pci);
	bus_fini(&b.pio);
	bus_fini(&b.mmio);
	guest_fini(&b.g);
	return 0;
}

static uint32_t cap_find(uint8_t id, uint8_t type)
{
	uint32_t at = (uint32_t)cfg_r(PCI_CAPABILITY_LIST, 1);

	for (int i = 0; at && i < 48; i++, at = (uint32_t)cfg_r(at + 1, 1))
		if (cfg_r(at, 1) == id && (id != PCI_CAP_ID_VNDR || cfg_r(at + 3, 1) == type))
			return at;
	return 0;
}

static void status(uint8_t v)
{
	wr(REG(device_status), 1, v);
}

static uint64_t status_is(void)
{
	return rd(REG(device_status), 1);
}

static void features(uint64_t v)
{
	for (uint32_t i = 0; i < 2; i++) {
		wr(REG(guest_feature_select), 4, i);
		wr(REG(guest_feature), 4, (uint32_t)(v >> (32 * i)));
	}
}

static void queue_place(uint16_t q, gpa_t at)
{
	wr(REG(queue_select), 2, q);
	wr(REG(queue_size), 2, 8);
	wr(REG(queue_desc_lo), 4, (uint32_t)at);
	wr(REG(queue_desc_hi), 4, at >> 32);
	wr(REG(queue_avail_lo), 4, (uint32_t)at + 0x400);
	wr(REG(queue_avail_hi), 4, at >> 32);
	wr(REG(queue_used_lo), 4, (uint32_t)at + 0x800);
	wr(REG(queue_used_hi), 4, at >> 32);
}

#define NEGOTIATED                                                                                 \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define RUNNING (NEGOTIATED | VIRTIO_CONFIG_S_DRIVER_OK)

static void negotiate(void)
{
	status(0);
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	features(1ull << VIRTIO_F_VERSION_1 | 1ull << 5);
	status(NEGOTIATED);
	assert_int_equal(status_is(), NEGOTIATED);
}

static void run(void)
{
	negotiate();
	queue_place(0, MiB(1));
	wr(REG(queue_enable), 2, 1);
	status(RUNNING);
	assert_int_equal(status_is(), RUNNING);
}

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

/* MSI-X */

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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

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
		TEST(enabling_vectors_is_one_update),
		TEST(masked_vectors_pend),
		TEST(vectors_move_and_are_shared),
		TEST(table_accesses_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
