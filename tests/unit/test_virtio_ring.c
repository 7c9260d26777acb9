/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_virtio_ring.c - chains as drivers make them, and every way in which a ring can be malformed. */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_guest.h"
#include <linux/virtio_config.h>

#define RING   MiB(1)
#define TABLE  ((gpa_t)0x20000)
#define BUFFER ((gpa_t)0x30000)
#define NEXT   VRING_DESC_F_NEXT
#define WRITE  VRING_DESC_F_WRITE
#define TBL    VRING_DESC_F_INDIRECT

#define FEATURES (1ull << VIRTIO_RING_F_EVENT_IDX | 1ull << VIRTIO_RING_F_INDIRECT_DESC)

struct bench {
	struct guest g;
	struct guest_ring driver;
	struct ring r;
	struct ring_chain c;
};

static struct bench b;

static void restart(uint64_t features)
{
	guest_ring_init(&b.driver, &b.g, RING);
	assert_null(ring_place_fault(&b.g.mem, &b.driver.place));
	ring_start(&b.r, &b.g.mem, &b.driver.place, features);
}

static int setup(void **state)
{
	(void)state;
	guest_init(&b.g);
	restart(FEATURES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guest_fini(&b.g);
	return 0;
}

static void *host(gpa_t gpa)
{
	return b.g.mem.window + gpa;
}

static void chains_are_walked_and_handed_back(void **state)
{
	char got[16] = "";

	(void)state;
	assert_int_equal(ring_pop(&b.r, &b.c), 0);
	memcpy(host(BUFFER), "hello", 5);
	memcpy(host(BUFFER + 100), " there", 6);
	guest_desc(&b.driver, 3, BUFFER, 5, NEXT, 1);
	guest_desc(&b.driver, 1, BUFFER + 100, 6, NEXT, 7);
	guest_desc(&b.driver, 7, BUFFER + 200, 100, WRITE, 0);
	guest_offer(&b.driver, 3);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	assert_int_equal(b.c.nr_out, 2);
	assert_int_equal(b.c.nr_in, 1);
	assert_int_equal(b.c.out_bytes, 11);
	assert_int_equal(b.c.in_bytes, 100);
	assert_int_equal(ring_chain_read(&b.c, 0, got, sizeof(got)), 11);
	assert_string_equal(got, "hello there");
	assert_int_equal(ring_chain_read(&b.c, 4, got, 3), 3);
	assert_memory_equal(got, "o t", 3);
	assert_int_equal(ring_chain_read(&b.c, 11, got, 3), 0);
	assert_int_equal(ring_chain_write(&b.c, 98, "xyz", 3), 2);
	assert_memory_equal(host(BUFFER + 298), "xy", 2);
	ring_push(&b.r, &b.c, 42);
	assert_int_equal(b.driver.used->idx, 1);
	assert_int_equal(b.driver.used->ring[0].id, 3);
	assert_int_equal(b.driver.used->ring[0].len, 42);
	assert_int_equal(ring_pop(&b.r, &b.c), 0);
}

static void indices_wrap(void **state)
{
	(void)state;
	b.driver.avail->idx = b.driver.used->idx = b.r.next_avail = b.r.next_used = 0xfffe;
	guest_desc(&b.driver, 0, BUFFER, 8, 0, 0);
	for (int i = 0; i < 5; i++)
		guest_offer(&b.driver, 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ring_pop(&b.r, &b.c), 1);
		ring_push(&b.r, &b.c, 0);
	}
	assert_int_equal(ring_pop(&b.r, &b.c), 0);
	assert_int_equal(b.driver.used->idx, 3);
}

static void indirect_tables_are_walked(void **state)
{
	const struct vring_desc table[] = { { BUFFER, 4, NEXT, 2 }, { 0, 0, 0, 0 },
		{ BUFFER + 64, 8, WRITE, 0 } };

	(void)state;
	/* At any address: tables need not be aligned. And behind a direct descriptor. */
	memcpy(host(TABLE + 3), table, sizeof(table));
	guest_desc(&b.driver, 0, BUFFER + 32, 1, NEXT, 5);
	guest_desc(&b.driver, 5, TABLE + 3, sizeof(table), TBL, 0);
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	assert_int_equal(b.c.out_bytes, 5);
	assert_int_equal(b.c.in_bytes, 8);
	assert_ptr_equal(b.c.iov[2].iov_base, host(BUFFER + 64));
}

