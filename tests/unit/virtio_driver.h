/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_driver.h - a machine's buses with one virtio device on them, and a driver for it, for tests of
 * devices: what a guest does to bring one up, through the registers that a guest has.
 *
 *   driver_init -> (the device's own create) -> driver_attach -> driver_start ... -> driver_detach
 *   -> (destroy) -> driver_fini
 */
#ifndef TESTS_UNIT_VIRTIO_DRIVER_H
#define TESTS_UNIT_VIRTIO_DRIVER_H

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "tests/unit/virtio_guest.h"
#include "vmm/loop.h"
#include "vmm/virtio/virtio_pci.h"

#define DRIVER_REG(f)	  offsetof(struct virtio_pci_common_cfg, f)
#define DRIVER_RINGS	  KiB(64) /* guest-physical; a page for each queue */
#define DRIVER_NEGOTIATED (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define DRIVER_RUNNING	  (DRIVER_NEGOTIATED | VIRTIO_CONFIG_S_DRIVER_OK)
#define DRIVER_CONFIG	  0x2000u /* the device's configuration in BAR 0 */
#define DRIVER_BELLS	  0x3000u

struct driver {
	struct guest g;
	struct bus pio, mmio;
	struct pci_bus pci;
	struct wired wired;
	struct routes routes;
	struct loop loop;
	struct virtio *v;
	struct virtio_pci p;
};

static inline void driver_woken(void *ctx)
{
	(void)ctx;
}

static inline void driver_init(struct driver *d)
{
	memset(d, 0, sizeof(*d));
	guest_init(&d->g);
	bus_init(&d->pio);
	bus_init(&d->mmio);
	pci_init(&d->pci, (struct range){ GiB(8), GiB(1) });
	routes_init(&d->routes, (struct wires){ &wired_ops, &d->wired });
	if (pci_map(&d->pci, &d->pio, &d->mmio) != 0 || loop_init(&d->loop, driver_woken, NULL) != 0)
		abort();
}

static inline void driver_fini(struct driver *d)
{
	loop_fini(&d->loop);
	routes_fini(&d->routes);
	pci_fini(&d->pci);
	bus_fini(&d->pio);
	bus_fini(&d->mmio);
	guest_fini(&d->g);
}

static inline uint64_t driver_access(struct driver *d, gpa_t addr, uint8_t size, bool write, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .write = write, .value = value };

	(void)bus_access(&d->mmio, &a);
	return a.value;
}

static inline uint64_t driver_cfg(struct driver *d, uint32_t reg, uint8_t size)
{
	return driver_access(d, LAYOUT_ECAM_BASE + (1u << 15) + reg, size, false, 0);
}

static inline void driver_cfg_set(struct driver *d, uint32_t reg, uint8_t size, uint64_t v)
{
	(void)driver_access(d, LAYOUT_ECAM_BASE + (1u << 15) + reg, size, true, v);
}

static inline uint64_t driver_reg(struct driver *d, uint32_t reg, uint8_t size)
{
	return driver_access(d, d->p.func.bar[0].base + reg, size, false, 0);
}

static inline void driver_reg_set(struct driver *d, uint32_t reg, uint8_t size, uint64_t v)
{
	(void)driver_access(d, d->p.func.bar[0].base + reg, size, true, v);
}

static inline uint8_t driver_status(struct driver *d)
{
	return (uint8_t)driver_reg(d, DRIVER_REG(device_status), 1);
}

static inline void driver_status_set(struct driver *d, uint8_t status)
{
	driver_reg_set(d, DRIVER_REG(device_status), 1, status);
}

static inline uint64_t driver_offered(struct driver *d)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < 2; i++) {
		driver_reg_set(d, DRIVER_REG(device_feature_select), 4, i);
		all |= driver_reg(d, DRIVER_REG(device_feature), 4) << (32 * i);
	}
	return all;
}

/* Put the device into slot 1 and let it decode and do DMA. */
static inline void driver_attach(struct driver *d, struct virtio *v)
{
	d->v = v;
	if (virtio_pci_add(&d->p, v, &d->pci, &d->routes) != 0)
		abort();
	driver_cfg_set(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static inline void driver_detach(struct driver *d)
{
	virtio_pci_remove(&d->p);
	if (d->wired.nr_irqfds || d->wired.nr_bells)
		abort();
}

/* Up to FEATURES_OK. VERSION_1 is added. */
static inline void driver_negotiate(struct driver *d, uint64_t features)
{
	features |= 1ull << VIRTIO_F_VERSION_1;
	driver_status_set(d, 0);
	driver_status_set(d, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t i = 0; i < 2; i++) {
		driver_reg_set(d, DRIVER_REG(guest_feature_select), 4, i);
		driver_reg_set(d, DRIVER_REG(guest_feature), 4, (uint32_t)(features >> (32 * i)));
	}
	driver_status_set(d, DRIVER_NEGOTIATED);
}

static inline gpa_t driver_ring_at(uint16_t queue)
{
	return DRIVER_RINGS + queue * KiB(4);
}

static inline void driver_queue(struct driver *d, uint16_t queue)
{
	gpa_t at = driver_ring_at(queue);

	driver_reg_set(d, DRIVER_REG(queue_select), 2, queue);
	driver_reg_set(d, DRIVER_REG(queue_size), 2, GUEST_RING_SIZE);
	driver_reg_set(d, DRIVER_REG(queue_desc_lo), 4, at);
	driver_reg_set(d, DRIVER_REG(queue_avail_lo), 4, at + 0x400);
	driver_reg_set(d, DRIVER_REG(queue_used_lo), 4, at + 0x800);
	driver_reg_set(d, DRIVER_REG(queue_enable), 2, 1);
}

/* All queues, and DRIVER_OK. */
static inline void driver_start(struct driver *d, uint64_t features)
{
	driver_negotiate(d, features);
	for (uint16_t q = 0; q < d->v->setup.nr_queues; q++)
		driver_queue(d, q);
	driver_status_set(d, DRIVER_RUNNING);
}

#endif
