/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bench.c - thole-bench without running anything: what programs print, statistics into a document, its schema,
 * comparison with an earlier one. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "benchmarks/bench/bar.h"
#include "benchmarks/bench/detours.h"
#include "benchmarks/bench/document.h"
#include "benchmarks/bench/explain.h"
#include "benchmarks/bench/mpi_job.h"
#include "benchmarks/bench/output.h"
#include "benchmarks/bench/runner.h"
#include "benchmarks/bench/text.h"

struct line {
	char name[64];
	size_t nr;
	double value[4];
};

static int line_keep(void *ctx, const char *name, const double *values, size_t nr)
{
	struct line *l = ctx;

	snprintf(l->name, sizeof(l->name), "%s", name);
	l->nr = nr;
	for (size_t i = 0; i < min(nr, (size_t)4); i++)
		l->value[i] = values[i];
	return 0;
}

static void output_lines(void **state)
{
	char why[OUTPUT_WHY];
	struct line l = { 0 };

	(void)state;
	assert_int_equal(output_parse("", line_keep, &l, why), 0);
	assert_int_equal(output_parse("triad: 1 2.5 3\n", line_keep, &l, why), 0);
	assert_string_equal(l.name, "triad");
	assert_int_equal(l.nr, 3);
	assert_true(l.value[1] == 2.5);
	assert_int_equal(output_parse("\na:\r\n\nb: 7", line_keep, &l, why), 0);
	assert_string_equal(l.name, "b");
	assert_int_equal(l.nr, 1);
	assert_int_equal(output_parse("wrong: the sum\n", line_keep, &l, why), -EBADMSG);
	assert_string_equal(why, "the sum");
}

static void output_nonsense(void **state)
{
	static const char *const texts[] = { "no colon\n", ": 1\n", "a: 1 b\n", "a: nan\n", "a: 1\t\n2\n", "a: inf\n", "a: 1,2\n",
		"a\x01\x1b[2J: x\n" };
	char why[OUTPUT_WHY];
	struct line l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(output_parse(texts[i], line_keep, &l, why), -EINVAL);
	assert_string_equal(why, "a??[2J: x"); /* nothing for a terminal to act on */
}

static void progress(void **state)
{
	(void)state;
	assert_true(bar_left(0, 0, 60) == 60);
	assert_true(bar_left(20, 10, 30) == 40); /* it takes twice what was guessed */
	assert_true(bar_left(50, 40, 30) == 0);
}

static void numbers(void **state)
{
	char text[24];

	(void)state;
	assert_string_equal(number_text(12345.6, text), "12346");
	assert_string_equal(number_text(123.45, text), "123.5");
	assert_string_equal(number_text(1.2345, text), "1.234");
	assert_string_equal(number_text(0, text), "0.000");
	assert_string_equal(number_text(0.00012345, text), "0.000123");
	assert_string_equal(number_text(NAN, text), "-");
}

static void comparisons(void **state)
{
	json_t *r = json_pack("{s:s, s:f, s:f, s:f, s:f}", "compare", "ratio", "ratio", 0.9951, "difference", 1234.5, "ci_low",
		0.99, "ci_high", 1.0034);
	char text[24], interval[48];

	(void)state;
	assert_string_equal(comparison_text(r, text), "0.995");
	assert_string_equal(interval_text(r, interval), "0.990 to 1.003");
	json_object_set_new(r, "compare", json_string("difference"));
	json_object_set_new(r, "ci_low", json_real(-130518.6));
	json_object_set_new(r, "ci_high", json_real(166.74));
	assert_string_equal(comparison_text(r, text), "+1234");
	assert_string_equal(interval_text(r, interval), "-130519 to 166.7");
	json_object_set_new(r, "ci_low", json_null());
	json_object_set_new(r, "difference", json_null());
	assert_string_equal(comparison_text(r, text), "-");
	assert_string_equal(interval_text(r, interval), "-");
	json_decref(r);
}

struct fixture {
	struct machine machine;
	struct suite suite;
};

static int setup(void **state)
{
	static struct fixture f;

	f.machine = (struct machine){ .thole = text_format("thole"), .programs = text_format("/p"), .backend = "kvm_none",
		.free_2m_mib = 100 };
	f.machine.cpus.cpu = grow(NULL, 0, 2 * sizeof(hcpu_t));
	f.machine.cpus.cpu[0].os = 3;
	f.machine.cpus.nr = 1;
	f.suite = (struct suite){ .machine = &f.machine, .rounds = 12 };
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	suite_fini(&f->suite);
	machine_fini(&f->machine);
	return 0;
}

