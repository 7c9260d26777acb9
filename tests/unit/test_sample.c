/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sample.c - quantiles that one can check by hand, and intervals that hold the true median of
 * known distributions about as often as they promise. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "benchmarks/sample.h"

#define NEAR(got, want) assert_true(fabs((got) - (want)) < 1e-12)

static void quantiles(void **state)
{
	const double v[] = { 1, 2, 3, 10 };
	const double one[] = { 7 };

	(void)state;
	NEAR(sample_quantile(v, 4, 0), 1);
	NEAR(sample_quantile(v, 4, 0.25), 1.75);
	NEAR(sample_quantile(v, 4, 0.5), 2.5);
	NEAR(sample_quantile(v, 4, 0.75), 4.75);
	NEAR(sample_quantile(v, 4, 1), 10);
	NEAR(sample_quantile(one, 1, 0.3), 7);
}

static void description(void **state)
{
	const double v[] = { 5, 1, 4, 2, 3 };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe(v, 5, 0.95, &s), 0);
	assert_int_equal(s.n, 5);
	NEAR(s.min, 1);
	NEAR(s.q1, 2);
	NEAR(s.median, 3);
	NEAR(s.q3, 4);
	NEAR(s.max, 5);
	assert_true(s.sure.low >= 1 && s.sure.low < 3 && s.sure.high > 3 && s.sure.high <= 5);
	NEAR(v[0], 5); /* the caller's order is kept */
}

static void single_and_equal(void **state)
{
	const double v[] = { 2.5, 2.5, 2.5, 2.5 };
	struct sample s;

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		assert_int_equal(sample_describe(v, n, 0.95, &s), 0);
		NEAR(s.median, 2.5);
		NEAR(s.sure.low, 2.5);
		NEAR(s.sure.high, 2.5);
	}
}

static void ratio(void **state)
{
	/* The machine is ever slower, and disturbs both of a pair alike. */
	const double a[] = { 2, 4, 60, 8, 1000 };
	const double b[] = { 1, 2, 30, 4, 500 };
	const double zero[] = { 1, 0, 1, 1, 1 };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe_ratio(a, b, 5, 0.95, &s), 0);
	NEAR(s.median, 2);
	NEAR(s.sure.low, 2);
	NEAR(s.sure.high, 2);
	assert_int_equal(sample_describe_ratio(a, zero, 5, 0.95, &s), -EINVAL);
}

static void nonsense(void **state)
{
	const double v[] = { 1, 2, INFINITY };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe(v, 0, 0.95, &s), -EINVAL);
	assert_int_equal(sample_describe(NULL, 0, 0.95, &s), -EINVAL);
	assert_int_equal(sample_describe(v, 3, 0.95, &s), -EINVAL);
	assert_int_equal(sample_describe(v, 2, 1, &s), -EINVAL);
	assert_int_equal(sample_describe(v, 2, 0, &s), -EINVAL);
	assert_int_equal(sample_describe(v, 2, NAN, &s), -EINVAL);
}

/* From 0 to 1, both left out. */
static double uniform(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return ((double)(*state >> 12) + 0.5) / 0x1p52;
}

static double normal(uint64_t *state)
{
	return sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state));
}

static double exponential(uint64_t *state)
{
	return -log(uniform(state));
}

/* A time with now and then a large disturbance. */
static double disturbed(uint64_t *state)
{
	return 1 + 0.05 * normal(state) + (uniform(state) < 0.1 ? 10 : 0);
}

static void coverage(void **state)
{
	static const struct {
		double (*draw)(uint64_t *state);
		double median;
	} known[] = {
		{ uniform, 0.5 },
		{ normal, 0 },
		{ exponential, M_LN2 },
		{ disturbed, 1.0069855 }, /* where 0.9 of a normal distribution reaches 0.5: z(5/9) / 20 */
	};
	enum { TRIES = 300, N = 25 };
	uint64_t random = 88172645463325252ull;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
		unsigned holds = 0;

		for (unsigned t = 0; t < TRIES; t++) {
			double v[N];
			struct sample s;

			for (size_t i = 0; i < N; i++)
				v[i] = known[k].draw(&random);
			assert_int_equal(sample_describe(v, N, 0.95, &s), 0);
			holds += s.sure.low <= known[k].median && known[k].median <= s.sure.high;
		}
		/* 285 expected, of a binomial distribution whose standard deviation is 4. */
		assert_in_range(holds, 270, 298);
	}
}

/* The median of many normal values scatters by sqrt(pi / 2) / sqrt(n). */
static void width(void **state)
{
	enum { N = 4000 };
	static double v[N];
	uint64_t random = 2463534242ull;
	double want = 2 * 1.96 * sqrt(M_PI / 2) / sqrt(N);
	struct sample s;

	(void)state;
	for (size_t i = 0; i < N; i++)
		v[i] = normal(&random);
	assert_int_equal(sample_describe(v, N, 0.95, &s), 0);
	assert_true(fabs((s.sure.high - s.sure.low) / want - 1) < 0.25);
	assert_true(fabs(s.q3 - 0.6745) < 0.06 && fabs(s.q1 + 0.6745) < 0.06);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles),
		cmocka_unit_test(description),
		cmocka_unit_test(single_and_equal),
		cmocka_unit_test(ratio),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(coverage),
		cmocka_unit_test(width),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
