/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_net.c - fuzz: what a guest can do to a virtio-net device and a virtio-vsock, whose queues are vhost's.
 * Bytes are steps: accesses to BARs and configuration space, writes to the rings' memory, commands on the control
 * queue, turns of the event loop, complaints of the kernel. The kernel is a table that insists on the order that the
 * real one insists on. Whatever comes, a queue is the kernel's only while the device is active, and its rings are in
 * memory; an error is told once; and a reset brings the device back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/vhost_fake.h"
#include "tests/unit/virtio_driver.h"
#include "vmm/log.h"
#include "vmm/virtio/net.h"
#include "vmm/virtio/vsock.h"

#define PAIRS  3u
#define WINDOW KiB(64) /* of memory from the rings on that steps write to */
#define BUFFER (DRIVER_RINGS + KiB(32))
#define HAS                                                                                        \
	(1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_EVENT_IDX |                            \
		1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_NET_F_MRG_RXBUF |             \
		1ull << VIRTIO_VSOCK_F_SEQPACKET)

static struct driver d;
static struct virtio_net n;
static struct virtio_vsock s;
static bool is_vsock;
static unsigned lines;

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
	(void)ctx;
	(void)level;
	(void)line;
	lines++;
}

static struct vhost_watch *watch(void)
{
	return is_vsock ? &s.watch : &n.watch;
}

static void loop_turn(void)
{
	for (uint32_t i = 0; !is_vsock && i < n.nr_kicks; i++)
		n.kick[i].source.ready(&n.kick[i].source, EPOLLIN);
	watch()->source.ready(&watch()->source, EPOLLIN);
}

static void kernel_complain(void)
{
	const uint64_t one = 1;

	if (write(watch()->source.fd, &one, sizeof(one)) != sizeof(one))
		broken("there is an eventfd to complain by");
}

static void memory_write(struct input *in)
{
	uint32_t at = (uint32_t)next(in, 2) % (uint32_t)WINDOW;
	uint32_t size = (uint32_t)next(in, 1) % 64;

	for (uint32_t i = 0; i < size; i++)
		d.g.mem.window[DRIVER_RINGS + at + i] = (uint8_t)next(in, 1);
}

/* A command as a driver would send it, but for what is in it. */
static void command(struct input *in)
{
	uint16_t queue = next(in, 1) & 1 ? 2 : 2 * PAIRS;
	struct guest_ring r = { .g = &d.g, .desc = (void *)(d.g.mem.window + driver_ring_at(queue)) };
	uint8_t how = (uint8_t)next(in, 1);
	uint32_t size = (uint32_t)next(in, 1) % 40;

	for (uint32_t i = 0; i < size; i++)
		d.g.mem.window[BUFFER + i] = (uint8_t)next(in, 1);
	r.avail = (void *)((uint8_t *)r.desc + 0x400);
	guest_desc(&r, 0, BUFFER, size, VRING_DESC_F_NEXT, 1);
	guest_desc(&r, 1, BUFFER + KiB(1), how & 7, how & 8 ? VRING_DESC_F_INDIRECT : VRING_DESC_F_WRITE, 0);
	guest_offer(&r, 0);
	driver_reg_set(&d, DRIVER_BELLS + 4u * queue, 2, queue);
	if (!(how & 16))
		loop_turn();
}

static void step(struct input *in)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };
	uint8_t what = (uint8_t)next(in, 1);
	uint8_t size = sizes[what >> 6];
	bool write = what & 32;
	gpa_t bar0 = d.p.func.bar[0].base, bar2 = d.p.func.bar[2].base;
	gpa_t slot = LAYOUT_ECAM_BASE + (1u << 15);

	switch (what & 15) {
	case 0: (void)driver_access(&d, bar0 + next(in, 2) % KiB(16), size, write, next(in, size)); break;
	case 1: (void)driver_access(&d, bar0 + next(in, 1) % 64, size, write, next(in, size)); break;
	case 2: (void)driver_access(&d, bar2 + next(in, 2) % KiB(8), size, write, next(in, size)); break;
	case 3: (void)driver_access(&d, slot + next(in, 1), size, write, next(in, size)); break;
	case 4:
	case 5: memory_write(in); break;
	case 6:
	case 7:
	case 8: command(in); break;
	case 9: driver_start(&d, next(in, 8)); break;
	case 10: driver_start(&d, d.v->setup.features); break;
	case 11: kernel_complain(); break;
	case 12:
		/* A call of the kernel's that fails, some steps from now. */
		fake.fail_request = next(in, 1) & 1 ? VHOST_NET_SET_BACKEND : VHOST_SET_VRING_ADDR;
		fake.fail_error = -EFAULT;
		fake.fail_once = true;
		fake.fail_after = (unsigned)next(in, 1) % 8;
		break;
	default: loop_turn(); break;
	}
}