/* Runs whose native value is about 10 and whose virtual one is so many times that; three samples each. */
static struct metric *runs_add(struct suite *s, const char *name, double ratio, size_t runs, enum better better)
{
	struct bench *b = suite_add(s, "memory", "Why?", "%s", name);
	struct metric *m = bench_metric(b, NULL, "GB/s", 1, better, 0.98, "%s", name);

	b->payload = text_format("kernels/x");
	for (size_t i = 0; i < runs; i++) {
		double base = 10 + 0.01 * (double)(i % 5);
		const double native[] = { base, base - 1, base + 1 };
		const double virtual[] = { ratio * base, ratio * base + 2, ratio * base - 2 };

		metric_append(m, SIDE_NATIVE, native, 3);
		metric_append(m, SIDE_VIRTUAL, virtual, 3);
	}
	return m;
}

static const json_t *result(const json_t *document, size_t i)
{
	return json_array_get(json_object_get(document, "results"), i);
}

#define NEAR(got, want) assert_true(fabs((got) - (want)) < 1e-9)

static void document_statistics(void **state)
{
	struct fixture *f = *state;
	json_t *document;
	const json_t *r;
	char why[200];

	runs_add(&f->suite, "good", 0.99, 12, BETTER_HIGHER);
	runs_add(&f->suite, "slow", 0.9, 12, BETTER_HIGHER);
	runs_add(&f->suite, "range", 0.99, 6, BETTER_HIGHER);
	runs_add(&f->suite, "few", 0.99, 5, BETTER_HIGHER);
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	assert_int_equal(schema_check(document, why, sizeof(why)), 0);
	r = result(document, 0);
	NEAR(number_of(r, "ratio"), 0.99);
	assert_string_equal(string_of(r, "verdict"), "met");
	NEAR(number_of(json_object_get(r, "native"), "median"), 10.015);
	NEAR(number_of(json_object_get(r, "native"), "max"), 11.04);
	assert_int_equal(json_array_size(json_object_get(json_object_get(r, "virtual"), "samples")), 12);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(r, "command"), "native"), 0)),
		"/p/native");
	assert_string_equal(string_of(result(document, 1), "verdict"), "not shown");
	assert_non_null(strstr(string_of(result(document, 1), "why"), "wrong side"));
	assert_string_equal(string_of(result(document, 2), "verdict"), "met");
	/* Five pairs say nothing for sure. */
	assert_true(isnan(number_of(result(document, 3), "ci_low")));
	assert_string_equal(string_of(result(document, 3), "verdict"), "not shown");
	json_decref(document);
}

static void document_without_values(void **state)
{
	struct fixture *f = *state;
	struct bench *b = suite_add(&f->suite, "memory", "Why?", "gone");
	json_t *document;

	bench_metric(b, NULL, "GB/s", 1, BETTER_HIGHER, 0.98, "gone.a");
	bench_unavailable(b, "there is no %s", "such thing");
	bench_unavailable(b, "the first reason counts");
	b = suite_add(&f->suite, "memory", "Why?", "broken");
	b->payload = text_format("kernels/x");
	bench_metric(b, NULL, "GB/s", 1, BETTER_HIGHER, 0.98, "broken.a");
	b->failure = text_format("native: wrong sum");
	b = suite_add(&f->suite, "memory", "Why?", "large");
	b->payload = text_format("kernels/x");
	bench_metric(b, NULL, "GB/s", 1, BETTER_HIGHER, 0.98, "large.a");
	bench_memory(&f->suite, b, 200, "2M");
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	assert_string_equal(string_of(result(document, 0), "status"), "not available");
	assert_string_equal(string_of(result(document, 0), "reason"), "there is no such thing");
	assert_string_equal(string_of(result(document, 0), "verdict"), "-");
	assert_true(json_is_null(json_object_get(result(document, 0), "virtual")));
	assert_string_equal(string_of(result(document, 1), "status"), "failed");
	assert_string_equal(string_of(result(document, 2), "status"), "not available");
	/* What did not run has no command line. */
	assert_true(json_is_null(json_object_get(json_object_get(result(document, 0), "command"), "native")));
	json_decref(document);
}

/* In an emulator, no claim about times is made. */
static void document_of_an_emulator(void **state)
{
	struct fixture *f = *state;
	json_t *document;

	f->machine.emulated = true;
	runs_add(&f->suite, "good", 1, 12, BETTER_HIGHER);
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	assert_string_equal(string_of(result(document, 0), "verdict"), "not shown");
	assert_non_null(strstr(string_of(result(document, 0), "why"), "emulated"));
	json_decref(document);
}

