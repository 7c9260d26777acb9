/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_pci.c - capabilities, BARs, doorbells (virtio 1.2, 4.1.3 and 4.1.4). The registers of the
 * common configuration are in virtio_pci_common.c.
 *
 * Locks, outer first: the bus (configuration space), the device, the routes.
 */
#include "vmm/virtio/virtio_pci.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "vmm/log.h"
#include "vmm/pci_cfg.h"
#include "vmm/virtio/virtio_pci_common.h"

#define VENDOR	     0x1af4 /* 4.1.2 */
#define DEVICE_FIRST 0x1040
#define SUBSYSTEM    0x1100
#define REVISION     1

#define REGS_BAR    0u
#define REGS_SIZE   KiB(16)
#define REGS_ISR    0x1000u
#define REGS_CONFIG 0x2000u
#define REGS_BELLS  0x3000u
#define BELL_BYTES  4u

#define VECTORS_BAR  2u
#define VECTORS_SIZE KiB(8)
#define VECTORS_PBA  0x1000u

static_assert(VIRTIO_QUEUES_MAX * BELL_BYTES <= 0x1000, "doorbells fit");
static_assert((VIRTIO_QUEUES_MAX + 1) * MSIX_ENTRY_BYTES <= VECTORS_PBA, "the table fits");

/* Doorbells */

static gpa_t bell_at(gpa_t base, uint16_t queue)
{
	return base + REGS_BELLS + (gpa_t)queue * BELL_BYTES;
}

/* Without KVM's help a doorbell still works: it is an exit, see bell_ring(). */
static void bells_set(struct virtio_pci *p, bool on)
{
	gpa_t base = on ? p->base : p->bells_base;

	for (uint16_t i = 0; i < p->v->setup.nr_queues; i++) {
		int err = wires_doorbell(
			&p->msix.routes->wires, p->v->queue[i].kick, bell_at(base, i), on);

		if (err && on && !p->bells_refused) {
			log_errno(err,
				"%s: KVM does not take its doorbells, so each is an exit: %m",
				p->v->ops->name);
			p->bells_refused = true;
		}
	}
	p->bells = on;
	p->bells_base = base;
}

/* Doorbells are KVM's while the device is active and its BAR is where the guest's accesses come to us. */
static void bells_update(struct virtio_pci *p)
{
	bool want = p->v->active && p->decodes &&
		    (range_holds(p->bus->win32.range, p->base, REGS_SIZE) ||
			    range_holds(p->bus->win64.range, p->base, REGS_SIZE));

	if (p->bells && (!want || p->base != p->bells_base))
		bells_set(p, false);
	if (want && !p->bells)
		bells_set(p, true);
}

static struct virtio_pci *of_virtio(struct virtio *v)
{
	return v->transport;
}

static void activity(struct virtio *v)
{
	bells_update(of_virtio(v));
}

static enum io_result bell_ring(struct virtio_pci *p, const struct access *a)
{
	uint64_t queue = (a->offset - REGS_BELLS) / BELL_BYTES;

	if (queue >= p->v->setup.nr_queues || !a->write)
		return IO_BAD_GUEST;
	if (p->v->active)
		virtio_kick(p->v, (uint16_t)queue);
	return IO_OK;
}

/* Registers */

static enum io_result isr_access(struct virtio_pci *p, struct access *a)
{
	if (a->offset != REGS_ISR || a->size != 1 || a->write)
		return IO_BAD_GUEST;
	a->value = p->v->isr;
	p->v->isr = 0; /* 4.1.4.5.1 */
	return IO_OK;
}

static enum io_result config_access(struct virtio_pci *p, struct access *a)
{
	struct access inner = *a;
	enum io_result r;

	inner.offset = a->offset - REGS_CONFIG;
	r = virtio_config_access(p->v, &inner);
	a->value = inner.value;
	return r;
}

static enum io_result regs_access(struct device *dev, struct access *a)
{
	struct virtio_pci *p = container_of(dev, struct virtio_pci, regs);
	enum io_result r;

	if (!a->write)
		a->value = access_ones(a);
	pthread_mutex_lock(&p->v->lock);
	if (a->offset >= REGS_BELLS)
		r = bell_ring(p, a);
	else if (a->offset >= REGS_CONFIG)
		r = config_access(p, a);
	else if (a->offset >= REGS_ISR)
		r = isr_access(p, a);
	else
		r = virtio_pci_common_access(p, a);
	pthread_mutex_unlock(&p->v->lock);
	return r;
}

