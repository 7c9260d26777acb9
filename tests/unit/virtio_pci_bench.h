/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio_pci_bench.h - what the tests of virtio's PCI transport share: a device on a bus, and a driver's steps. */
#ifndef TESTS_UNIT_VIRTIO_PCI_BENCH_H
#define TESTS_UNIT_VIRTIO_PCI_BENCH_H

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

static inline int activate(struct virtio *v)
{
	(void)v;
	b.activations++;
	return b.activate_err;
}

static inline void reset(struct virtio *v)
{
	(void)v;
	b.resets++;
}

static inline void config_written(struct virtio *v, uint32_t offset, uint32_t size)
{
	(void)v;
	(void)offset;
	(void)size;
	b.config_writes++;
}

static const struct virtio_ops ops = { "virtio-test", 42, 0x00ff00, activate, reset,
	config_written };

static inline uint64_t mmio(gpa_t addr, uint8_t size, bool write, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .write = write, .value = value };

	(void)bus_access(&b.mmio, &a);
	return a.value;
}

static inline uint64_t cfg_r(uint32_t reg, uint8_t size)
{
	return mmio(LAYOUT_ECAM_BASE + (1u << 15) + reg, size, false, 0);
}

static inline void cfg_w(uint32_t reg, uint8_t size, uint64_t v)
{
	(void)mmio(LAYOUT_ECAM_BASE + (1u << 15) + reg, size, true, v);
}

static inline gpa_t bar0(void)
{
	return cfg_r(PCI_BASE_ADDRESS_0, 4) & ~15ull;
}

static inline gpa_t bar2(void)
{
	return cfg_r(PCI_BASE_ADDRESS_2, 4) & ~15ull;
}

static inline uint64_t rd(uint32_t reg, uint8_t size)
{
	return mmio(bar0() + reg, size, false, 0);
}

static inline void wr(uint32_t reg, uint8_t size, uint64_t v)
{
	(void)mmio(bar0() + reg, size, true, v);
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline uint32_t cap_find(uint8_t id, uint8_t type)
{
	uint32_t at = (uint32_t)cfg_r(PCI_CAPABILITY_LIST, 1);

	for (int i = 0; at && i < 48; i++, at = (uint32_t)cfg_r(at + 1, 1))
		if (cfg_r(at, 1) == id && (id != PCI_CAP_ID_VNDR || cfg_r(at + 3, 1) == type))
			return at;
	return 0;
}

static inline void status(uint8_t v)
{
	wr(REG(device_status), 1, v);
}

static inline uint64_t status_is(void)
{
	return rd(REG(device_status), 1);
}

static inline void features(uint64_t v)
{
	for (uint32_t i = 0; i < 2; i++) {
		wr(REG(guest_feature_select), 4, i);
		wr(REG(guest_feature), 4, (uint32_t)(v >> (32 * i)));
	}
}

static inline void queue_place(uint16_t q, gpa_t at)
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

static inline void negotiate(void)
{
	status(0);
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	features(1ull << VIRTIO_F_VERSION_1 | 1ull << 5);
	status(NEGOTIATED);
	assert_int_equal(status_is(), NEGOTIATED);
}

static inline void run(void)
{
	negotiate();
	queue_place(0, MiB(1));
	wr(REG(queue_enable), 2, 1);
	status(RUNNING);
	assert_int_equal(status_is(), RUNNING);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