static void exits_per_operation(void **state)
{
	struct fixture *f = *state;
	struct metric *m = runs_add(&f->suite, "event", 1, 3, BETTER_LOWER);
	struct bench *b = &f->suite.bench[0];
	const json_t *each;
	json_t *document;

	(void)m;
	b->operations = 100;
	b->idle_exits = json_pack("{s:i, s:i}", "kvm", 10, "user", 4);
	for (int i = 0; i < 3; i++)
		json_array_append_new(b->exits, json_pack("{s:i, s:i}", "kvm", 210, "user", 104 + i));
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	each = json_object_get(result(document, 0), "exits_per_operation");
	NEAR(number_of(each, "kvm"), 2);
	NEAR(number_of(each, "user"), 1.01);
	json_decref(document);
}

static void schema_refuses(void **state)
{
	struct fixture *f = *state;
	json_t *document, *r;
	char why[200];

	runs_add(&f->suite, "good", 1, 12, BETTER_HIGHER);
	document = document_make(&f->suite, 1);
	assert_non_null(document);
	r = json_array_get(json_object_get(document, "results"), 0);
	json_object_set_new(r, "more", json_true()); /* what is not known is ignored */
	assert_int_equal(schema_check(document, why, sizeof(why)), 0);
	json_object_set_new(r, "verdict", json_string("perhaps"));
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "results[0] (good): \"verdict\" is \"perhaps\", which is none of its words");
	json_object_set_new(r, "verdict", json_string("met"));
	json_object_set_new(json_object_get(r, "native"), "samples", json_pack("[[i, s]]", 1, "x"));
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	json_object_set_new(r, "native", json_null());
	json_object_set_new(r, "virtual", json_null());
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "results[0] (good) is measured, but has no side");
	json_object_del(r, "unit");
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	json_object_set_new(document, "results", json_array());
	json_object_set_new(document, "schema", json_string("thole-bench/9"));
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	json_object_set_new(document, "host", json_array());
	assert_int_equal(schema_check(document, why, sizeof(why)), -EINVAL);
	assert_int_equal(schema_check(json_object_get(document, "host"), why, sizeof(why)), -EINVAL);
	json_decref(document);
}

/* One of each that a document can have. */
static json_t *document_full(struct suite *s)
{
	struct bench *b;

	runs_add(s, "good", 1, 12, BETTER_HIGHER);
	b = &s->bench[0];
	b->operations = 100;
	b->idle_exits = json_pack("{s:i, s:i}", "kvm", 10, "user", 4);
	json_array_append_new(b->exits, json_pack("{s:i, s:i}", "kvm", 210, "user", 104));
	for (enum side side = 0; side < SIDES; side++) {
		json_array_append_new(b->interrupts[side], json_integer(7));
		json_array_append_new(b->steal[side], json_integer(10));
		json_object_set_new(b->series[side], "detours", json_pack("[[f, f], [f]]", 1.0, 2.0, 3.0));
	}
	b->report = json_pack("{s:s, s:b, s:{s:i, s:i, s:n}}", "schema", "thole-report/1", "as_planned", true, "kvm",
		"pages_4k", 1, "pages_2m", 2, "pages_1g");
	return document_make(s, 1);
}

static void refused(const json_t *document, const char *key)
{
	char why[200];

	if (schema_check(document, why, sizeof(why)) != -EINVAL)
		fail_msg("the schema does not look at \"%s\"", key);
	assert_true(why[0]);
}

static void child_set(json_t *container, const char *key, size_t index, json_t *value)
{
	if (json_is_array(container))
		json_array_set_new(container, index, value);
	else
		json_object_set_new(container, key, value);
}

static bool has_any_names(const char *key)
{
	return strcmp(key, "mitigations") == 0 || strcmp(key, "governors") == 0 || strcmp(key, "series") == 0;
}

/* Not written by earlier versions. */
static bool may_be_missing(const char *key)
{
	return strcmp(key, "slice_ms") == 0;
}

static void children_check(json_t *document, json_t *container, bool named);

/* It is refused of another type or when it is gone, and so is all that it holds. */
static void child_check(json_t *document, json_t *container, const char *key, size_t index, bool named)
{
	json_t *value = json_is_array(container) ? json_array_get(container, index) : json_object_get(container, key);

	json_incref(value);
	/* An array is never taken for anything else. */
	child_set(container, key, index, json_is_array(value) ? json_true() : json_array());
	refused(document, key);
	if (named && json_is_object(container) && !may_be_missing(key)) {
		json_object_del(container, key);
		refused(document, key);
	}
	child_set(container, key, index, json_incref(value));
	if (strcmp(key, "report") != 0) /* which has a schema of its own */
		children_check(document, value, named && !has_any_names(key));
	json_decref(value);
}

