/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_serial.c - the 16550 as a driver uses it: detect, send, receive, interrupts, back-pressure. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/serial.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };

struct bench {
	struct serial s;
	bool line;
	unsigned edges;
	unsigned notified;
};

static void line_set(void *ctx, uint32_t gsi, bool level)
{
	struct bench *b = ctx;

	assert_int_equal(gsi, 4);
	b->edges += level && !b->line;
	b->line = level;
}

static void notify(void *ctx)
{
	((struct bench *)ctx)->notified++;
}

static void put(struct bench *b, uint64_t reg, uint8_t v)
{
	struct access a = { .offset = reg, .value = v, .size = 1, .write = true };

	assert_int_equal(b->s.dev.ops->access(&b->s.dev, &a), IO_OK);
}

static uint8_t get(struct bench *b, uint64_t reg)
{
	struct access a = { .offset = reg, .size = 1 };

	assert_int_equal(b->s.dev.ops->access(&b->s.dev, &a), IO_OK);
	return (uint8_t)a.value;
}

static int setup(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	serial_init(&b.s, (struct irq_line){ line_set, &b, 4 }, notify, &b);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	serial_fini(&((struct bench *)*state)->s);
	return 0;
}

/* What Linux's autoconfig() does to tell a 16550A with FIFOs from lesser parts. */
static void is_detected_as_16550a(void **state)
{
	struct bench *b = *state;

	put(b, IER, 0);
	put(b, IER, 0x0f);
	assert_int_equal(get(b, IER), 0x0f);
	put(b, IER, 0);
	put(b, MCR, 0x10 | 0x0a); /* loop, OUT2, RTS */
	assert_int_equal(get(b, MSR) & 0xf0, 0x90);
	put(b, MCR, 0x08);
	put(b, 2, 1);
	assert_int_equal(get(b, IIR) & 0xc0, 0xc0);
	put(b, SCR, 0xa5);
	assert_int_equal(get(b, SCR), 0xa5);
	put(b, LCR, 0x80);
	put(b, DATA, 0x01);
	put(b, IER, 0x02);
	assert_int_equal(get(b, DATA), 0x01);
	assert_int_equal(get(b, IER), 0x02);
	put(b, LCR, 0x03);
	assert_int_equal(get(b, IER), 0);
}

static void output_comes_out_once_and_notifies(void **state)
{
	struct bench *b = *state;
	uint8_t buf[8] = { 0 };

	put(b, DATA, 'h');
	put(b, DATA, 'i');
	assert_int_equal(b->notified, 1);
	assert_int_equal(serial_take(&b->s, buf, sizeof(buf)), 2);
	assert_string_equal((char *)buf, "hi");
	assert_int_equal(serial_take(&b->s, buf, sizeof(buf)), 0);
	put(b, DATA, '!');
	assert_int_equal(b->notified, 2);
}

static void transmit_interrupt_follows_the_data_sheet(void **state)
{
	struct bench *b = *state;

	put(b, IER, 2);
	assert_true(b->line); /* the transmitter is empty already */
	assert_int_equal(get(b, IIR) & 0x0f, 2);
	assert_false(b->line); /* reading it acknowledges */
	assert_int_equal(get(b, IIR) & 0x0f, 1);
	put(b, DATA, 'x');
	assert_true(b->line);
	put(b, IER, 0);
	assert_false(b->line);
}

static void input_interrupts_and_reads_in_order(void **state)
{
	struct bench *b = *state;

	put(b, IER, 1);
	assert_int_equal(serial_give(&b->s, (const uint8_t *)"ab", 2), 2);
	assert_true(b->line);
	assert_int_equal(get(b, IIR) & 0x0f, 4);
	assert_int_equal(get(b, LSR) & 1, 1);
	assert_int_equal(get(b, DATA), 'a');
	assert_true(b->line);
	assert_int_equal(get(b, DATA), 'b');
	assert_false(b->line);
	assert_int_equal(get(b, LSR) & 1, 0);
}

static void out2_gates_the_line(void **state)
{
	struct bench *b = *state;

	put(b, IER, 1);
	put(b, MCR, 0);
	assert_int_equal(serial_give(&b->s, (const uint8_t *)"a", 1), 1);
	assert_false(b->line);
	put(b, MCR, 8);
	assert_true(b->line);
}