static enum io_result vectors_access(struct device *dev, struct access *a)
{
	struct virtio_pci *p = container_of(dev, struct virtio_pci, vectors);
	enum io_result r = IO_BAD_GUEST;
	uint64_t pba = a->offset - VECTORS_PBA;

	if (!a->write)
		a->value = access_ones(a);
	pthread_mutex_lock(&p->v->lock);
	if (a->offset < VECTORS_PBA) {
		if (a->offset + a->size <= msix_table_bytes(&p->msix))
			r = msix_table_access(&p->msix, a);
	} else if (pba + a->size <= msix_pba_bytes(&p->msix)) {
		struct access inner = *a;

		inner.offset = pba;
		r = msix_pba_access(&p->msix, &inner);
		a->value = inner.value;
	}
	pthread_mutex_unlock(&p->v->lock);
	return r;
}

static const struct dev_ops regs_ops = { "virtio-pci", regs_access, device_nothing,
	device_nothing };
static const struct dev_ops vectors_ops = { "virtio-pci-msix", vectors_access, device_nothing,
	device_nothing };

/* Configuration space; the bus is locked. */

/* The access that the window in configuration space stands for (4.1.4.9). */
static bool window_access(struct virtio_pci *p, bool write)
{
	uint8_t *cap = &p->func.cfg[p->cfg_cap];
	uint8_t *data = cap + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
	uint64_t length = cfg_get(cap, offsetof(struct virtio_pci_cap, length), 4);
	uint8_t bar = cap[offsetof(struct virtio_pci_cap, bar)];
	struct device *dev = bar == REGS_BAR ? &p->regs : bar == VECTORS_BAR ? &p->vectors : NULL;
	struct access a = {
		.offset = cfg_get(cap, offsetof(struct virtio_pci_cap, offset), 4),
		.size = (uint8_t)length,
		.write = write,
	};

	if (!dev || (length != 1 && length != 2 && length != 4) || !is_aligned(a.offset, length) ||
		a.offset >= p->func.bar[bar].size)
		return false;
	a.value = write ? cfg_get(data, 0, a.size) : 0;
	(void)dev->ops->access(dev, &a);
	if (!write)
		cfg_put(data, 0, a.value, a.size);
	return true;
}

static bool window_touched(const struct virtio_pci *p, uint32_t offset, uint32_t size)
{
	uint32_t data =
		(uint32_t)p->cfg_cap + (uint32_t)offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);

	return offset < data + 4 && data < offset + size;
}

static void func_reading(struct pci_func *f, uint32_t offset, uint32_t size)
{
	struct virtio_pci *p = container_of(f, struct virtio_pci, func);

	if (window_touched(p, offset, size))
		(void)window_access(p, false);
}

/*
 * Bus mastering that is taken away is memory that is: what a kernel does before it starts another one in its
 * place (kexec), without a reset. A driver that never turns it on is forgiven, as others do.
 */
