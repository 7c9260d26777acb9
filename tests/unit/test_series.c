/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_series.c - the steady state is found in the middle, however long it took. */
#include "sched/series.h"
#include "tests/unit/unit.h"

/* A counter that goes up by 1000 a tick in the first and last eighth, by one else. */
static uint64_t counter(uint64_t tick, uint64_t ticks)
{
	uint64_t edge = ticks / 8, middle_end = ticks - edge;

	if (tick <= edge)
		return tick * 1000;
	if (tick <= middle_end)
		return edge * 1000 + tick - edge;
	return edge * 1000 + middle_end - edge + (tick - middle_end) * 1000;
}

static void the_middle_is_steady(void **state)
{
	(void)state;
	for (uint64_t ticks = 16; ticks < 5000; ticks += 37) {
		struct series s;
		uint64_t due = 0;
		uint32_t first, last;

		assert_int_equal(series_init(&s, 2, 1), 0);
		for (uint64_t tick = 0; tick <= ticks; tick++) {
			uint64_t *at;

			if (tick < due)
				continue;
			at = series_add(&s, 100 + tick);
			at[0] = counter(tick, ticks);
			at[1] = tick;
			due = tick + s.interval_ns;
			assert_true(s.nr <= SERIES_MAX);
		}
		assert_true(series_steady(&s, 100, 100 + ticks, &first, &last));
		assert_true(s.ns[first] >= 100 + ticks / 4);
		assert_true(s.ns[last] <= 100 + ticks - ticks / 4);
		/* Whatever was dropped, what is left is in order and belongs together. */
		for (uint32_t i = 1; i < s.nr; i++)
			assert_true(s.ns[i] > s.ns[i - 1] && series_at(&s, i)[1] == s.ns[i] - 100);
		assert_int_equal(series_at(&s, last)[0] - series_at(&s, first)[0], s.ns[last] - s.ns[first]);
		if (ticks > 100)
			assert_true(s.ns[last] - s.ns[first] >= ticks / 4);
		series_fini(&s);
	}
}

static void too_short(void **state)
{
	struct series s;
	uint32_t first, last;

	(void)state;
	assert_int_equal(series_init(&s, 1, 10), 0);
	assert_false(series_steady(&s, 0, 5, &first, &last));
	*series_add(&s, 1) = 1;
	assert_false(series_steady(&s, 0, 5, &first, &last));
	*series_add(&s, 1) = 1;
	assert_false(series_steady(&s, 0, 5, &first, &last)); /* no time between them */
	*series_add(&s, 2) = 2;
	assert_true(series_steady(&s, 0, 2, &first, &last));
	assert_int_equal(first, 0);
	assert_int_equal(last, 2);
	assert_true(series_steady(&s, 5, 2, &first, &last)); /* a clock that went back: no crash */
	series_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_middle_is_steady),
		cmocka_unit_test(too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
