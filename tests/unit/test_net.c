/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_net.c - virtio-net with a kernel that is a table: pairs and taps, what is left to each other, and the
 * control queue, with drivers that do it right and others that don't.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>

#include "tests/unit/log_lines.h"
#include "tests/unit/vhost_fake.h"
#include "tests/unit/virtio_driver.h"
#include "vmm/virtio/net.h"

#define BIT(n) (1ull << (n))
#define KERNEL_HAS                                                                                                 \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_RING_F_INDIRECT_DESC) |               \
		BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(26) | BIT(27))
#define TAP_HAS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_UFO)
#define PAIRS	3u
#define CONTROL (2 * PAIRS)
#define BUFFER	((gpa_t)0x40000)

static struct driver d;
static struct virtio_net n;
static struct log_lines said = { .least = LOG_LEVEL_DEBUG };
static int create(uint32_t pairs, bool mac_fixed)
{
	struct virtio_net_setup setup = { .sys = &fake_sys,
		.mem = &d.g.mem,
		.loop = &d.loop,
		.nr_pairs = pairs,
		.mac = { 2, 1, 2, 3, 4, 5 },
		.mac_fixed = mac_fixed,
		.mtu = 9000 };
	int tap[NET_PAIRS_MAX];

	for (uint32_t i = 0; i < pairs && i < NET_PAIRS_MAX; i++)
		tap[i] = fake_tap();
	setup.tap = tap;
	return virtio_net_create(&n, &setup);
}

static void attach(uint32_t pairs)
{
	assert_int_equal(create(pairs, false), 0);
	driver_attach(&d, &n.v);
}

static void detach(void)
{
	driver_detach(&d);
	virtio_net_destroy(&n);
	fake_taps_close();
}

static int setup(void **state)
{
	(void)state;
	driver_init(&d);
	fake_reset(KERNEL_HAS);
	fake.offload_known = TAP_HAS;
	said.nr = 0;
	said.last[0] = '\0';
	log_set_sink(log_lines_keep, &said);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_taps_close();
	log_set_sink(NULL, NULL);
	driver_fini(&d);
	return 0;
}

static const struct fake_vring *vring(uint32_t queue)
{
	return &fake_of(n.pair[queue / 2].vhost.fd)->vring[queue % 2];
}

/* Which pairs does the kernel work on? A bit for each. */
static unsigned working(void)
{
	unsigned bits = 0;

	for (uint32_t i = 0; i < n.nr_pairs; i++) {
		bool on = vring(2 * i)->backend >= 0;

		assert_int_equal(on, vring(2 * i + 1)->backend >= 0);
		assert_int_equal(on || !i, !fake.tap[i].detached);
		if (on)
			assert_int_equal(vring(2 * i)->backend, fake.tap[i].fd);
		bits |= (unsigned)on << i;
	}
	return bits;
}

/* A ring is at index 0 when a driver starts. */
static void start(uint64_t features)
{
	for (uint16_t q = 0; q < n.v.setup.nr_queues; q++)
		memset(d.g.mem.window + driver_ring_at(q), 0, KiB(4));
	driver_start(&d, features);
}

static void loop_turn(void)
{
	for (uint32_t i = 0; i < n.nr_kicks; i++)
		n.kick[i].source.ready(&n.kick[i].source, EPOLLIN);
}

/* Send a command as one buffer; the answer, or -1 if there is none. */
static int command_at(uint16_t queue, const void *body, uint32_t size, uint32_t room)
{
	struct guest_ring r = { .g = &d.g, .desc = (void *)(d.g.mem.window + driver_ring_at(queue)) };
	uint16_t used;

	r.avail = (void *)((uint8_t *)r.desc + 0x400);
	r.used = (void *)((uint8_t *)r.desc + 0x800);
	used = r.used->idx;
	memcpy(d.g.mem.window + BUFFER, body, size);
	d.g.mem.window[BUFFER + KiB(64)] = 0xee;
	guest_desc(&r, 0, BUFFER, size, VRING_DESC_F_NEXT, 1);
	guest_desc(&r, 1, BUFFER + KiB(64), room, VRING_DESC_F_WRITE, 0);
	guest_offer(&r, 0);
	virtio_kick(&n.v, queue);
	loop_turn();
	return r.used->idx == used ? -1 : d.g.mem.window[BUFFER + KiB(64)];
}