static void master_update(struct virtio_pci *p)
{
	bool master = cfg_get(p->func.cfg, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;

	if (p->master && !master)
		virtio_halt(p->v);
	p->master = master;
}

static void func_written(struct pci_func *f, uint32_t offset, uint32_t size)
{
	struct virtio_pci *p = container_of(f, struct virtio_pci, func);

	if (window_touched(p, offset, size))
		(void)window_access(p, true);
	pthread_mutex_lock(&p->v->lock);
	master_update(p);
	msix_written(&p->msix, f, offset, size);
	pthread_mutex_unlock(&p->v->lock);
}

static void func_moved(struct pci_func *f)
{
	struct virtio_pci *p = container_of(f, struct virtio_pci, func);

	pthread_mutex_lock(&p->v->lock);
	p->decodes = pci_func_decodes(f, PCI_MEM64);
	p->base = f->bar[REGS_BAR].base;
	bells_update(p);
	pthread_mutex_unlock(&p->v->lock);
}

static int cap_add(struct virtio_pci *p, uint8_t type, uint32_t offset, uint32_t length,
	uint32_t more, uint8_t size)
{
	uint8_t body[20] = { 0 };

	static_assert(sizeof(struct virtio_pci_notify_cap) == sizeof(body), "4.1.4.4");
	static_assert(sizeof(struct virtio_pci_cfg_cap) == sizeof(body), "4.1.4.9");
	body[offsetof(struct virtio_pci_cap, cap_len)] = size;
	body[offsetof(struct virtio_pci_cap, cfg_type)] = type;
	body[offsetof(struct virtio_pci_cap, bar)] = REGS_BAR;
	cfg_put(body, offsetof(struct virtio_pci_cap, offset), offset, 4);
	cfg_put(body, offsetof(struct virtio_pci_cap, length), length, 4);
	cfg_put(body, sizeof(struct virtio_pci_cap), more, 4);
	return pci_func_cap(&p->func, PCI_CAP_ID_VNDR, body, size);
}

static int window_add(struct virtio_pci *p)
{
	int at = cap_add(p, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0, sizeof(struct virtio_pci_cfg_cap));

	if (at < 0)
		return at;
	p->cfg_cap = at;
	p->func.mask[(size_t)at + offsetof(struct virtio_pci_cap, bar)] = 0xff;
	memset(&p->func.mask[(size_t)at + offsetof(struct virtio_pci_cap, offset)], 0xff, 12);
	return 0;
}

static int caps_add(struct virtio_pci *p)
{
	const struct virtio *v = p->v;
	const uint8_t plain = sizeof(struct virtio_pci_cap);
	int at = cap_add(p, VIRTIO_PCI_CAP_COMMON_CFG, 0, VIRTIO_PCI_COMMON_BYTES, 0, plain);

	if (at >= 0)
		at = cap_add(p, VIRTIO_PCI_CAP_NOTIFY_CFG, REGS_BELLS,
			v->setup.nr_queues * BELL_BYTES, BELL_BYTES,
			sizeof(struct virtio_pci_notify_cap));
	if (at >= 0)
		at = cap_add(p, VIRTIO_PCI_CAP_ISR_CFG, REGS_ISR, 1, 0, plain);
	if (at >= 0 && v->setup.config_size)
		at = cap_add(
			p, VIRTIO_PCI_CAP_DEVICE_CFG, REGS_CONFIG, v->setup.config_size, 0, plain);
	if (at >= 0)
		at = window_add(p);
	return at >= 0 ? msix_cap_add(&p->msix, &p->func, VECTORS_BAR, 0, VECTORS_PBA) : at;
}

static int func_build(struct virtio_pci *p)
{
	const struct pci_ident id = {
		.vendor = VENDOR,
		.device = (uint16_t)(DEVICE_FIRST + p->v->ops->id),
		.subvendor = VENDOR,
		.subdevice = SUBSYSTEM,
		.class = p->v->ops->class,
		.revision = REVISION,
	};
	const struct pci_bar regs = { PCI_MEM64, true, REGS_SIZE, &p->regs, 0 };
	const struct pci_bar vectors = { PCI_MEM32, false, VECTORS_SIZE, &p->vectors, 0 };
	int err;

	pci_func_init(&p->func, &id);
	p->func.reading = func_reading;
	p->func.written = func_written;
	p->func.moved = func_moved;
	p->regs.ops = &regs_ops;
	p->vectors.ops = &vectors_ops;
	if ((err = pci_func_bar(&p->func, REGS_BAR, &regs)) != 0)
		return err;
	if ((err = pci_func_bar(&p->func, VECTORS_BAR, &vectors)) != 0)
		return err;
	return caps_add(p);
}

static int vectors_init(struct virtio_pci *p, struct routes *routes)
{
	uint16_t nr = p->v->setup.nr_queues;
	int fds[VIRTIO_QUEUES_MAX + 1];

	for (uint16_t i = 0; i < nr; i++)
		fds[i] = p->v->queue[i].call;
	fds[nr] = p->v->config_call;
	return msix_init(&p->msix, routes, (uint16_t)(nr + 1), fds, nr + 1u);
}

int virtio_pci_add(
	struct virtio_pci *p, struct virtio *v, struct pci_bus *bus, struct routes *routes)
{
	int slot = pci_free_slot(bus);
	int err;

	*p = (struct virtio_pci){ .v = v, .bus = bus };
	if (slot < 0)
		return log_errno(
			slot, "%s: all %u slots of the PCI bus are taken", v->ops->name, PCI_SLOTS);
	if ((err = vectors_init(p, routes)) != 0)
		return log_errno(err, "%s: no interrupt vectors are left: %m", v->ops->name);
	err = func_build(p);
	if (!err) {
		v->transport = p;
		v->activity = activity;
		err = pci_add(bus, (unsigned)slot, 0, &p->func);
	}
	if (!err)
		return 0;
	msix_fini(&p->msix);
	return log_errno(err, "%s: cannot be put on the PCI bus: %m", v->ops->name);
}

void virtio_pci_remove(struct virtio_pci *p)
{
	p->v->activity = NULL;
	if (p->bells)
		bells_set(p, false);
	msix_fini(&p->msix);
}
