/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_survey.c - the host is the same whoever reads it, and nothing is left of what nobody took. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "launcher/survey.h"

static cpu_set_t all;

/* What the plan goes by; memory that is free changes by itself. */
static void same_machine(const struct host *a, const struct host *b)
{
	assert_int_equal(a->nr_pus, b->nr_pus);
	assert_int_equal(a->nr_nodes, b->nr_nodes);
	assert_int_equal(a->nr_complexes, b->nr_complexes);
	for (uint32_t i = 0; i < a->nr_pus; i++) {
		assert_int_equal(a->pu[i].id.os, b->pu[i].id.os);
		assert_int_equal(a->pu[i].core, b->pu[i].core);
		assert_int_equal(a->pu[i].complex, b->pu[i].complex);
		assert_int_equal(a->pu[i].node, b->pu[i].node);
		assert_int_equal(a->pu[i].allowed, b->pu[i].allowed);
	}
}

static void survey_and_compare(bool thread)
{
	uint32_t brand[CPUID_BRAND_REGS];
	struct topology t = { 0 };
	struct survey s;
	struct host read, h;

	survey_begin(&s);
	assert_int_equal(s.begun, thread);
	assert_int_equal(survey_host(&s, &read), 0);
	t.nr_caches = read.nr_caches;
	memcpy(t.cache, read.cache, sizeof(t.cache));
	cpuid_brand_read(brand);
	assert_memory_equal(survey_cpu(&s, &t), brand, sizeof(brand));
	assert_false(s.begun);
	assert_int_equal(host_load(&h), 0);
	same_machine(&read, &h);
	assert_int_equal(t.nr_caches, h.nr_caches);
	for (uint32_t i = 0; i < h.nr_caches; i++) {
		assert_int_equal(t.cache[i].level, h.cache[i].level);
		assert_int_equal(t.cache[i].type, h.cache[i].type);
		assert_int_equal(t.cache[i].size, h.cache[i].size);
		assert_int_equal(t.cache[i].shared, h.cache[i].shared);
	}
	host_fini(&read);
	host_fini(&h);
	survey_end(&s);
}

static void a_thread_finds_what_its_maker_would(void **state)
{
	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	survey_and_compare(true);
}

static void with_one_cpu_there_is_no_thread(void **state)
{
	cpu_set_t one;

	(void)state;
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	survey_and_compare(false);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* The sanitizers tell if anything is left. */
static void what_nobody_takes_ends_with_it(void **state)
{
	struct survey s;

	(void)state;
	survey_begin(&s);
	survey_end(&s);
	assert_false(s.begun);
}

static void only_the_host_is_taken(void **state)
{
	struct survey s;
	struct host h;

	(void)state;
	survey_begin(&s);
	assert_int_equal(survey_host(&s, &h), 0);
	survey_end(&s);
	assert_true(h.nr_pus > 0);
	host_fini(&h);
}

/* As when /sys tells too little: then who takes it asks further. */
static void a_survey_that_failed_is_made_again(void **state)
{
	struct survey s;
	struct host h;

	(void)state;
	survey_begin(&s);
	if (s.begun) {
		assert_int_equal(pthread_join(s.thread, NULL), 0);
		s.begun = false;
		host_fini(&s.host);
		s.host_err = -ENOTSUP;
	}
	assert_int_equal(survey_host(&s, &h), 0);
	assert_true(h.nr_pus > 0);
	host_fini(&h);
	survey_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_finds_what_its_maker_would),
		cmocka_unit_test(with_one_cpu_there_is_no_thread),
		cmocka_unit_test(what_nobody_takes_ends_with_it),
		cmocka_unit_test(only_the_host_is_taken),
		cmocka_unit_test(a_survey_that_failed_is_made_again),
	};

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