static void buffers_may_span_nodes_and_be_empty(void **state)
{
	const gpa_t edge = b.g.mem.region[0].gpa.size;

	(void)state;
	assert_int_equal(b.g.mem.region[1].gpa.base, edge);
	guest_desc(&b.driver, 0, edge - 10, 30, NEXT, 1);
	guest_desc(&b.driver, 1, 0, 0, 0, 0);
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	assert_int_equal(b.c.nr_out, 2);
	assert_int_equal(b.c.out_bytes, 30);
}

/* Descriptors 0 and 1, and the first two of a table; head 0 is offered. */
struct malformed {
	const char *what;
	struct vring_desc desc[2], table[2];
	uint64_t features;
};

static const struct malformed malformed[] = {
	{ "a loop", { { BUFFER, 4, NEXT, 1 }, { BUFFER, 4, NEXT, 0 } }, { { 0 } }, FEATURES },
	{ "a loop of one", { { BUFFER, 4, NEXT, 0 } }, { { 0 } }, FEATURES },
	{ "next out of range", { { BUFFER, 4, NEXT, 8 } }, { { 0 } }, FEATURES },
	{ "beyond memory", { { GUEST_MEMORY + MiB(1), 4, 0, 0 } }, { { 0 } }, FEATURES },
	{ "over the end of memory", { { GUEST_MEMORY - 2, 4, 0, 0 } }, { { 0 } }, FEATURES },
	{ "in the hole", { { GiB(3), 4, 0, 0 } }, { { 0 } }, FEATURES },
	{ "an address that wraps", { { UINT64_MAX - 1, 4, 0, 0 } }, { { 0 } }, FEATURES },
	{ "a length that wraps", { { BUFFER, UINT32_MAX, 0, 0 } }, { { 0 } }, FEATURES },
	{ "to read behind to write", { { BUFFER, 4, NEXT | WRITE, 1 }, { BUFFER, 4, 0, 0 } },
		{ { 0 } }, FEATURES },
	{ "an indirect table not agreed on", { { TABLE, 16, TBL, 0 } }, { { BUFFER, 4, 0, 0 } },
		0 },
	{ "an empty table", { { TABLE, 0, TBL, 0 } }, { { 0 } }, FEATURES },
	{ "half a descriptor", { { TABLE, 24, TBL, 0 } }, { { BUFFER, 4, 0, 0 } }, FEATURES },
	{ "a table with a successor", { { TABLE, 16, TBL | NEXT, 1 } }, { { BUFFER, 4, 0, 0 } },
		FEATURES },
	{ "a table beyond memory", { { GiB(3), 16, TBL, 0 } }, { { 0 } }, FEATURES },
	{ "a table that wraps", { { UINT64_MAX - 15, 32, TBL, 0 } }, { { 0 } }, FEATURES },
	{ "a table of 4 GiB", { { TABLE, 0xfffffff0, TBL, 0 } }, { { BUFFER, 4, 0, 0 } },
		FEATURES },
	{ "a table in a table", { { TABLE, 16, TBL, 0 } }, { { TABLE, 16, TBL, 0 } }, FEATURES },
	{ "a loop in a table", { { TABLE, 32, TBL, 0 } },
		{ { BUFFER, 4, NEXT, 1 }, { BUFFER, 4, NEXT, 0 } }, FEATURES },
	{ "next beyond the table", { { TABLE, 32, TBL, 0 } }, { { BUFFER, 4, NEXT, 2 } },
		FEATURES },
};

static void malformed_rings_are_dead(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		const struct malformed *m = &malformed[i];

		restart(m->features);
		memcpy(b.driver.desc, m->desc, sizeof(m->desc));
		memcpy(host(TABLE), m->table, sizeof(m->table));
		guest_offer(&b.driver, 0);
		if (ring_pop(&b.r, &b.c) != -EPROTO || !b.r.fault)
			fail_msg("%s was taken", m->what);
		/* Also when the guest repairs it. */
		guest_desc(&b.driver, 0, BUFFER, 4, 0, 0);
		assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
	}
}