static int command(const void *body, uint32_t size)
{
	return command_at(n.nr_pairs > 1 ? (uint16_t)(2 * n.nr_pairs) : 2, body, size, 1);
}

static int pairs_ask(uint16_t nr)
{
	const uint8_t body[] = { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, (uint8_t)nr,
		(uint8_t)(nr >> 8) };

	return command(body, sizeof(body));
}

#define MQ (BIT(VIRTIO_NET_F_MQ) | BIT(VIRTIO_NET_F_CTRL_VQ))

static void what_the_guest_sees(void **state)
{
	const uint64_t offloads = BIT(0) | BIT(1) | BIT(7) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) |
				  BIT(13) | BIT(14);
	const uint64_t rest = BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | BIT(VIRTIO_NET_F_MTU) |
			      BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_NET_F_CTRL_RX) |
			      BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) | MQ;

	(void)state;
	attach(PAIRS);
	assert_int_equal(driver_cfg(&d, 0, 4), (0x1040 + 1) << 16 | 0x1af4);
	assert_int_equal(driver_cfg(&d, PCI_CLASS_REVISION, 4) >> 8, 0x020000);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG, 4), 0x03020102);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 4, 2), 0x0504);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 6, 2), 1);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 8, 2), PAIRS);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 10, 2), 9000);
	assert_int_equal(driver_reg(&d, DRIVER_REG(num_queues), 2), 2 * PAIRS + 1);
	assert_int_equal(driver_offered(&d), (KERNEL_HAS & ~(BIT(26) | BIT(27))) | offloads | rest);
	detach();
}

static void what_a_tap_lacks_is_not_offered(void **state)
{
	(void)state;
	fake.offload_known = TUN_F_CSUM | TUN_F_TSO4;
	attach(1);
	assert_int_equal(driver_offered(&d) & (BIT(8) | BIT(9) | BIT(10) | BIT(12) | BIT(13) | BIT(14)), 0);
	assert_int_equal(driver_offered(&d) & (BIT(7) | BIT(11)), BIT(7) | BIT(11));
	assert_int_equal(driver_offered(&d) & BIT(VIRTIO_NET_F_MQ), 0);
	assert_int_equal(driver_offered(&d) >> 54 & 7, 0);
	detach();
	fake.offload_known = TAP_HAS | 0x60;
	attach(1);
	assert_int_equal(driver_offered(&d) >> 54 & 7, 7);
	start(BIT(1) | BIT(54) | BIT(55));
	assert_int_equal(fake.offload, TUN_F_CSUM | 0x60);
	start(BIT(1) | BIT(54)); /* one alone the tap doesn't have */
	assert_int_equal(fake.offload, TUN_F_CSUM);
	detach();
}

static void taps_are_set_up(void **state)
{
	(void)state;
	attach(PAIRS);
	for (uint32_t i = 0; i < PAIRS; i++) {
		assert_int_equal(fake.tap[i].header, 12);
		assert_int_equal(fake.tap[i].sndbuf, INT32_MAX);
		assert_int_equal(fake.tap[i].detached, i > 0);
	}
	assert_int_equal(fake.offload, 0);
	assert_int_equal(fake.opened, PAIRS);
	assert_string_equal(fake_of(n.pair[2].vhost.fd)->path, "/dev/vhost-net");
	detach();
}