static void full_output_holds_the_guest_back(void **state)
{
	struct bench *b = *state;
	uint8_t buf[256];
	uint32_t sent = 0;
	uint32_t got = 0;

	while (get(b, LSR) & 0x20) {
		put(b, DATA, (uint8_t)sent++);
		assert_true(sent <= SERIAL_OUT_MAX);
	}
	assert_true(sent > SERIAL_OUT_MAX / 2);
	put(b, IER, 2);
	assert_false(b->line);
	for (uint32_t n; (n = serial_take(&b->s, buf, sizeof(buf))) > 0; got += n)
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(buf[i], (uint8_t)(got + i));
	assert_int_equal(got, sent);
	assert_true(b->line); /* room again */
	assert_true(get(b, LSR) & 0x20);
}

static void full_input_takes_no_more(void **state)
{
	struct bench *b = *state;
	static const uint8_t many[SERIAL_IN_MAX + 10];

	put(b, MCR, 0x0b);
	assert_int_equal(serial_give(&b->s, many, sizeof(many)), SERIAL_IN_MAX);
	assert_int_equal(serial_room(&b->s), 0);
	get(b, DATA);
	assert_int_equal(serial_room(&b->s), 1);
	for (uint32_t room = 1; room < SERIAL_IN_MAX / 2; room++) {
		assert_int_equal(b->notified, 0);
		get(b, DATA);
	}
	assert_int_equal(b->notified, 1); /* room for input again, said once */
	get(b, DATA);
	assert_int_equal(b->notified, 1);
	assert_int_equal(serial_give(&b->s, many, sizeof(many)), SERIAL_IN_MAX / 2 + 1);
	assert_int_equal(serial_room(&b->s), 0);
	put(b, 2, 3); /* the driver clears the FIFO: what is in a part's, the rest is still on the line */
	assert_int_equal(serial_room(&b->s), 16);
}

/* What is typed or piped before the guest's driver is there: it clears the FIFO and reads without a look. */
static void early_input_waits_for_the_driver(void **state)
{
	struct bench *b = *state;

	assert_int_equal(serial_give(&b->s, (const uint8_t *)"early", 5), 5);
	for (int i = 0; i < 100; i++) { /* an early console */
		assert_int_equal(get(b, LSR) & 0x21, 0x20);
		put(b, DATA, '.');
	}
	put(b, 2, 1);
	put(b, 2, 7);
	put(b, 2, 0);
	get(b, LSR);
	assert_int_equal(get(b, DATA), 0);
	put(b, IER, 5);
	put(b, 2, 1);
	put(b, MCR, 0x0b);
	assert_true(b->line);
	for (const char *p = "early"; *p; p++)
		assert_int_equal(get(b, DATA), *p);
	assert_int_equal(get(b, LSR) & 1, 0);
}

static void who_only_polls_is_heard(void **state)
{
	struct bench *b = *state;
	int looks = 0;

	assert_int_equal(serial_give(&b->s, (const uint8_t *)"x", 1), 1);
	while (!(get(b, LSR) & 1))
		assert_true(looks++ < 100);
	put(b, DATA, '>');
	assert_true(get(b, LSR) & 1);
	assert_int_equal(get(b, DATA), 'x');
}

static void loop_back_stays_inside(void **state)
{
	struct bench *b = *state;
	uint8_t buf[4];

	put(b, MCR, 0x10);
	put(b, DATA, 'z');
	assert_int_equal(get(b, DATA), 'z');
	assert_int_equal(serial_take(&b->s, buf, sizeof(buf)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_detected_as_16550a, setup, teardown),
		cmocka_unit_test_setup_teardown(output_comes_out_once_and_notifies, setup, teardown),
		cmocka_unit_test_setup_teardown(transmit_interrupt_follows_the_data_sheet, setup, teardown),
		cmocka_unit_test_setup_teardown(input_interrupts_and_reads_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(out2_gates_the_line, setup, teardown),
		cmocka_unit_test_setup_teardown(full_output_holds_the_guest_back, setup, teardown),
		cmocka_unit_test_setup_teardown(full_input_takes_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(early_input_waits_for_the_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(who_only_polls_is_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(loop_back_stays_inside, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
