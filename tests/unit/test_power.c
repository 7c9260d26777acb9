/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_power.c - how a guest ends itself: sleep, reset, debug-exit, and the payload's ports. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include <thole/payload.h>

#include "vmm/acpi/acpi.h"
#include "vmm/debug_exit.h"
#include "vmm/layout.h"
#include "vmm/payload_ports.h"
#include "vmm/power.h"

struct bench {
	struct loop loop;
	struct end end;
	struct bus pio, mmio;
	struct power power;
	struct debug_exit debug_exit;
	struct serial serial;
	struct payload_ports payload;
	struct mem mem;
	bool line;
	bool press_at_fall; /* press again just before the line falls */
};

static void line_set(void *ctx, uint32_t gsi, bool level)
{
	struct bench *b = ctx;

	(void)gsi;
	if (!level && b->press_at_fall) {
		b->press_at_fall = false;
		power_button(&b->power);
	}
	b->line = level;
}

static void woken(void *ctx)
{
	(void)ctx;
}

static int setup(void **state)
{
	static struct bench b;
	struct irq_line line = { line_set, &b, GSI_GED };

	memset(&b, 0, sizeof(b));
	assert_int_equal(loop_init(&b.loop, woken, NULL), 0);
	end_init(&b.end, &b.loop);
	bus_init(&b.pio);
	bus_init(&b.mmio);
	serial_init(&b.serial, line, woken, NULL);
	assert_int_equal(power_init(&b.power, &b.end, line, &b.pio, &b.mmio), 0);
	assert_int_equal(debug_exit_init(&b.debug_exit, &b.end, 0xf4, &b.pio), 0);
	assert_int_equal(payload_ports_init(&b.payload, &b.end, &b.serial, &b.mem, &b.pio), 0);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	serial_fini(&b->serial);
	bus_fini(&b->pio);
	bus_fini(&b->mmio);
	loop_fini(&b->loop);
	return 0;
}

static enum io_result out(struct bench *b, uint16_t port, uint8_t size, uint64_t value)
{
	struct access a = { .addr = port, .size = size, .value = value, .write = true };

	return bus_access(&b->pio, &a);
}

static void only_s5_switches_off(void **state)
{
	struct bench *b = *state;

	out(b, PORT_SLEEP_CONTROL, 1, ACPI_SLEEP_ENABLE | 3 << 2);
	out(b, PORT_SLEEP_CONTROL, 1, ACPI_SLEEP_TYPE_S5 << 2);
	out(b, PORT_SLEEP_STATUS, 1, ACPI_SLEEP_ENABLE | ACPI_SLEEP_TYPE_S5 << 2);
	assert_int_equal(end_kind(&b->end), END_NONE);
	out(b, PORT_SLEEP_CONTROL, 1, ACPI_SLEEP_ENABLE | ACPI_SLEEP_TYPE_S5 << 2);
	assert_int_equal(end_kind(&b->end), END_POWER_OFF);
}

/* The reset vector's code, read by hand: it writes the register that resets, and stays put. */
static void reset_code_writes_the_reset_register(void **state)
{
	struct bench *b = *state;
	uint8_t code[POWER_RESET_CODE_BYTES];

	power_reset_code(code);
	assert_int_equal(code[0], 0xba);
	assert_int_equal(code[3], 0xb0);
	assert_int_equal(code[5], 0xee);
	out(b, (uint16_t)(code[1] | code[2] << 8), 1, code[4]);
	assert_int_equal(end_kind(&b->end), END_REBOOT);
	assert_true(LAYOUT_RESET_VECTOR + sizeof(code) <= LAYOUT_HIGH_START);
}

static void first_end_counts(void **state)
{
	struct bench *b = *state;

	out(b, PORT_RESET, 1, 0);
	assert_int_equal(end_kind(&b->end), END_NONE);
	out(b, PORT_RESET, 1, ACPI_RESET_VALUE);
	assert_int_equal(end_kind(&b->end), END_REBOOT);
	assert_false(end_set(&b->end, END_EXIT, 3));
	assert_int_equal(end_kind(&b->end), END_REBOOT);
}

static void button_raises_the_line_until_it_is_read(void **state)
{
	struct bench *b = *state;
	struct access a = { .addr = LAYOUT_GED_BASE, .size = 4 };

	power_button(&b->power);
	assert_true(b->line);
	assert_int_equal(bus_access(&b->mmio, &a), IO_OK);
	assert_int_equal(a.value, ACPI_GED_POWER_BUTTON);
	assert_false(b->line);
	assert_int_equal(bus_access(&b->mmio, &a), IO_OK);
	assert_int_equal(a.value, 0);
	a = (struct access){ .addr = LAYOUT_GED_BASE + 8, .size = 4 };
	assert_int_equal(bus_access(&b->mmio, &a), IO_BAD_GUEST);
}

