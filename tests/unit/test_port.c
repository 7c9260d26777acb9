/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port.c - clients that come and go at a port whose guest does not read. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "launcher/port.h"
#include "tests/unit/virtio_guest.h"

static struct {
	struct guest g;
	struct loop loop;
	struct virtio_console c;
	struct port port;
	char path[64];
	struct config_port cfg;
} b;

static void woken(void *ctx)
{
	(void)ctx;
}

/* The device was never started: its guest has no room for anything. */
static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	snprintf(b.path, sizeof(b.path), "/tmp/thole-port.%d", getpid());
	b.cfg = (struct config_port){ .name = (char *)"data", .kind = CONFIG_PORT_SOCKET, .path = b.path };
	guest_init(&b.g);
	assert_int_equal(loop_init(&b.loop, woken, NULL), 0);
	virtio_console_init(&b.c);
	b.port.guest = virtio_console_port(&b.c, "data", port_pump, &b.port);
	assert_int_equal(virtio_console_create(&b.c, &b.g.mem, &b.loop), 0);
	assert_int_equal(port_start(&b.port, &b.cfg, b.port.guest, &b.loop, false), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	port_stop(&b.port);
	assert_int_equal(access(b.path, F_OK), -1);
	virtio_console_destroy(&b.c);
	loop_fini(&b.loop);
	guest_fini(&b.g);
	return 0;
}

/* What is ready now, and what follows from it. */
static void turn(void)
{
	for (int i = 0; i < 20; i++) {
		struct epoll_event ev;

		if (epoll_wait(b.loop.epoll, &ev, 1, 0) != 1)
			return;
		((struct loop_source *)ev.data.ptr)->ready(ev.data.ptr, ev.events);
	}
}

static int client(const char *text)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, b.path, strlen(b.path));
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

/* Whose words are next for the guest? "" when nobody is connected. */
static const char *served(void)
{
	static char text[16];
	ssize_t n;

	memset(text, 0, sizeof(text));
	n = b.port.end.fd < 0 ? 0 : recv(b.port.end.fd, text, sizeof(text) - 1, MSG_PEEK | MSG_DONTWAIT);
	assert_true(n >= 0);
	return text;
}

static void one_is_served_at_a_time(void **state)
{
	int first = client("one"), second;

	(void)state;
	turn();
	assert_string_equal(served(), "one");
	second = client("two");
	turn();
	assert_string_equal(served(), "one");
	close(first);
	turn();
	assert_string_equal(served(), "two");
	close(second);
}

static void what_a_client_left_waits_until_the_next_comes(void **state)
{
	int fd;

	(void)state;
	close(client("one"));
	turn();
	turn();
	assert_string_equal(served(), "one");
	fd = client("two");
	turn();
	assert_string_equal(served(), "two");
	close(fd);
	turn();
	assert_string_equal(served(), "two");
	for (int i = 0; i < 5; i++) {
		close(client("more"));
		turn();
		assert_string_equal(served(), "more");
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_is_served_at_a_time),
		TEST(what_a_client_left_waits_until_the_next_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
