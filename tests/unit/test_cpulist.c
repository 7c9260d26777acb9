/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpulist.c - CPU lists: what the kernel writes is read, what it doesn't is refused. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cpulist.h"

static void lists_are_read_and_written_back(void **state)
{
	static const struct {
		const char *text, *printed;
		uint32_t nr;
	} t[] = {
		{ "0", "0", 1 },
		{ "0-7,16-23", "0-7,16-23", 16 },
		{ "16-23,0-7", "0-7,16-23", 16 },
		{ "3,1,2", "1-3", 3 },
		{ "5-5", "5", 1 },
		{ "0,2,4\n", "0,2,4", 3 },
		{ "8191", "8191", 1 },
		{ "0-8191", "0-8191", 8192 },
		{ "0007", "7", 1 },
		{ "", "", 0 },
		{ "\n", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct cpulist l;
		char buf[64];

		assert_int_equal(cpulist_parse(&l, t[i].text, NULL, NULL), 0);
		assert_int_equal(l.nr, t[i].nr);
		assert_int_equal(cpulist_format(&l, buf, sizeof(buf)), strlen(t[i].printed));
		assert_string_equal(buf, t[i].printed);
		cpulist_fini(&l);
	}
}

static void nonsense_is_refused_with_place_and_reason(void **state)
{
	static const struct {
		const char *text, *why;
		size_t at;
		int err;
	} t[] = {
		{ "x", "expected a CPU number", 0, -EINVAL },
		{ "-1", "expected a CPU number", 0, -EINVAL },
		{ "0-", "expected a CPU number", 0, -EINVAL },
		{ "1,,2", "expected a CPU number", 2, -EINVAL },
		{ "1,", "expected a list such as 0-7,16-23", 0, -EINVAL },
		{ "1,\n", "expected a list such as 0-7,16-23", 0, -EINVAL },
		{ "1 2", "expected a list such as 0-7,16-23", 0, -EINVAL },
		{ "0-3-5", "expected a list such as 0-7,16-23", 0, -EINVAL },
		{ "0x3", "expected a list such as 0-7,16-23", 0, -EINVAL },
		{ "0,7-4", "a range runs backwards", 2, -EINVAL },
		{ "0-3,9,2", "a CPU is named twice", 6, -EINVAL },
		{ "8192", "a CPU number is above 8191", 0, -ERANGE },
		{ "0-99999999999999999999", "a CPU number is above 8191", 0, -ERANGE },
		{ "\n1", "more than one line", 0, -EINVAL },
		{ "0\n1", "expected a list such as 0-7,16-23", 0, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct cpulist l;
		const char *why = NULL;
		size_t at = 99;

		assert_int_equal(cpulist_parse(&l, t[i].text, &why, &at), t[i].err);
		assert_string_equal(why, t[i].why);
		assert_int_equal(at, t[i].at);
		assert_int_equal(l.nr, 0);
		assert_null(l.cpu);
	}
}

static void short_buffer_is_cut_not_overrun(void **state)
{
	struct cpulist l;
	char buf[8];

	(void)state;
	assert_int_equal(cpulist_parse(&l, "0,2,4,6-9,11", NULL, NULL), 0);
	for (size_t size = 0; size <= sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(cpulist_format(&l, buf, size), 12);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
		if (size)
			assert_memory_equal(buf, "0,2,4,6-9", strlen(buf));
	}
	assert_int_equal(cpulist_format(&l, NULL, 0), 12);
	cpulist_fini(&l);
}

static void any_set_survives_the_round_trip(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct cpulist a, b;
		hcpu_t cpus[300];
		char buf[4096];
		uint32_t nr = 0;
		unsigned density = 1 + (unsigned)round % 9;

		for (int cpu = 0; cpu < 300; cpu++)
			if ((unsigned)rand_r(&seed) % 10 < density)
				cpus[nr++].os = cpu;
		a = (struct cpulist){ nr, nr ? cpus : NULL };
		assert_true(cpulist_format(&a, buf, sizeof(buf)) < sizeof(buf));
		assert_int_equal(cpulist_parse(&b, buf, NULL, NULL), 0);
		assert_true(cpulist_equal(&a, &b));
		cpulist_fini(&b);
	}
}

static void membership_copy_and_equality(void **state)
{
	struct cpulist a, b, none = { 0 };

	(void)state;
	assert_int_equal(cpulist_parse(&a, "1,4-6,100", NULL, NULL), 0);
	for (int cpu = -1; cpu < 110; cpu++)
		assert_int_equal(cpulist_has(&a, (hcpu_t){ cpu }),
			cpu == 1 || (cpu >= 4 && cpu <= 6) || cpu == 100);
	assert_int_equal(cpulist_copy(&b, &a), 0);
	assert_true(cpulist_equal(&a, &b));
	b.cpu[0].os = 0;
	assert_false(cpulist_equal(&a, &b));
	assert_false(cpulist_equal(&a, &none));
	assert_true(cpulist_equal(&none, &none));
	assert_false(cpulist_has(&none, (hcpu_t){ 0 }));
	cpulist_fini(&a);
	cpulist_fini(&b);
	cpulist_fini(&b);
	assert_int_equal(cpulist_copy(&b, &none), 0);
	assert_null(b.cpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_and_written_back),
		cmocka_unit_test(nonsense_is_refused_with_place_and_reason),
		cmocka_unit_test(short_buffer_is_cut_not_overrun),
		cmocka_unit_test(any_set_survives_the_round_trip),
		cmocka_unit_test(membership_copy_and_equality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