static void wrong_indices_are_dead(void **state)
{
	(void)state;
	guest_offer(&b.driver, 8);
	assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
	restart(FEATURES);
	b.driver.avail->idx = 9;
	assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
	restart(FEATURES);
	b.driver.avail->idx = 0xffff;
	assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
}

/* 300 buffers in a table: more than we take. 4 GiB in all: more than the standard has. */
static void too_much_is_dead(void **state)
{
	struct vring_desc *table = host(TABLE);

	(void)state;
	for (uint16_t i = 0; i < 300; i++)
		table[i] = (struct vring_desc){ BUFFER, 1, NEXT, (uint16_t)(i + 1) };
	table[RING_CHAIN_MAX - 1].flags = 0;
	guest_desc(&b.driver, 0, TABLE, 300 * 16, TBL, 0);
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	assert_int_equal(b.c.nr_out, RING_CHAIN_MAX);
	table[RING_CHAIN_MAX - 1].flags = NEXT;
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
	restart(FEATURES);
	for (uint16_t i = 0; i < 300; i++)
		table[i].len = 0; /* no buffers, and no end */
	guest_desc(&b.driver, 0, TABLE, 300 * 16, TBL, 0);
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), -EPROTO);
}

static void places_are_checked(void **state)
{
	const struct ring_place good = b.driver.place;
	struct ring_place bad[] = { good, good, good, good, good, good, good, good, good };

	(void)state;
	bad[0].size = 0;
	bad[1].size = 6;
	bad[2].desc += 8;
	bad[3].avail += 1;
	bad[4].used += 2;
	bad[5].desc = GiB(3);
	bad[6].avail = GUEST_MEMORY - 4;
	bad[7].used = UINT64_MAX - 3;
	bad[8].desc = UINT64_MAX - 15;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(ring_place_fault(&b.g.mem, &bad[i]));
	assert_null(ring_place_fault(&b.g.mem, &good));
}

static void interrupts_by_flag(void **state)
{
	(void)state;
	restart(0);
	guest_desc(&b.driver, 0, BUFFER, 8, 0, 0);
	assert_false(ring_should_call(&b.r)); /* nothing to tell */
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	ring_push(&b.r, &b.c, 0);
	assert_true(ring_should_call(&b.r));
	assert_false(ring_should_call(&b.r));
	b.driver.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	guest_offer(&b.driver, 0);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	ring_push(&b.r, &b.c, 0);
	assert_false(ring_should_call(&b.r));
	ring_ignore(&b.r);
	assert_int_equal(b.driver.used->flags, VRING_USED_F_NO_NOTIFY);
	assert_false(ring_listen(&b.r));
	assert_int_equal(b.driver.used->flags, 0);
	guest_offer(&b.driver, 0);
	assert_true(ring_listen(&b.r));
}

static void interrupts_by_index(void **state)
{
	uint16_t *used_event = &b.driver.avail->ring[GUEST_RING_SIZE];
	uint16_t *avail_event = (uint16_t *)(void *)&b.driver.used->ring[GUEST_RING_SIZE];

	(void)state;
	guest_desc(&b.driver, 0, BUFFER, 8, 0, 0);
	*used_event = 1; /* call when the second is used */
	for (int i = 0; i < 4; i++)
		guest_offer(&b.driver, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ring_pop(&b.r, &b.c), 1);
		ring_push(&b.r, &b.c, 0);
		assert_int_equal(ring_should_call(&b.r), i == 1);
	}
	assert_true(ring_listen(&b.r));
	assert_int_equal(*avail_event, 3);
	assert_int_equal(ring_pop(&b.r, &b.c), 1);
	assert_false(ring_listen(&b.r));
	assert_int_equal(*avail_event, 4);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chains_are_walked_and_handed_back),
		TEST(indices_wrap),
		TEST(indirect_tables_are_walked),
		TEST(buffers_may_span_nodes_and_be_empty),
		TEST(malformed_rings_are_dead),
		TEST(wrong_indices_are_dead),
		TEST(too_much_is_dead),
		TEST(places_are_checked),
		TEST(interrupts_by_flag),
		TEST(interrupts_by_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
