/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bench_turns.c - thole-bench's two sides at once: which benches may have that, and two processes in slices. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/process.h"
#include "benchmarks/bench/text.h"

#define SLICE_MS 20

static struct machine machine;
static struct suite suite;

static int setup(void **state)
{
	(void)state;
	machine = (struct machine){ .thole = text_format("thole"),
		.programs = text_format("/p"),
		.free_2m_mib = 200,
		.free_1g_mib = 1024,
		.available_mib = 1000 };
	machine.cpus.cpu = grow(NULL, 0, sizeof(hcpu_t));
	machine.cpus.cpu[0].os = 3;
	machine.cpus.nr = 1;
	suite = (struct suite){ .machine = &machine, .rounds = 12 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	suite_fini(&suite);
	machine_fini(&machine);
	return 0;
}

static struct bench *bench_of(uint64_t mib, const char *pages)
{
	struct bench *b = suite_add(&suite, "memory", "Why?", "x");

	b->payload = text_format("kernels/x");
	bench_memory(&suite, b, mib, pages);
	bench_args(b, "rounds=2");
	bench_in_turn(&suite, b);
	return b;
}

/* Both are there at once if there is memory for both. */
static void memory_for_both(void **state)
{
	struct bench *b = bench_of(100, "2M");

	(void)state;
	assert_int_equal(b->slice_ms, 200);
	assert_string_equal(b->args, "rounds=2 slice=200");
	assert_int_equal(bench_of(104, "2M")->slice_ms, 0);
	assert_string_equal(bench_of(104, "2M")->args, "rounds=2");
	assert_int_equal(bench_of(1000, "1G")->slice_ms, 0);
	machine.free_1g_mib = 2048;
	assert_int_equal(bench_of(1000, "1G")->slice_ms, 200);
	assert_int_equal(bench_of(372, "4K")->slice_ms, 200);
	assert_int_equal(bench_of(376, "4K")->slice_ms, 0);
	suite.quick = true;
	assert_string_equal(bench_of(100, "2M")->args, "rounds=2 slice=100");
	suite.tiny = true;
	assert_int_equal(bench_of(100, "2M")->slice_ms, 0);
}

/* The file says so; one of a version that did not is read all the same. */
static void document_says_so(void **state)
{
	struct metric *m =
		bench_metric(bench_of(100, "2M"), NULL, "GB/s", 1, BETTER_HIGHER, 0.98, "x");
	const double value = 1;
	json_t *document, *result;
	char why[200];

	(void)state;
	metric_append(m, SIDE_NATIVE, &value, 1);
	metric_append(m, SIDE_VIRTUAL, &value, 1);
	document = document_make(&suite, 1);
	assert_non_null(document);
	result = json_array_get(json_object_get(document, "results"), 0);
	assert_true(number_of(result, "slice_ms") == 200);
	json_object_set_new(result, "slice_ms", json_string("200"));
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	json_object_del(result, "slice_ms");
	assert_int_equal(schema_check(document, why, sizeof(why)), 0);
	json_decref(document);
}

static struct process *now_running;
static unsigned turns[2];

static void turn_note(struct process *p, bool begins)
{
	if (begins) {
		assert_null(now_running);
		now_running = p;
	} else {
		assert_ptr_equal(now_running, p);
		now_running = NULL;
	}
	turns[p->timeout_s % 2] += begins;
}

static int run(struct process *a, const char *first, struct process *b, const char *second)
{
	const char *const sh[2][4] = { { "sh", "-c", first, NULL }, { "sh", "-c", second, NULL } };
	char *const *const argv[] = { (char *const *)sh[0], (char *const *)sh[1] };
	struct process *const p[] = { a, b };

	return process_run_in_turn(p, argv, 1, SLICE_MS);
}

/* Each has its own output and end; the one that takes long is stopped meanwhile, and all its time is seen. */
static void two_processes(void **state)
{
	struct process p[] = { { .timeout_s = 60, .turn = turn_note },
		{ .timeout_s = 61, .turn = turn_note } };

	(void)state;
	assert_int_equal(run(&p[0],
				 "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; echo a: 1; "
				 "echo b >&2",
				 &p[1],
				 "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; echo c: 2 "
				 ">/dev/fd/10; exit 3"),
		0);
	assert_string_equal(p[0].text[CHANNEL_OUT], "a: 1\n");
	assert_string_equal(p[0].text[CHANNEL_ERR], "b\n");
	assert_int_equal(p[0].status, 0);
	assert_string_equal(p[1].text[CHANNEL_STATS], "c: 2\n");
	assert_int_equal(p[1].status, 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(turns[i] >= 2);
		assert_true(p[i].wall_ms >= 2 * SLICE_MS);
		assert_false(p[i].timed_out);
		process_fini(&p[i]);
	}
}

static const struct process *awaited;

/* The time of the one that hangs is over when the other one has ended, however long that takes. */
static void turn_last(struct process *p, bool begins)
{
	if (begins && !awaited->slice.pid)
		p->timeout_s = 0;
}

/* One that does not end is ended, and the other one has ended by itself. */
static void one_hangs(void **state)
{
	struct process p[] = { { .timeout_s = 600 }, { .timeout_s = 600, .turn = turn_last } };

	(void)state;
	awaited = &p[0];
	assert_int_equal(run(&p[0], "echo a: 1", &p[1], "sleep 1000"), 0);
	assert_false(p[0].timed_out);
	assert_int_equal(p[0].status, 0);
	assert_string_equal(p[0].text[CHANNEL_OUT], "a: 1\n");
	assert_true(p[1].timed_out);
	assert_int_equal(p[1].status, 128 + 9);
	for (unsigned i = 0; i < 2; i++)
		process_fini(&p[i]);
}

static void no_such_program(void **state)
{
	struct process p[] = { { .timeout_s = 60 }, { .timeout_s = 60 } };

	(void)state;
	assert_int_equal(run(&p[0], "exec /no/such", &p[1], "echo a: 1"), 0);
	assert_int_equal(p[0].status, 127);
	assert_int_equal(p[1].status, 0);
	for (unsigned i = 0; i < 2; i++)
		process_fini(&p[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_for_both, setup, teardown),
		cmocka_unit_test_setup_teardown(document_says_so, setup, teardown),
		cmocka_unit_test(two_processes),
		cmocka_unit_test(one_hangs),
		cmocka_unit_test(no_such_program),
	};

	return cmocka_run_group_tests_name("bench in turn", tests, NULL, NULL);
}
