/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_detour.c - detours: what is noted, and what is said of it. */
#include <string.h>

#include "sched/detour.h"
#include "tests/unit/unit.h"

static void nothing(void **state)
{
	struct detour_log log = { 0 };

	(void)state;
	assert_true(detour_share(&log) == 0);
	assert_true(detour_per_second(&log, 1000) == 0);
	assert_int_equal(detour_quantile(&log, 0.5), 0);
	assert_true(detour_ns(5, 0) == 0);
}

static void noted(void **state)
{
	struct detour_event event[3];
	struct detour_log log = { .turn = 10, .threshold = 90, .first = 1000, .event = event, .capacity = 3 };

	(void)state;
	detour_note(&log, 2000, 110);
	detour_note(&log, 3000, 1010);
	assert_int_equal(log.nr, 2);
	assert_int_equal(log.lost, 1100);
	assert_int_equal(log.longest, 1000);
	assert_int_equal(event[0].at, 1000);
	assert_int_equal(event[0].ticks, 100);
	assert_int_equal(log.bucket[6], 1); /* 64 to 127 */
	assert_int_equal(log.bucket[9], 1);
	log.watched = 11000;
	assert_true(detour_share(&log) > 0.0999 && detour_share(&log) < 0.1001);
	assert_true(detour_per_second(&log, 11000) > 1.999 && detour_per_second(&log, 11000) < 2.001);
	assert_int_equal(detour_quantile(&log, 0.5), 100);
	assert_int_equal(detour_quantile(&log, 0.51), 1000);
	assert_int_equal(detour_quantile(&log, 1), 1000);
}

static void more_than_kept(void **state)
{
	struct detour_event event[2];
	struct detour_log log = { .turn = 1, .event = event, .capacity = 2 };

	(void)state;
	memset(event, 0xff, sizeof(event));
	for (uint64_t i = 0; i < 99; i++)
		detour_note(&log, i, 101);
	detour_note(&log, 100, 5001);
	assert_int_equal(log.nr, 100);
	assert_int_equal(event[1].ticks, 100);
	/* By bucket: its upper end. */
	assert_int_equal(detour_quantile(&log, 0.5), 127);
	assert_int_equal(detour_quantile(&log, 0.99), 127);
	assert_int_equal(detour_quantile(&log, 0.999), 5000);
}

static void shorter_than_a_turn(void **state)
{
	struct detour_log log = { .turn = 50 };

	(void)state;
	detour_note(&log, 1, 20);
	assert_int_equal(log.lost, 0);
	assert_int_equal(log.bucket[0], 1);
	detour_note(&log, 1, UINT64_MAX);
	assert_int_equal(log.bucket[63], 1);
	assert_int_equal(detour_quantile(&log, 1), log.longest);
}

static void merged(void **state)
{
	struct detour_log a = { .turn = 20, .threshold = 180 }, b = { .turn = 10, .threshold = 90 }, sum = { 0 };

	(void)state;
	detour_note(&a, 1, 120);
	detour_note(&b, 1, 1010);
	a.watched = b.watched = 5500;
	detour_merge(&sum, &a);
	detour_merge(&sum, &b);
	assert_int_equal(sum.turn, 10);
	assert_int_equal(sum.threshold, 90);
	assert_int_equal(sum.nr, 2);
	assert_int_equal(sum.longest, 1000);
	assert_true(detour_share(&sum) > 0.0999 && detour_share(&sum) < 0.1001);
}

/* No time is judged here, only that the parts fit together. */
static void watched(void **state)
{
	struct detour_event event[64];
	struct detour_log log = { .event = event, .capacity = 64 };
	uint64_t hz = detour_tsc_hz(), kept = 0;

	(void)state;
	assert_true(hz > 0);
	detour_calibrate(&log, hz / 1000);
	assert_true(log.turn > 0);
	assert_int_equal(log.threshold, log.turn * DETOUR_FACTOR);
	detour_watch(&log, hz / 1000);
	detour_watch(&log, hz / 1000);
	assert_true(log.watched >= hz / 1000 * 2);
	assert_true(log.turns > 0);
	assert_true(log.lost <= log.watched);
	for (unsigned b = 0; b < DETOUR_BUCKETS; b++)
		kept += log.bucket[b];
	assert_int_equal(kept, log.nr);
	for (uint64_t i = 1; i < min(log.nr, log.capacity); i++)
		assert_true(event[i].at > event[i - 1].at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(noted),
		cmocka_unit_test(more_than_kept),
		cmocka_unit_test(shorter_than_a_turn),
		cmocka_unit_test(merged),
		cmocka_unit_test(watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