static void one_pair_until_more_are_asked_for(void **state)
{
	(void)state;
	attach(PAIRS);
	assert_int_equal(working(), 0);
	start(MQ | BIT(VIRTIO_RING_F_EVENT_IDX));
	assert_int_equal(driver_status(&d), DRIVER_RUNNING);
	assert_int_equal(working(), 1);
	assert_int_equal(fake_of(n.pair[0].vhost.fd)->accepted,
		BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX));
	assert_int_equal(vring(1)->kick, n.v.queue[1].kick);
	assert_int_equal(vring(1)->call, n.v.queue[1].call);
	assert_int_equal(pairs_ask(3), VIRTIO_NET_OK);
	assert_int_equal(working(), 7);
	assert_int_equal(vring(5)->kick, n.v.queue[5].kick);
	assert_ptr_equal((void *)(uintptr_t)vring(5)->addr.desc_user_addr, d.g.mem.window + driver_ring_at(5));
	assert_int_equal(pairs_ask(2), VIRTIO_NET_OK);
	assert_int_equal(working(), 3);
	assert_int_equal(vring(5)->kick, -1);
	assert_int_equal(pairs_ask(0), VIRTIO_NET_ERR);
	assert_int_equal(pairs_ask(4), VIRTIO_NET_ERR);
	assert_int_equal(pairs_ask(0x100), VIRTIO_NET_ERR);
	assert_int_equal(working(), 3);
	driver_status_set(&d, 0);
	assert_int_equal(working(), 0);
	start(MQ);
	assert_int_equal(working(), 1);
	detach();
	assert_int_equal(said.nr, 0);
}

static void pairs_that_fail_leave_it_as_it_was(void **state)
{
	(void)state;
	attach(PAIRS);
	start(MQ);
	fake.fail_request = VHOST_NET_SET_BACKEND;
	fake.fail_error = -EIO;
	fake.fail_once = true;
	fake.fail_after = 4; /* the second of pair 2 */
	assert_int_equal(pairs_ask(3), VIRTIO_NET_ERR);
	assert_int_equal(fake.fail_request, 0);
	assert_int_equal(working(), 1);
	assert_true(n.v.active);
	assert_int_equal(pairs_ask(3), VIRTIO_NET_OK);
	/* A pair that the driver has not enabled. */
	driver_negotiate(&d, MQ);
	memset(d.g.mem.window + driver_ring_at(CONTROL), 0, KiB(4));
	driver_queue(&d, 0);
	driver_queue(&d, 1);
	driver_queue(&d, 2);
	driver_queue(&d, CONTROL);
	driver_status_set(&d, DRIVER_RUNNING);
	assert_int_equal(pairs_ask(2), VIRTIO_NET_ERR);
	assert_int_equal(working(), 1);
	detach();
}

/* What a pair has done so far it does not do again: the driver's index goes on while it rests. */
static void a_pair_goes_on_where_it_was(void **state)
{
	(void)state;
	attach(PAIRS);
	start(MQ);
	assert_int_equal(pairs_ask(2), VIRTIO_NET_OK);
	assert_int_equal(vring(2)->base, 0);
	fake_of(n.pair[1].vhost.fd)->vring[0].base = 0xfff0;
	fake_of(n.pair[1].vhost.fd)->vring[1].base = 7;
	assert_int_equal(pairs_ask(1), VIRTIO_NET_OK);
	fake_of(n.pair[1].vhost.fd)->vring[1].base = 99;
	assert_int_equal(pairs_ask(3), VIRTIO_NET_OK);
	assert_int_equal(vring(2)->base, 0xfff0);
	assert_int_equal(vring(3)->base, 7);
	assert_int_equal(vring(4)->base, 0);
	/* Unless the driver begins anew. */
	start(MQ);
	assert_int_equal(vring(0)->base, 0);
	assert_int_equal(pairs_ask(2), VIRTIO_NET_OK);
	assert_int_equal(vring(2)->base, 0);
	assert_int_equal(vring(3)->base, 0);
	detach();
}

static void a_start_that_fails_needs_reset(void **state)
{
	static const unsigned long requests[] = { TUNSETOFFLOAD, VHOST_SET_FEATURES, VHOST_SET_VRING_NUM,
		VHOST_SET_VRING_KICK };

	(void)state;
	attach(PAIRS);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		fake.fail_request = requests[i];
		fake.fail_error = -EFAULT;
		start(MQ | BIT(VIRTIO_NET_F_GUEST_CSUM));
		fake.fail_request = 0;
		assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_int_equal(working(), 0);
		assert_int_equal(fake.offload, 0);
	}
	assert_int_equal(said.nr, 1);
	start(MQ);
	assert_int_equal(working(), 1);
	detach();
}

