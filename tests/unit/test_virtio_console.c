/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_virtio_console.c - ports from the guest's driver to the host's end: names, data, back-pressure. */
#include "tests/unit/unit.h"

#include <linux/virtio_config.h>

#include "tests/unit/virtio_guest.h"
#include "vmm/virtio/console.h"

#define RINGS  MiB(1)
#define BUFFER ((gpa_t)0x40000)
#define QUEUES 6u

struct bench {
	struct guest g;
	struct loop loop;
	struct virtio_console c;
	struct virtio_port *hvc, *data;
	struct guest_ring ring[QUEUES];
	uint16_t seen[QUEUES]; /* used entries that the driver has looked at */
	unsigned notified[2];
};

static struct bench b;

static void woken(void *ctx)
{
	(void)ctx;
}

static void notify(void *ctx)
{
	++*(unsigned *)ctx;
}

static void *host(gpa_t gpa)
{
	return b.g.mem.window + gpa;
}

static void status(uint8_t v)
{
	pthread_mutex_lock(&b.c.v.lock);
	virtio_status_set(&b.c.v, v);
	pthread_mutex_unlock(&b.c.v.lock);
}

static void start(uint64_t features)
{
	features |= 1ull << VIRTIO_F_VERSION_1;
	status(0);
	virtio_accept(&b.c.v, 0, (uint32_t)features);
	virtio_accept(&b.c.v, 1, (uint32_t)(features >> 32));
	status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	for (uint32_t q = 0; q < QUEUES; q++) {
		guest_ring_init(&b.ring[q], &b.g, RINGS + q * KiB(4));
		b.c.v.queue[q].place = b.ring[q].place;
		b.c.v.queue[q].enabled = true;
		b.seen[q] = 0;
	}
	status(b.c.v.status | VIRTIO_CONFIG_S_DRIVER_OK);
	assert_true(b.c.v.active);
}

static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	guest_init(&b.g);
	assert_int_equal(loop_init(&b.loop, woken, NULL), 0);
	virtio_console_init(&b.c);
	b.hvc = virtio_console_hvc(&b.c, notify, &b.notified[0]);
	b.data = virtio_console_port(&b.c, "data", notify, &b.notified[1]);
	assert_int_equal(virtio_console_create(&b.c, &b.g.mem, &b.loop), 0);
	start(1ull << VIRTIO_CONSOLE_F_MULTIPORT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	virtio_console_destroy(&b.c);
	loop_fini(&b.loop);
	guest_fini(&b.g);
	return 0;
}

static void turn(void)
{
	for (uint32_t i = 0; i < QUEUES; i++)
		if (eventfd_take(b.c.v.queue[i].kick)) {
			virtio_kick(&b.c.v, (uint16_t)i);
			b.c.kick[i].source.ready(&b.c.kick[i].source, EPOLLIN);
		}
}

/* The driver puts a buffer into a queue, and rings. */
static void offer(uint32_t q, uint16_t head, gpa_t at, uint32_t size, bool in)
{
	guest_desc(&b.ring[q], head, at, size, in ? VRING_DESC_F_WRITE : 0, 0);
	guest_offer(&b.ring[q], head);
	virtio_kick(&b.c.v, (uint16_t)q);
}

static void say(uint32_t id, uint16_t event, uint16_t value)
{
	const struct virtio_console_control m = { id, event, value };

	memcpy(host(BUFFER), &m, sizeof(m));
	offer(3, 0, BUFFER, sizeof(m), false);
	turn();
}

static void control_post(void)
{
	for (uint16_t i = 0; i < 8; i++)
		offer(2, i, BUFFER + KiB(4) + 128u * i, 128, true);
	turn();
}

/* The next control message that the guest has got, as "ID EVENT VALUE NAME"; "" if none. */
static const char *heard(void)
{
	static char text[128];
	struct virtio_console_control m;
	struct vring_used_elem e;
	const char *buf;

	text[0] = 0;
	if (b.ring[2].used->idx == b.seen[2])
		return text;
	e = b.ring[2].used->ring[b.seen[2]++ % GUEST_RING_SIZE];
	buf = host(BUFFER + KiB(4) + 128u * e.id);
	memcpy(&m, buf, sizeof(m));
	snprintf(text, sizeof(text), "%u %u %u %.*s", m.id, m.event, m.value,
		(int)(e.len - sizeof(m)), buf + sizeof(m));
	return text;
}

