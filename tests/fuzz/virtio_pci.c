/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_pci.c - fuzz: what a guest can do to a virtio-console on the PCI bus. Bytes are steps: accesses
 * to its BARs and its configuration space, writes to the memory that its rings are in, and turns of the
 * event loop with a host's end that reads and writes. Whatever comes, thole goes on: nothing outside
 * guest memory is touched, an error is told once, and a reset brings the device back.
 */
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/virtio_guest.h"
#include "vmm/log.h"
#include "vmm/virtio/console.h"
#include "vmm/virtio/virtio_pci.h"

#define RINGS  KiB(64)	/* a page for each queue */
#define WINDOW KiB(128) /* of memory from there that steps write to */
#define REG(f) offsetof(struct virtio_pci_common_cfg, f)

struct bench {
	struct bus pio, mmio;
	struct pci_bus pci;
	struct wired wired;
	struct routes routes;
	struct loop loop;
	struct virtio_console c;
	struct virtio_port *hvc, *data;
	struct virtio_pci p;
	unsigned lines;
};

static struct bench *b;
static struct guest g; /* made once, since that takes longest */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint64_t next(struct input *in, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes && in->left; i++, in->at++, in->left--)
		v |= (uint64_t)*in->at << (8 * i);
	return v;
}

static void broken(const char *rule)
{
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

static void line_count(void *ctx, enum log_level level, const char *line)
{
	(void)level;
	(void)line;
	((struct bench *)ctx)->lines++;
}

static void woken(void *ctx)
{
	(void)ctx;
}

static void pump(void *ctx)
{
	struct virtio_port *p = *(struct virtio_port **)ctx;
	uint8_t buf[512];
	uint32_t room, n;

	for (int i = 0; i < 4 && (n = stream_take(&p->stream, buf, sizeof(buf))) != 0; i++)
		if (n > sizeof(buf))
			broken("no more is taken than asked for");
	room = stream_room(&p->stream);
	memset(buf, 'x', sizeof(buf));
	n = stream_give(&p->stream, buf, min(room, 300u));
	if (n != min(room, 300u))
		broken("there is the room that was promised");
}

static uint64_t guest_access(gpa_t addr, uint8_t size, bool write, uint64_t value)
{
	struct access a = { .addr = addr, .size = size, .write = write, .value = value };

	(void)bus_access(&b->mmio, &a);
	return a.value;
}

static gpa_t slot(uint32_t reg)
{
	return LAYOUT_ECAM_BASE + (1u << 15) + reg;
}

static void reg_write(uint32_t reg, uint8_t size, uint64_t value)
{
	(void)guest_access(b->p.func.bar[0].base + reg, size, true, value);
}

/* A driver that does all right. */
static void device_start(uint64_t features)
{
	uint64_t status =
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK;

	(void)guest_access(slot(PCI_COMMAND), 2, true, PCI_COMMAND_MEMORY);
	reg_write(REG(device_status), 1, 0);
	for (uint32_t i = 0; i < 2; i++) {
		reg_write(REG(guest_feature_select), 4, i);
		reg_write(REG(guest_feature), 4, (uint32_t)(features >> (32 * i)));
	}
	reg_write(REG(device_status), 1, status);
	for (uint16_t q = 0; q < b->c.v.setup.nr_queues; q++) {
		gpa_t at = RINGS + q * KiB(4);

		reg_write(REG(queue_select), 2, q);
		reg_write(REG(queue_size), 2, 8);
		reg_write(REG(queue_desc_lo), 4, at);
		reg_write(REG(queue_avail_lo), 4, at + 0x400);
		reg_write(REG(queue_used_lo), 4, at + 0x800);
		reg_write(REG(queue_enable), 2, 1);
		reg_write(REG(queue_msix_vector), 2, q);
	}
	reg_write(REG(device_status), 1, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void loop_turn(void)
{
	for (uint32_t i = 0; i < b->c.v.setup.nr_queues; i++)
		b->c.kick[i].source.ready(&b->c.kick[i].source, EPOLLIN);
}

static void memory_write(struct input *in)
{
	uint32_t at = (uint32_t)next(in, 3) % WINDOW;
	uint32_t size = (uint32_t)next(in, 1) % 64;

	for (uint32_t i = 0; i < size; i++)
		g.mem.window[RINGS + at + i] = (uint8_t)next(in, 1);
}

/* One buffer for a queue, as a driver would. */
static void chain_offer(struct input *in)
{
	uint16_t queue = (uint16_t)(next(in, 1) % b->c.v.setup.nr_queues);
	struct guest_ring r = { .g = &g, .desc = (void *)(g.mem.window + RINGS + queue * KiB(4)) };
	uint16_t head = (uint16_t)(next(in, 1) % 8);
	uint8_t how = (uint8_t)next(in, 1);

	r.avail = (void *)((uint8_t *)r.desc + 0x400);
	guest_desc(&r, head, RINGS + KiB(64) + next(in, 2) % KiB(60),
		(uint32_t)next(in, 2) % KiB(4), how & 7, (uint16_t)next(in, 1) % 9);
	guest_offer(&r, head);
}

static void step(struct input *in)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };
	uint8_t what = (uint8_t)next(in, 1);
	uint8_t size = sizes[what >> 6];
	bool write = what & 32;

	switch (what & 15) {
	case 0:
	case 1:
		(void)guest_access(
			b->p.func.bar[0].base + next(in, 2) % KiB(16), size, write, next(in, size));
		break;
	case 2:
		(void)guest_access(
			b->p.func.bar[0].base + next(in, 1) % 64, size, write, next(in, size));
		break;
	case 3:
		(void)guest_access(
			b->p.func.bar[2].base + next(in, 2) % KiB(8), size, write, next(in, size));
		break;
	case 4: (void)guest_access(slot((uint32_t)next(in, 1)), size, write, next(in, size)); break;
	case 5:
	case 6: memory_write(in); break;
	case 7:
	case 8: chain_offer(in); break;
	case 9: virtio_port_open(b->data, write); break;
	case 10: device_start(next(in, 5) | 1ull << VIRTIO_F_VERSION_1); break;
	case 11: device_start(b->c.v.setup.features | 1ull << VIRTIO_F_VERSION_1); break;
	default: loop_turn(); break;
	}
}

static void bench_start(void)
{
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	log_set_sink(line_count, b);
	if (!g.mem.window)
		guest_init(&g);
	memset(g.mem.window + RINGS, 0, WINDOW + 64);
	bus_init(&b->pio);
	bus_init(&b->mmio);
	pci_init(&b->pci, (struct range){ GiB(8), GiB(1) });
	routes_init(&b->routes, (struct wires){ &wired_ops, &b->wired });
	virtio_console_init(&b->c);
	b->hvc = virtio_console_hvc(&b->c, pump, &b->hvc);
	b->data = virtio_console_port(&b->c, "data", pump, &b->data);
	if (pci_map(&b->pci, &b->pio, &b->mmio) != 0 || loop_init(&b->loop, woken, NULL) != 0 ||
		virtio_console_create(&b->c, &g.mem, &b->loop) != 0 ||
		virtio_pci_add(&b->p, &b->c.v, &b->pci, &b->routes) != 0)
		abort();
}

static void bench_stop(void)
{
	virtio_pci_remove(&b->p);
	virtio_console_destroy(&b->c);
	if (b->wired.nr_irqfds || b->wired.nr_bells)
		broken("nothing stays wired");
	routes_fini(&b->routes);
	loop_fini(&b->loop);
	pci_fini(&b->pci);
	bus_fini(&b->mmio);
	bus_fini(&b->pio);
	free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	bench_start();
	for (unsigned i = 0; i < 500 && in.left; i++) {
		step(&in);
		if (b->wired.nr_bells && !b->c.v.active)
			broken("doorbells are KVM's only while the device is active");
		if ((b->c.v.status & VIRTIO_CONFIG_S_NEEDS_RESET) && b->c.v.active)
			broken("a device that needs reset does nothing");
	}
	/* A doorbell that KVM refuses, and a driver that breaks the device: once each. */
	if (b->lines > 3)
		broken("the guest cannot fill the log");
	memset(g.mem.window + RINGS, 0, KiB(64));
	(void)guest_access(slot(PCI_BASE_ADDRESS_0), 4, true, LAYOUT_MMIO32_BASE);
	(void)guest_access(slot(PCI_BASE_ADDRESS_0 + 4), 4, true, 0);
	(void)guest_access(slot(PCI_BASE_ADDRESS_2), 4, true, LAYOUT_MMIO32_BASE + MiB(1));
	device_start(b->c.v.setup.features | 1ull << VIRTIO_F_VERSION_1);
	loop_turn();
	if (!b->c.v.active)
		broken("a reset brings the device back");
	bench_stop();
	return 0;
}