/* A driver that has not agreed on MQ finds the control queue behind its one pair. */
static void control_queue_without_multiqueue(void **state)
{
	const uint8_t mac[] = { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 9, 9, 9, 9, 9 };
	const uint8_t mq[] = { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0 };

	(void)state;
	attach(PAIRS);
	start(BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_MAC_ADDR));
	assert_int_equal(command_at(2, mac, sizeof(mac), 1), VIRTIO_NET_OK);
	assert_int_equal(n.config.mac[5], 9);
	assert_int_equal(command_at(2, mq, sizeof(mq), 1), VIRTIO_NET_ERR);
	assert_int_equal(command_at(CONTROL, mac, sizeof(mac), 1), -1);
	assert_true(n.v.active);
	/* With it, queue 2 is the second pair's, whose doorbell is the kernel's to read. */
	start(MQ);
	(void)eventfd_take(n.v.queue[2].kick);
	virtio_kick(&n.v, 2);
	loop_turn();
	assert_true(eventfd_take(n.v.queue[2].kick));
	/* And without any control queue nobody looks. */
	start(0);
	assert_int_equal(command_at(2, mac, sizeof(mac), 1), -1);
	assert_true(n.v.active);
	detach();
}

static void offloads_are_what_the_driver_takes(void **state)
{
	uint8_t body[10] = { VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET };
	const uint64_t taken = BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) |
			       BIT(VIRTIO_NET_F_GUEST_ECN);

	(void)state;
	attach(1);
	start(taken | BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS));
	assert_int_equal(fake.offload, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN);
	body[2] = 1 << VIRTIO_NET_F_GUEST_CSUM;
	assert_int_equal(command(body, sizeof(body)), VIRTIO_NET_OK);
	assert_int_equal(fake.offload, TUN_F_CSUM);
	body[3] = 1; /* TSO6, which was not agreed on */
	assert_int_equal(command(body, sizeof(body)), VIRTIO_NET_ERR);
	body[3] = 0;
	body[2] = 1 << 5; /* the MAC is no offload */
	assert_int_equal(command(body, sizeof(body)), VIRTIO_NET_ERR);
	assert_int_equal(command(body, sizeof(body) - 1), VIRTIO_NET_ERR);
	assert_int_equal(fake.offload, TUN_F_CSUM);
	/* Segments without checksums, ECN without segments: nothing. */
	start(BIT(VIRTIO_NET_F_GUEST_TSO4));
	assert_int_equal(fake.offload, 0);
	start(BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_ECN));
	assert_int_equal(fake.offload, TUN_F_CSUM);
	driver_status_set(&d, 0);
	assert_int_equal(fake.offload, 0);
	detach();
}

static void addresses_and_filters(void **state)
{
	const uint8_t promisc[] = { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 1 };
	const uint8_t extra[] = { VIRTIO_NET_CTRL_RX, 2, 1 };
	const uint8_t mac[] = { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 9, 9, 9, 9, 9 };
	const uint8_t tables[] = { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, 1, 0, 0, 0, 2, 2, 2, 2, 2, 2,
		0, 0, 0, 0 };
	uint8_t bad[sizeof(tables)];

	(void)state;
	attach(1);
	start(BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_RX) | BIT(VIRTIO_NET_F_CTRL_MAC_ADDR));
	assert_int_equal(command(promisc, sizeof(promisc)), VIRTIO_NET_OK);
	assert_int_equal(command(extra, sizeof(extra)), VIRTIO_NET_ERR);
	assert_int_equal(command(tables, sizeof(tables)), VIRTIO_NET_OK);
	memcpy(bad, tables, sizeof(bad));
	bad[5] = 0x80; /* two billion addresses */
	assert_int_equal(command(bad, sizeof(bad)), VIRTIO_NET_ERR);
	assert_int_equal(command(tables, sizeof(tables) - 4), VIRTIO_NET_ERR);
	assert_int_equal(command(mac, sizeof(mac)), VIRTIO_NET_OK);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 2, 4), 0x09090909);
	assert_int_equal(command(mac, sizeof(mac) - 1), VIRTIO_NET_ERR);
	assert_int_equal(command(mac, 1), VIRTIO_NET_ERR);
	driver_status_set(&d, 0);
	assert_int_equal(driver_reg(&d, DRIVER_CONFIG + 2, 4), 0x05040302);
	/* What was not agreed on is not done. */
	start(BIT(VIRTIO_NET_F_CTRL_VQ));
	assert_int_equal(command(promisc, sizeof(promisc)), VIRTIO_NET_ERR);
	assert_int_equal(command(tables, sizeof(tables)), VIRTIO_NET_ERR);
	assert_int_equal(command(mac, sizeof(mac)), VIRTIO_NET_ERR);
	detach();
}

