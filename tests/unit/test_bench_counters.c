/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_bench_counters.c - the processor's counters of thole bench, on a processor that is made up: PAPI's functions are
 * these here, since no host of the tests' has counters. The order of calls is what PAPI's manual pages ask for.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <papi.h>
#include <string.h>

#include "benchmarks/bench/counters.h"
#include "benchmarks/bench/document.h"
#include "benchmarks/bench/text.h"

/* What PAPI_stop() gives for each run, in the order of the events; of recorded size. */
static const long long counts[][2] = { { 812345678, 2012345678 }, { 822345678, 2012345999 } };

static struct {
	int version;	      /* that PAPI_library_init() answers; 0: the right one */
	const char *unknown;  /* an event that this processor has not */
	bool fail_start;
	int sets, events, run;
	bool component, inherits, runs;
} cpu;

int PAPI_library_init(int version)
{
	return cpu.version ? cpu.version : version;
}

int PAPI_create_eventset(int *set)
{
	*set = 7;
	cpu.sets++;
	cpu.component = cpu.inherits = false;
	cpu.events = 0;
	return PAPI_OK;
}

int PAPI_assign_eventset_component(int set, int component)
{
	assert_int_equal(set, 7);
	assert_int_equal(component, 0);
	cpu.component = true;
	return PAPI_OK;
}

int PAPI_set_opt(int option, PAPI_option_t *value)
{
	assert_int_equal(option, PAPI_INHERIT);
	assert_true(cpu.component);		/* PAPI_set_opt(3): it must have one */
	assert_int_equal(cpu.events, 0);	/* and no event yet */
	assert_int_equal(value->inherit.inherit, PAPI_INHERIT_ALL);
	assert_int_equal(value->inherit.eventset, 7);
	cpu.inherits = true;
	return PAPI_OK;
}

int PAPI_add_named_event(int set, const char *name)
{
	assert_int_equal(set, 7);
	assert_true(cpu.inherits);
	if (cpu.unknown && strcmp(name, cpu.unknown) == 0)
		return PAPI_ENOEVNT;
	cpu.events++;
	return PAPI_OK;
}

int PAPI_start(int set)
{
	assert_int_equal(set, 7);
	assert_true(cpu.events > 0);
	cpu.runs = !cpu.fail_start;
	return cpu.fail_start ? PAPI_ECNFLCT : PAPI_OK;
}

int PAPI_stop(int set, long long *values)
{
	assert_int_equal(set, 7);
	assert_true(cpu.runs);
	cpu.runs = false;
	if (values)
		memcpy(values, counts[cpu.run++ % 2], sizeof(counts[0]));
	return PAPI_OK;
}

int PAPI_cleanup_eventset(int set)
{
	assert_int_equal(set, 7);
	assert_false(cpu.runs);
	return PAPI_OK;
}

int PAPI_destroy_eventset(int *set)
{
	*set = PAPI_NULL;
	cpu.sets--;
	return PAPI_OK;
}

char *PAPI_strerror(int err)
{
	static char text[32];

	snprintf(text, sizeof(text), "PAPI's error %d", err);
	return text;
}

struct fixture {
	struct machine machine;
	struct suite suite;
	struct bench *bench;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&cpu, 0, sizeof(cpu));
	f.machine = (struct machine){ .thole = text_format("thole"), .programs = text_format("/p"), .backend = "kvm_none" };
	f.machine.cpus.cpu = grow(NULL, 0, sizeof(hcpu_t));
	f.machine.cpus.cpu[0].os = 0;
	f.machine.cpus.nr = 1;
	f.suite = (struct suite){ .machine = &f.machine, .rounds = 2 };
	f.bench = suite_add(&f.suite, "counters", "Why?", "count");
	bench_metric(f.bench, COUNTERS_PREFIX "PAPI_TOT_CYC", "per run", 1, BETTER_LOWER, NO_TARGET, "k.cycles");
	bench_metric(f.bench, COUNTERS_PREFIX "PAPI_TOT_INS", "per run", 1, BETTER_LOWER, NO_TARGET, "k.instructions");
	bench_metric(f.bench, "@wall", "ms", 1, BETTER_LOWER, NO_TARGET, "k.wall");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(cpu.sets, 0); /* none is left */
	suite_fini(&f->suite);
	machine_fini(&f->machine);
	return 0;
}

static void run_both(struct fixture *f)
{
	struct counters c;

	for (enum side side = 0; side < SIDES; side++) {
		counters_start(&c, f->bench);
		counters_take(&c, side);
	}
}

/* Native counts 812345678 cycles, the guest 822345678. */
static void counts_become_values(void **state)
{
	struct fixture *f = *state;
	const double wall = 1;
	json_t *document;
	const json_t *r;

	assert_null(counters_missing("PAPI_TOT_CYC"));
	for (int i = 0; i < 2; i++) {
		run_both(f);
		for (enum side side = 0; side < SIDES; side++)
			metric_append(&f->bench->metric[2], side, &wall, 1);
	}
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	r = json_array_get(json_object_get(document, "results"), 0);
	assert_string_equal(string_of(r, "status"), "measured");
	assert_true(number_of(json_object_get(r, "native"), "median") == 812345678.0);
	assert_true(fabs(number_of(r, "ratio") - 822345678.0 / 812345678.0) < 1e-12);
	r = json_array_get(json_object_get(document, "results"), 1);
	assert_true(number_of(json_object_get(r, "virtual"), "max") == 2012345999.0);
	json_decref(document);
}

static void unknown_events_have_a_reason(void **state)
{
	struct fixture *f = *state;

	(void)f;
	cpu.unknown = "PAPI_TLB_DM";
	assert_string_equal(counters_missing("PAPI_TLB_DM"), "PAPI's error -7");
	assert_null(counters_missing("PAPI_TOT_INS"));
	cpu.fail_start = true; /* as without rights, or when somebody else has the counters */
	assert_string_equal(counters_missing("PAPI_TOT_INS"), "PAPI's error -8");
}

/* What fails only then gives no value, rather than a wrong one; so does a metric with a reason. */
static void no_count_no_value(void **state)
{
	struct fixture *f = *state;

	cpu.fail_start = true;
	run_both(f);
	assert_int_equal(f->bench->metric[0].nr_runs[SIDE_NATIVE], 0);
	cpu.fail_start = false;
	cpu.unknown = "PAPI_TOT_INS";
	run_both(f);
	assert_int_equal(f->bench->metric[0].nr_runs[SIDE_NATIVE], 0);
	f->bench->metric[1].reason = text_format("not here");
	run_both(f);
	assert_int_equal(f->bench->metric[0].nr_runs[SIDE_VIRTUAL], 1);
	assert_int_equal(f->bench->metric[1].nr_runs[SIDE_VIRTUAL], 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_become_values),
		TEST(unknown_events_have_a_reason),
		TEST(no_count_no_value),
	};

	return cmocka_run_group_tests_name("bench_counters", tests, NULL, NULL);
}
