/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sample.c - quantiles that one can check by hand, and intervals that hold the true median of
 * known distributions about as often as they promise. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "benchmarks/verdict.h"

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

static void difference(void **state)
{
	const double a[] = { 1.5, 2.5, 3.5 };
	const double b[] = { 1, 2, 3 };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe_difference(a, b, 3, 0.95, &s), 0);
	NEAR(s.median, 0.5);
	NEAR(s.sure.low, 0.5);
	NEAR(s.sure.high, 0.5);
}

static void high_quantile(void **state)
{
	double v[101];
	struct sample s;

	(void)state;
	for (size_t i = 0; i < 101; i++)
		v[i] = (double)(100 - i);
	assert_int_equal(sample_describe(v, 101, 0.95, &s), 0);
	NEAR(s.p99, 99);
	NEAR(s.max, 100);
}

static void comparison(void **state)
{
	const double a[] = { 6, 6, 6 };
	const double b[] = { 2, 2 };
	const double zero[] = { 2, 0 };
	struct interval sure;
	double ratio;

	(void)state;
	assert_int_equal(sample_compare(a, 3, b, 2, 0.95, &ratio, &sure), 0);
	NEAR(ratio, 3);
	NEAR(sure.low, 3);
	NEAR(sure.high, 3);
	assert_int_equal(sample_compare(a, 3, zero, 2, 0.95, &ratio, &sure), -EINVAL);
	assert_int_equal(sample_compare(a, 0, b, 2, 0.95, &ratio, &sure), -EINVAL);
	assert_int_equal(sample_compare(a, 3, b, 0, 0.95, &ratio, &sure), -EINVAL);
	assert_int_equal(sample_compare(a, 3, b, 2, 1.5, &ratio, &sure), -EINVAL);
}

/* Two samples of one distribution: the interval of their ratio holds 1 about as often as it promises. */
static void comparison_coverage(void **state)
{
	enum { TRIES = 300, N = 25 };
	uint64_t random = 1181783497276652981ull;
	unsigned holds = 0;

	(void)state;
	for (unsigned t = 0; t < TRIES; t++) {
		double a[N], b[N], ratio;
		struct interval sure;

		for (size_t i = 0; i < N; i++) {
			a[i] = disturbed(&random);
			b[i] = disturbed(&random);
		}
		assert_int_equal(sample_compare(a, N, b, N, 0.95, &ratio, &sure), 0);
		holds += sure.low <= 1 && 1 <= sure.high;
	}
	assert_in_range(holds, 270, 299);
}

static void verdicts(void **state)
{
	const struct interval sure = { 0.985, 1.01 };

	(void)state;
	assert_int_equal(verdict_of(BETTER_HIGHER, sure, 0.98), VERDICT_MET);
	assert_int_equal(verdict_of(BETTER_HIGHER, sure, 0.985), VERDICT_MET);
	assert_int_equal(verdict_of(BETTER_HIGHER, sure, 0.99), VERDICT_NOT_SHOWN);
	assert_int_equal(verdict_of(BETTER_LOWER, sure, 1.01), VERDICT_MET);
	assert_int_equal(verdict_of(BETTER_LOWER, sure, 1.005), VERDICT_NOT_SHOWN);
	assert_string_equal(verdict_name(VERDICT_NOT_SHOWN), "not shown");
	assert_int_equal(change_of(BETTER_HIGHER, (struct interval){ 0.95, 0.98 }, 0.01), CHANGE_WORSE);
	assert_int_equal(change_of(BETTER_LOWER, (struct interval){ 0.95, 0.98 }, 0.01), CHANGE_BETTER);
	assert_int_equal(change_of(BETTER_LOWER, (struct interval){ 1.02, 1.05 }, 0.01), CHANGE_WORSE);
	assert_int_equal(change_of(BETTER_HIGHER, (struct interval){ 1.02, 1.05 }, 0.01), CHANGE_BETTER);
	assert_int_equal(change_of(BETTER_HIGHER, (struct interval){ 0.95, 0.995 }, 0.01), CHANGE_NONE);
	assert_int_equal(change_of(BETTER_HIGHER, (struct interval){ 0.95, 1.2 }, 0.01), CHANGE_NONE);
}

/* Ratios of one benchmark's rounds: 0.5 % of scatter, and one in ten is far off. */
static void rounds_draw(double *v, size_t n, double centre, uint64_t *random)
{
	for (size_t i = 0; i < n; i++)
		v[i] = centre * (1 + 0.005 * normal(random)) * (uniform(random) < 0.1 ? 0.8 : 1);
}

/* Of eight kernels one became 3 % slower: it is found, and nothing else is. And if none did, none is. */
static void slowdown(void **state)
{
	enum { TRIALS = 20, KERNELS = 8, ROUNDS = 15 };
	uint64_t random = 6364136223846793005ull;

	(void)state;
	for (unsigned trial = 0; trial < 2 * TRIALS; trial++) {
		double loss = trial < TRIALS ? 0.03 : 0;

		for (unsigned k = 0; k < KERNELS; k++) {
			bool slow = loss > 0 && k == trial % KERNELS;
			double before[ROUNDS], after[ROUNDS], ratio;
			struct interval sure;

			rounds_draw(before, ROUNDS, 1, &random);
			rounds_draw(after, ROUNDS, slow ? 1 - loss : 1, &random);
			assert_int_equal(sample_compare(after, ROUNDS, before, ROUNDS, 0.95, &ratio, &sure), 0);
			assert_int_equal(change_of(BETTER_HIGHER, sure, 0.01), slow ? CHANGE_WORSE : CHANGE_NONE);
		}
	}
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
		cmocka_unit_test(difference),
		cmocka_unit_test(high_quantile),
		cmocka_unit_test(comparison),
		cmocka_unit_test(comparison_coverage),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(slowdown),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
