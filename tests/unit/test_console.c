/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_console.c - bytes between the UART and descriptors: none is left lying, none is lost. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "launcher/console.h"
#include "vmm/serial.h"

/* Long for a loop that has something to do, short for a person. */
#define MOMENT_MS 100

struct bench {
	struct vm vm;
	struct serial serial;
	struct console console;
	struct loop_source deadline;
};

static struct bench b;

static void nothing(void *ctx)
{
	(void)ctx;
}

static void line_set(void *ctx, uint32_t gsi, bool level)
{
	(void)ctx;
	(void)gsi;
	(void)level;
}

static void deadline_over(struct loop_source *src, uint32_t events)
{
	uint64_t count;

	(void)events;
	assert_int_equal(read(src->fd, &count, sizeof(count)), sizeof(count));
	loop_quit(&b.vm.loop);
}

static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	assert_int_equal(loop_init(&b.vm.loop, nothing, NULL), 0);
	end_init(&b.vm.end, &b.vm.loop);
	assert_int_equal(console_init(&b.console, &b.vm, &b.serial.stream), 0);
	serial_init(&b.serial, (struct irq_line){ line_set, NULL, 4 }, console_kick, &b.console);
	b.deadline = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), deadline_over };
	assert_int_equal(loop_add(&b.vm.loop, &b.deadline, EPOLLIN), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	console_fini(&b.console);
	serial_fini(&b.serial);
	close(b.deadline.fd);
	loop_fini(&b.vm.loop);
	return 0;
}

static void run_a_moment(void)
{
	const struct itimerspec when = { .it_value = { 0, MOMENT_MS * 1000000L } };

	timerfd_settime(b.deadline.fd, 0, &when, NULL);
	b.vm.loop.quit = false;
	assert_int_equal(loop_run(&b.vm.loop), 0);
}

/* The guest's side of a register. */
static uint8_t guest_read(uint64_t reg)
{
	struct access a = { .offset = reg, .size = 1 };

	assert_int_equal(b.serial.dev.ops->access(&b.serial.dev, &a), IO_OK);
	return (uint8_t)a.value;
}

/* As its driver says at the end of its start-up: DTR, RTS, OUT2. */
static void guest_is_ready(void)
{
	struct access a = { .offset = 4, .value = 0x0b, .size = 1, .write = true };

	assert_int_equal(b.serial.dev.ops->access(&b.serial.dev, &a), IO_OK);
}

/* All input that the guest can get now; returns how much, each byte checked against its place. */
static uint32_t guest_take_input(uint32_t from)
{
	uint32_t n = 0;

	while (guest_read(5) & 1)
		assert_int_equal(guest_read(0), (uint8_t)(from + n++));
	return n;
}

static void counted_bytes(int fd, uint32_t nr)
{
	uint8_t bytes[8192];

	assert_true(nr <= sizeof(bytes));
	for (uint32_t i = 0; i < nr; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(write(fd, bytes, nr), nr);
}

/* More than is written in one go: what is left must not wait for the guest's next word. */
static void a_burst_comes_out_whole(void **state)
{
	uint8_t got[SERIAL_OUT_MAX];
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	b.console.out.fd = end[1];
	b.console.has_terminal = true; /* small pieces */
	for (uint32_t i = 0; i < SERIAL_OUT_MAX; i++)
		assert_true(serial_put(&b.serial, (uint8_t)i));
	run_a_moment();
	assert_int_equal(read(end[0], got, sizeof(got)), SERIAL_OUT_MAX);
	b.console.has_terminal = false;
	console_stop(&b.console);
	close(end[0]);
	close(end[1]);
}

static void a_burst_that_nobody_wants_is_dropped_whole(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < SERIAL_OUT_MAX; i++)
			(void)serial_put(&b.serial, (uint8_t)i);
		if (!round)
			run_a_moment();
	}
	run_a_moment();
	assert_true(guest_read(5) & 0x20); /* the transmitter has room */
}

/* Input that stood still, because the guest did not read, goes on when it does. */
static void input_goes_on_when_there_is_room(void **state)
{
	const uint32_t nr = 2 * SERIAL_IN_MAX - 100;
	uint32_t got = 0;
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	guest_is_ready();
	counted_bytes(end[1], nr);
	b.console.in.fd = end[0];
	console_kick(&b.console);
	for (unsigned round = 0; round < 4; round++) {
		run_a_moment();
		got += guest_take_input(got);
	}
	assert_int_equal(got, nr);
	close(end[1]);
	run_a_moment();
	assert_int_equal(b.console.in.fd, -1); /* its end was seen, once */
	close(end[0]);
}

static void input_from_a_file_comes_whole(void **state)
{
	const uint32_t nr = 2 * SERIAL_IN_MAX - 100;
	uint32_t got = 0;
	int fd = memfd_create("input", MFD_CLOEXEC);

	(void)state;
	guest_is_ready();
	counted_bytes(fd, nr);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	b.console.in.fd = fd;
	b.console.in_is_file = true;
	console_kick(&b.console);
	for (unsigned round = 0; round < 4; round++) {
		run_a_moment();
		got += guest_take_input(got);
	}
	assert_int_equal(got, nr);
	assert_int_equal(b.console.in.fd, -1);
	close(fd);
}

static void a_reader_that_leaves_does_not_stop_the_guest(void **state)
{
	int end[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(end), 0);
	close(end[0]);
	b.console.out.fd = end[1];
	for (uint32_t i = 0; i < SERIAL_OUT_MAX; i++)
		assert_true(serial_put(&b.serial, (uint8_t)i));
	run_a_moment();
	assert_int_equal(b.console.out.fd, -1);
	assert_true(serial_put(&b.serial, 'x'));
	close(end[1]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_comes_out_whole),
		TEST(a_burst_that_nobody_wants_is_dropped_whole),
		TEST(input_goes_on_when_there_is_room),
		TEST(input_from_a_file_comes_whole),
		TEST(a_reader_that_leaves_does_not_stop_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