static void ports_are_announced(void **state)
{
	(void)state;
	assert_int_equal(b.c.config.max_nr_ports, 2);
	control_post();
	assert_string_equal(heard(), "");
	say(VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	assert_string_equal(heard(), "0 1 1 ");
	assert_string_equal(heard(), "1 1 1 ");
	say(0, VIRTIO_CONSOLE_PORT_READY, 1);
	assert_string_equal(heard(), "0 4 1 ");
	assert_string_equal(heard(), "0 6 1 "); /* the console's host is always there */
	say(1, VIRTIO_CONSOLE_PORT_READY, 1);
	assert_string_equal(heard(), "1 7 1 data");
	assert_string_equal(heard(), "");
	virtio_port_open(b.data, true);
	assert_string_equal(heard(), "1 6 1 ");
	virtio_port_open(b.data, false);
	assert_string_equal(heard(), "1 6 0 ");
	assert_string_equal(heard(), "");
	b.notified[1] = 0;
	say(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_int_equal(b.notified[1], 1);
	assert_true(b.data->guest_open);
	assert_true(eventfd_take(b.c.v.queue[2].call));
	assert_true(eventfd_take(b.c.v.queue[3].call));
}

static void nonsense_is_ignored(void **state)
{
	(void)state;
	say(7, VIRTIO_CONSOLE_PORT_READY, 1);
	say(2, VIRTIO_CONSOLE_PORT_OPEN, 1);
	say(UINT32_MAX, VIRTIO_CONSOLE_PORT_OPEN, 1);
	say(0, 99, 1);
	say(0, VIRTIO_CONSOLE_PORT_READY, 0);
	offer(3, 0, BUFFER, 3, false); /* short */
	turn();
	/* Without end, and never a buffer for the answers. */
	for (int i = 0; i < 1000; i++) {
		say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
		say(1, VIRTIO_CONSOLE_PORT_READY, 1);
	}
	control_post();
	assert_string_equal(heard(), "0 1 1 ");
	assert_string_equal(heard(), "1 1 1 ");
	assert_string_equal(heard(), "1 7 1 data");
	assert_string_equal(heard(), "");
	assert_int_equal(b.c.v.faults, 0);
}

static void output_waits_until_taken(void **state)
{
	uint8_t buf[16] = { 0 };

	(void)state;
	memcpy(host(BUFFER), "0123456789", 10);
	b.notified[0] = b.notified[1] = 0;
	offer(1, 0, BUFFER, 6, false);
	offer(1, 1, BUFFER + 6, 4, false);
	turn();
	assert_true(b.notified[0] > 0);
	assert_int_equal(
		b.ring[1].used->idx, 0); /* still the guest's, so it knows that nobody reads */
	assert_int_equal(stream_take(&b.hvc->stream, buf, 4), 4);
	assert_int_equal(b.ring[1].used->idx, 0);
	assert_int_equal(stream_take(&b.hvc->stream, buf + 4, 4), 4);
	assert_int_equal(b.ring[1].used->idx, 1);
	assert_int_equal(stream_take(&b.hvc->stream, buf + 8, 8), 2);
	assert_string_equal((char *)buf, "0123456789");
	assert_int_equal(b.ring[1].used->idx, 2);
	assert_int_equal(stream_take(&b.hvc->stream, buf, 8), 0);
	assert_int_equal(stream_take(&b.data->stream, buf, 8), 0);
	assert_true(eventfd_take(b.c.v.queue[1].call));
}

static void input_waits_for_buffers(void **state)
{
	(void)state;
	offer(4, 0, BUFFER, 8, true);
	assert_int_equal(stream_room(&b.data->stream), 0); /* nobody has the port open */
	say(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_int_equal(stream_room(&b.data->stream), 8);
	offer(4, 1, BUFFER + 100, 8, true);
	assert_int_equal(
		stream_give(&b.data->stream, (const uint8_t *)"abcdefghijklmnopqrst", 20), 16);
	assert_int_equal(stream_room(&b.data->stream), 0);
	assert_memory_equal(host(BUFFER), "abcdefgh", 8);
	assert_memory_equal(host(BUFFER + 100), "ijklmnop", 8);
	assert_int_equal(b.ring[4].used->idx, 2);
	assert_int_equal(b.ring[4].used->ring[1].len, 8);
	offer(4, 2, BUFFER, 8, true);
	assert_int_equal(stream_give(&b.data->stream, (const uint8_t *)"xyz", 3), 3);
	assert_int_equal(b.ring[4].used->ring[2].len, 3);
	say(1, VIRTIO_CONSOLE_PORT_OPEN, 0);
	assert_int_equal(stream_room(&b.data->stream), 0);
}

static void a_guest_without_ports_has_its_console(void **state)
{
	(void)state;
	start(0);
	offer(0, 0, BUFFER, 8, true);
	assert_int_equal(stream_give(&b.hvc->stream, (const uint8_t *)"hi", 2), 2);
	assert_memory_equal(host(BUFFER), "hi", 2);
}

static void buffers_of_nothing_do_not_hold_the_loop(void **state)
{
	uint8_t buf[8];

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		offer(1, i, BUFFER, 0, false);
	assert_int_equal(stream_take(&b.hvc->stream, buf, sizeof(buf)), 0);
	assert_int_equal(b.ring[1].used->idx, 8);
	for (uint16_t i = 0; i < 8; i++)
		offer(1, i, BUFFER, 8, true); /* the wrong way round */
	assert_int_equal(stream_take(&b.hvc->stream, buf, sizeof(buf)), 0);
	assert_int_equal(b.ring[1].used->idx, 16);
	assert_int_equal(b.c.v.faults, 0);
}

static void a_broken_ring_stops_the_device(void **state)
{
	uint8_t buf[8];

	(void)state;
	offer(5, 0, BUFFER, 4, false);
	assert_int_equal(stream_take(&b.data->stream, buf, 2), 2); /* half of it is held */
	guest_offer(&b.ring[1], 77);
	assert_int_equal(stream_take(&b.hvc->stream, buf, sizeof(buf)), 0);
	assert_false(b.c.v.active);
	assert_int_equal(b.c.v.status & VIRTIO_CONFIG_S_NEEDS_RESET, VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(b.c.v.faults, 1);
	assert_int_equal(stream_take(&b.data->stream, buf, 2), 0);
	assert_int_equal(stream_room(&b.data->stream), 0);
	turn();
	virtio_port_open(b.data, true);
	start(1ull << VIRTIO_CONSOLE_F_MULTIPORT);
	assert_int_equal(stream_take(&b.data->stream, buf, 2), 0);
	memcpy(host(BUFFER), "new", 3);
	offer(5, 0, BUFFER, 3, false);
	assert_int_equal(stream_take(&b.data->stream, buf, sizeof(buf)), 3);
	guest_offer(&b.ring[3], 77);
	virtio_kick(&b.c.v, 3);
	turn();
	assert_false(b.c.v.active);
	assert_int_equal(b.c.v.faults, 2);
}

static void there_is_an_end_to_ports(void **state)
{
	static struct virtio_console c;

	(void)state;
	virtio_console_init(&c);
	for (uint32_t i = 1; i < VIRTIO_PORTS_MAX; i++)
		assert_non_null(virtio_console_port(&c, "x", notify, &b.notified[0]));
	assert_null(virtio_console_port(&c, "x", notify, &b.notified[0]));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ports_are_announced),
		TEST(nonsense_is_ignored),
		TEST(output_waits_until_taken),
		TEST(input_waits_for_buffers),
		TEST(a_guest_without_ports_has_its_console),
		TEST(buffers_of_nothing_do_not_hold_the_loop),
		TEST(a_broken_ring_stops_the_device),
		TEST(there_is_an_end_to_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