static void a_fixed_address_cannot_be_changed(void **state)
{
	(void)state;
	assert_int_equal(create(1, true), 0);
	driver_attach(&d, &n.v);
	assert_int_equal(driver_offered(&d) & BIT(VIRTIO_NET_F_CTRL_MAC_ADDR), 0);
	detach();
}

static void a_broken_control_queue_stops_the_device(void **state)
{
	const uint8_t mq[] = { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0 };
	struct vring_avail *avail = (void *)(d.g.mem.window + driver_ring_at(CONTROL) + 0x400);

	(void)state;
	attach(PAIRS);
	start(MQ);
	assert_int_equal(command_at(CONTROL, mq, sizeof(mq), 0), -1);
	assert_false(n.v.active);
	assert_int_equal(working(), 0);
	start(MQ);
	avail->idx = 100;
	virtio_kick(&n.v, CONTROL);
	loop_turn();
	assert_false(n.v.active);
	assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	loop_turn();
	assert_int_equal(n.v.faults, 2);
	assert_int_equal(said.nr, 1);
	start(MQ);
	assert_int_equal(pairs_ask(2), VIRTIO_NET_OK);
	detach();
}

static void a_ring_that_the_kernel_cannot_read_stops_the_device(void **state)
{
	const uint64_t one = 1;

	(void)state;
	attach(PAIRS);
	start(MQ);
	assert_int_equal(pairs_ask(3), VIRTIO_NET_OK);
	assert_int_equal(vring(4)->err, n.watch.source.fd);
	assert_int_equal(write(n.watch.source.fd, &one, sizeof(one)), sizeof(one));
	n.watch.source.ready(&n.watch.source, EPOLLIN);
	assert_int_equal(working(), 0);
	assert_int_equal(driver_status(&d), DRIVER_RUNNING | VIRTIO_CONFIG_S_NEEDS_RESET);
	detach();
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void a_creation_that_fails_leaves_nothing(void **state)
{
	static const unsigned long requests[] = { TUNSETVNETHDRSZ, TUNSETSNDBUF, TUNSETQUEUE, VHOST_SET_OWNER,
		VHOST_SET_MEM_TABLE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		fake.fail_request = requests[i];
		fake.fail_error = -EPERM;
		fake.fail_once = true;
		fake.fail_after = requests[i] == TUNSETQUEUE ? 0 : 2;
		assert_int_equal(create(PAIRS, false), -EPERM);
		for (int k = 0; k < FAKE_VHOSTS; k++)
			assert_false(fake.at[k].fd && !fake_tap_of(fake.at[k].fd) && is_open(fake.at[k].fd));
		for (int k = 0; k < fake.nr_taps; k++)
			assert_true(is_open(fake.tap[k].fd)); /* not its own */
		fake_taps_close();
		fake_reset(KERNEL_HAS);
		fake.offload_known = TAP_HAS;
	}
	assert_int_equal(create(0, false), -EINVAL);
	assert_int_equal(create(NET_PAIRS_MAX + 1, false), -EINVAL);
	fake.open_error = -ENOENT;
	fake_taps_close();
	assert_int_equal(create(1, false), -ENOENT);
	assert_non_null(strstr(said.last, "modprobe vhost_net"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_guest_sees),
		TEST(what_a_tap_lacks_is_not_offered),
		TEST(taps_are_set_up),
		TEST(one_pair_until_more_are_asked_for),
		TEST(pairs_that_fail_leave_it_as_it_was),
		TEST(a_pair_goes_on_where_it_was),
		TEST(a_start_that_fails_needs_reset),
		TEST(control_queue_without_multiqueue),
		TEST(offloads_are_what_the_driver_takes),
		TEST(addresses_and_filters),
		TEST(a_fixed_address_cannot_be_changed),
		TEST(a_broken_control_queue_stops_the_device),
		TEST(a_ring_that_the_kernel_cannot_read_stops_the_device),
		TEST(a_creation_that_fails_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