static void children_check(json_t *document, json_t *container, bool named)
{
	json_t *keys = json_array(), *value;
	const char *key;
	size_t i;

	json_object_foreach(container, key, value)
		json_array_append_new(keys, json_string(key));
	json_array_foreach(keys, i, value)
		child_check(document, container, json_string_value(value), 0, named);
	json_decref(keys);
	for (i = 0; i < json_array_size(container); i++)
		child_check(document, container, "an element", i, named);
}

static void schema_is_complete(void **state)
{
	struct fixture *f = *state;
	json_t *document = document_full(&f->suite);
	char why[200];

	assert_non_null(document);
	children_check(document, document, true);
	assert_int_equal(schema_check(document, why, sizeof(why)), 0);
	json_decref(document);
}

/* The pairs' ratios are compared, so a host that is slower as a whole is no regression. */
static void baseline(void **state)
{
	struct fixture *f = *state;
	json_t *before, *after;

	runs_add(&f->suite, "same", 0.99, 12, BETTER_HIGHER);
	runs_add(&f->suite, "worse", 0.99, 12, BETTER_HIGHER);
	runs_add(&f->suite, "time", 1.0, 12, BETTER_LOWER);
	before = document_make(&f->suite, 1);
	suite_fini(&f->suite);
	f->suite = (struct suite){ .machine = &f->machine, .rounds = 12 };
	runs_add(&f->suite, "same", 0.99, 12, BETTER_HIGHER)->scale = 1;
	runs_add(&f->suite, "worse", 0.95, 12, BETTER_HIGHER);
	runs_add(&f->suite, "time", 1.05, 12, BETTER_LOWER);
	runs_add(&f->suite, "new", 0.5, 12, BETTER_HIGHER);
	after = document_make(&f->suite, 1);
	assert_non_null(before);
	assert_non_null(after);
	assert_int_equal(baseline_compare(after, before, 0.02), 2);
	assert_int_equal(baseline_compare(after, before, 0.06), 0);
	assert_int_equal(baseline_compare(before, before, 0.0), 0);
	assert_int_equal(baseline_compare(before, after, 0.02), 0);
	json_decref(before);
	json_decref(after);
}

/* Both sides get the same CPUs, memory, pages and arguments. */
static void commands(void **state)
{
	struct fixture *f = *state;
	struct bench *b = suite_add(&f->suite, "memory", "Why?", "x");
	static const char *const native[] = { "/p/native", "--cpus", "3", "--memory", "64", "--pages", "2M", "/p/kernels/x.elf",
		"a=1", NULL };
	static const char *const virtual[] = { "thole", "run", "--quiet", "--payload", "/p/kernels/x.elf", "--guest-page", "2M",
		"--append", "a=1", "--cpus", "1", "--pin", "0=3", "--memory", "64M", "--hugepages", "2M", "--prefault", "yes",
		"--stats", "/dev/fd/10", "--report", "/dev/fd/11", NULL };
	const char *const *const want[SIDES] = { native, virtual };

	b->payload = text_format("kernels/x");
	bench_args(b, "a=%d", 1);
	bench_memory(&f->suite, b, 64, NULL);
	for (enum side side = 0; side < SIDES; side++) {
		char **got = side_command(&f->suite, b, side, NULL);
		size_t i;

		for (i = 0; got[i] && want[side][i]; i++)
			assert_string_equal(got[i], want[side][i]);
		assert_null(got[i]);
		assert_null(want[side][i]);
		text_list_free(got);
	}
}

static void words_are(char *const *got, const char *want)
{
	char *all = text_format("%s", ""), *more;

	for (; got && *got; got++, free(all), all = more)
		more = text_format("%s%s%s", all, *all ? " " : "", *got);
	assert_string_equal(all, want);
	free(all);
}