static void vring_check(const struct fake_vhost *f, const struct fake_vring *v)
{
	const uint8_t *window = d.g.mem.window;
	uint64_t desc = v->addr.desc_user_addr - (uintptr_t)window;

	if (!d.v->active && (f->running || v->backend >= 0 || v->kick >= 0 || v->call >= 0))
		broken("the kernel has a queue only while the device is active");
	if ((f->running || v->backend >= 0) && !mem_at(&d.g.mem, desc, 16ull * v->size))
		broken("a ring that the kernel has is in memory");
}

static void rules_check(void)
{
	for (int i = 0; i < FAKE_VHOSTS; i++)
		for (uint32_t k = 0; fake.at[i].fd && k < FAKE_VRINGS; k++)
			vring_check(&fake.at[i], &fake.at[i].vring[k]);
	if (d.wired.nr_bells && !d.v->active)
		broken("doorbells are KVM's only while the device is active");
	if ((d.v->status & VIRTIO_CONFIG_S_NEEDS_RESET) && d.v->active)
		broken("a device that needs reset does nothing");
	if (!is_vsock && !d.v->active && fake.offload)
		broken("the tap hands over plain packets while nobody has said anything else");
}

static void device_create(void)
{
	struct virtio_net_setup net = { .sys = &fake_sys, .mem = &d.g.mem, .loop = &d.loop, .nr_pairs = PAIRS,
		.mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500 };
	const struct virtio_vsock_setup vsock = { .sys = &fake_sys, .mem = &d.g.mem, .loop = &d.loop, .cid = 42 };
	int tap[PAIRS];

	for (uint32_t i = 0; !is_vsock && i < PAIRS; i++)
		tap[i] = fake_tap();
	net.tap = tap;
	if ((is_vsock ? virtio_vsock_create(&s, &vsock) : virtio_net_create(&n, &net)) != 0)
		abort();
	driver_attach(&d, is_vsock ? &s.v : &n.v);
}

static void device_destroy(void)
{
	driver_detach(&d);
	if (is_vsock)
		virtio_vsock_destroy(&s);
	else
		virtio_net_destroy(&n);
	fake_taps_close();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	lines = 0;
	log_set_sink(line_count, NULL);
	driver_init(&d);
	fake_reset(HAS);
	fake.offload_known = 0x7f;
	is_vsock = next(&in, 1) & 1;
	device_create();
	for (unsigned i = 0; i < 500 && in.left; i++) {
		step(&in);
		rules_check();
	}
	/* A doorbell that KVM refuses, a driver that breaks the device, the kernel that does not stop: once each. */
	if (lines > 4)
		broken("the guest cannot fill the log");
	fake.fail_request = 0;
	memset(d.g.mem.window + DRIVER_RINGS, 0, WINDOW);
	driver_cfg_set(&d, PCI_BASE_ADDRESS_0, 4, LAYOUT_MMIO32_BASE);
	driver_cfg_set(&d, PCI_BASE_ADDRESS_0 + 4, 4, 0);
	driver_cfg_set(&d, PCI_BASE_ADDRESS_2, 4, LAYOUT_MMIO32_BASE + MiB(1));
	driver_cfg_set(&d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	driver_start(&d, d.v->setup.features);
	if (!d.v->active)
		broken("a reset brings the device back");
	rules_check();
	device_destroy();
	driver_fini(&d);
	return 0;
}