/* A press while the guest is reading is either in what it reads or interrupts it again. */
static void press_during_a_read_is_not_lost(void **state)
{
	struct bench *b = *state;
	struct access a = { .addr = LAYOUT_GED_BASE, .size = 4 };

	power_button(&b->power);
	b->press_at_fall = true;
	assert_int_equal(bus_access(&b->mmio, &a), IO_OK);
	assert_true(b->line || !atomic_load(&b->power.events));
}

static void debug_exit_is_odd_and_never_zero(void **state)
{
	struct bench *b = *state;

	out(b, 0xf4, 4, 0x80000010);
	assert_int_equal(end_kind(&b->end), END_EXIT);
	assert_int_equal(b->end.code, 0x21);
}

static void payload_exit_code_does_not_wrap_to_success(void **state)
{
	struct bench *b = *state;

	assert_int_equal(out(b, PAYLOAD_PORT_EXIT, 4, 256), IO_OK);
	assert_int_equal(end_kind(&b->end), END_EXIT);
	assert_int_equal(b->end.code, 255);
}

static void payload_console_and_done(void **state)
{
	struct bench *b = *state;
	uint8_t buf[4] = { 0 };

	assert_int_equal(out(b, PAYLOAD_PORT_CONSOLE, 1, 'x'), IO_OK);
	assert_int_equal(serial_take(&b->serial, buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(out(b, PAYLOAD_PORT_DONE, 4, 0), IO_PARK);
	assert_int_equal(out(b, PAYLOAD_PORT_CONSOLE + 1, 1, 0), IO_BAD_GUEST);
	assert_int_equal(end_kind(&b->end), END_NONE);
}

static void payload_text_is_printed_from_guest_memory(void **state)
{
	const uint64_t bytes = MiB(64);
	struct bench *b = *state;
	struct ram_layout layout;
	struct payload_text *text;
	uint8_t buf[16] = { 0 };

	assert_int_equal(ram_layout_make(&layout, &bytes, 1, KiB(64), 46), 0);
	assert_int_equal(mem_map(&b->mem, &layout, NULL, true), 0);
	text = mem_at(&b->mem, 0x1000, sizeof(*text));
	*text = (struct payload_text){ 0x2000, 5 };
	memcpy(mem_at(&b->mem, 0x2000, 5), "hello", 5);
	assert_int_equal(out(b, PAYLOAD_PORT_TEXT, 4, 0x1000), IO_OK);
	assert_int_equal(serial_take(&b->serial, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	/* Neither the structure nor the bytes may lie outside, and nobody prints for hours. */
	assert_int_equal(out(b, PAYLOAD_PORT_TEXT, 4, MiB(64) - 8), IO_BAD_GUEST);
	*text = (struct payload_text){ MiB(64) - 4, 5 };
	assert_int_equal(out(b, PAYLOAD_PORT_TEXT, 4, 0x1000), IO_BAD_GUEST);
	*text = (struct payload_text){ UINT64_MAX - 2, 5 };
	assert_int_equal(out(b, PAYLOAD_PORT_TEXT, 4, 0x1000), IO_BAD_GUEST);
	*text = (struct payload_text){ 0, PAYLOAD_TEXT_MAX + 1 };
	assert_int_equal(out(b, PAYLOAD_PORT_TEXT, 4, 0x1000), IO_BAD_GUEST);
	assert_int_equal(serial_take(&b->serial, buf, sizeof(buf)), 0);
	mem_fini(&b->mem);
}

/* Nobody reads the console any more: the vCPU must not wait for ever. */
static void payload_with_full_console_leaves_at_the_end(void **state)
{
	struct bench *b = *state;

	while (serial_put(&b->serial, 'x'))
		;
	end_set(&b->end, END_STOPPED, 0);
	assert_int_equal(out(b, PAYLOAD_PORT_CONSOLE, 1, 'y'), IO_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_s5_switches_off),
		TEST(reset_code_writes_the_reset_register),
		TEST(first_end_counts),
		TEST(button_raises_the_line_until_it_is_read),
		TEST(press_during_a_read_is_not_lost),
		TEST(debug_exit_is_odd_and_never_zero),
		TEST(payload_exit_code_does_not_wrap_to_success),
		TEST(payload_console_and_done),
		TEST(payload_text_is_printed_from_guest_memory),
		TEST(payload_with_full_console_leaves_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