/* Ranks have the same places on both sides: natively the CPUs, in a machine the vCPUs that are pinned to those. */
static void mpi_commands(void **state)
{
	struct fixture *f = *state;
	struct bench *b;

	f->machine.cpus.cpu[1].os = 5;
	f->machine.cpus.nr = 2;
	strcpy(f->machine.mpiexec, "mpiexec");
	f->machine.nested_paging = f->machine.kernel_installed = true;
	b = suite_add(&f->suite, "mpi", "Why?", "x");
	mpi_job_set(&f->suite, b, "x", "a=1\tb=2", 2, MPI_ONE_MACHINE, 512);
	words_are(b->command[SIDE_NATIVE], "mpiexec -n 2 /p/mpi/x ranks=2 cpus=3,5 a=1 b=2");
	words_are(b->command[SIDE_VIRTUAL], "mpiexec -n 2 thole exec --cpus 2 --host-cpus 3,5 --pin 0=3,1=5 --memory 512M "
		"--hugepages none --prefault yes /p/mpi/x ranks=2 cpus=0,1 a=1 b=2");
	assert_non_null(b->reason); /* /p/mpi/x is not there */
	b = suite_add(&f->suite, "mpi", "Why?", "y");
	f->suite.bridge = "br7";
	mpi_job_set(&f->suite, b, "x", "", 2, MPI_TWO_MACHINES, 512);
	words_are(b->command[SIDE_VIRTUAL], "mpiexec -n 1 env UCX_TLS=tcp,self UCX_NET_DEVICES=eth0 thole exec --cpus 1 "
		"--host-cpus 3 --pin 0=3 --memory 512M --hugepages none --prefault yes --overcommit --granularity rank --net "
		"bridge=br7 -- /p/mpi/x ranks=2 cpus=0,0 : -n 1 env UCX_TLS=tcp,self UCX_NET_DEVICES=eth0 thole exec --cpus 1 "
		"--host-cpus 5 --pin 0=5 --memory 512M --hugepages none --prefault yes --overcommit --granularity rank --net "
		"bridge=br7 -- /p/mpi/x ranks=2 cpus=0,0");
	b = suite_add(&f->suite, "mpi", "Why?", "z");
	mpi_job_inside(&f->suite, b, "x", "64\t2", 2, 512);
	words_are(b->command[SIDE_NATIVE], "taskset -c 3,5 /p/mpi/x 64 2");
	f->machine.nested_paging = false;
	b = suite_add(&f->suite, "mpi", "Why?", "none");
	mpi_job_set(&f->suite, b, "x", "", 2, MPI_ONE_MACHINE, 512);
	assert_non_null(strstr(b->reason, "nested paging"));
}

/* A budget is dealt out by what benches are guessed to take, and leaves each two rounds. */
static void budget(void **state)
{
	(void)state;
	assert_true(runner_has_time(0, 1e6, 0.1, 99));
	assert_true(runner_has_time(50, 4, 0.1, 5));
	assert_false(runner_has_time(50, 6, 0.1, 5));
	assert_true(runner_has_time(50, 600, 1, RUNNER_ROUNDS_LEAST - 1));
	assert_false(runner_has_time(50, 600, 1, RUNNER_ROUNDS_LEAST));
}

static void lists(void **state)
{
	struct values v = { 0 };

	(void)state;
	assert_true(isnan(values_median(&v)));
	values_add(&v, 3);
	values_add(&v, 1);
	assert_true(values_median(&v) == 2);
	values_add(&v, 10);
	assert_true(values_median(&v) == 3);
	assert_true(v.value[2] == 10);
	values_fini(&v);
}

/* A guest that is interrupted as often as a native program, but for longer: the report says so. */
static void detours_explain(void **state)
{
	json_t *r = json_pack("{s:{s:{s:[[i,i, i,i, i,i],[i,i]]}, s:{s:[[i,i, i,i],[i,i]]}}, s:[{s:i, s:i}]}", "series",
		"native", "detours", 0, 500, 5, 20000, 9, 31000, 1, 40000, "virtual", "detours", 0, 60000, 7, 70000, 2,
		90000, "exits", "kvm", 5, "user", 2);
	struct detours_long d = detours_long(r, "native");
	char *text = explain_counts(r);

	(void)state;
	assert_non_null(text);
	assert_true(d.a_run == 1.5 && d.median_us == 31);
	if (!strstr(text, "; away for 20 us or more 2 times natively, 31 us in the median, and 2 times in the guest, 70 us;"))
		fail_msg("%s", text);
	free(text);
	json_object_set_new(json_object_get(r, "series"), "virtual", json_object());
	assert_true(isnan(detours_long(r, "virtual").median_us));
	text = explain_counts(r);
	assert_null(strstr(text, "away"));
	free(text);
	json_decref(r);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_lines),
		cmocka_unit_test(output_nonsense),
		cmocka_unit_test(progress),
		cmocka_unit_test(numbers),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(detours_explain),
		TEST(document_statistics),
		TEST(document_without_values),
		TEST(document_of_an_emulator),
		TEST(exits_per_operation),
		TEST(schema_refuses),
		TEST(schema_is_complete),
		TEST(baseline),
		TEST(commands),
		TEST(mpi_commands),
		cmocka_unit_test(budget),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
