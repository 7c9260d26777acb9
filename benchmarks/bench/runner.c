/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.c - see runner.h.
 *
 * Round by round, native and virtual, then virtual and native; or both at once, in slices. Interrupts are counted around
 * each run or slice on the CPUs that it is pinned to; exits come from thole's own statistics.
 */
#include "benchmarks/bench/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/bar.h"
#include "benchmarks/bench/counters.h"
#include "benchmarks/bench/output.h"
#include "benchmarks/bench/process.h"
#include "benchmarks/bench/text.h"

#define TIMEOUT_S	   120u
#define TIMEOUT_EMULATED_S 1200u

struct run {
	struct bench *bench;
	enum side side;
};

static void metric_set(struct bench *b, enum side side, const char *key, double value)
{
	for (size_t i = 0; i < b->nr_metrics; i++)
		if (strcmp(b->metric[i].key, key) == 0)
			metric_append(&b->metric[i], side, &value, 1);
}

static int on_line(void *ctx, const char *name, const double *values, size_t nr)
{
	struct run *r = ctx;

	for (size_t i = 0; i < r->bench->nr_metrics; i++)
		if (strcmp(r->bench->metric[i].key, name) == 0)
			metric_append(&r->bench->metric[i], r->side, values, nr);
	if (strncmp(name, "series.", 7) == 0) {
		json_t *runs = json_object_get(r->bench->series[r->side], name + 7), *list = json_array();

		if (!runs) {
			runs = json_array();
			json_object_set_new(r->bench->series[r->side], name + 7, runs);
		}
		for (size_t i = 0; i < nr; i++)
			json_array_append_new(list, json_real(values[i]));
		json_array_append_new(runs, list);
	}
	return 0;
}

static json_int_t sum_over(const json_t *object)
{
	json_int_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		sum += json_integer_value(value);
	return sum;
}

/* Exits that KVM has counted, but for those that the host's interrupts cause; and those that came to thole. */
static json_t *exits_count(const json_t *stats)
{
	json_int_t kvm = 0, user = 0;
	bool known = true;
	size_t i;
	json_t *vcpu;

	json_array_foreach(json_object_get(stats, "vcpus"), i, vcpu) {
		const json_t *own = json_object_get(vcpu, "kvm");

		known &= json_is_object(own);
		kvm += json_integer_value(json_object_get(own, "exits")) -
			json_integer_value(json_object_get(own, "irq_exits"));
		user += sum_over(json_object_get(vcpu, "exits"));
	}
	return json_pack("{s:o, s:I}", "kvm", known ? json_integer(kvm) : json_null(), "user", user);
}

static void fail(struct bench *b, const char *side, const char *what)
{
	if (!b->failure)
		b->failure = text_format("%s: %s", side, what);
}

/* The last line of standard error, or how it ended. */
static char *end_describe(const struct process *p)
{
	const char *text = p->text[CHANNEL_ERR], *line;
	size_t n = strlen(text);

	while (n && text[n - 1] == '\n')
		n--;
	line = memrchr(text, '\n', n);
	line = line ? line + 1 : text;
	if (p->timed_out)
		return text_format("did not end in %u s", p->timeout_s);
	return n ? text_format("%.*s", (int)(text + n - line), line) : text_format("ended with %d", p->status);
}

static void output_take(struct bench *b, enum side side, const struct process *p, const char *who)
{
	struct run r = { b, side };
	char why[OUTPUT_WHY], *end;
	/* What was killed has not said all of it. */
	int err = p->look_kib ? 0 : output_parse(p->text[CHANNEL_OUT], on_line, &r, why);

	if (err == -EBADMSG) {
		fail(b, who, why);
	} else if (p->timed_out || (p->status != b->status && !p->look_kib)) {
		end = end_describe(p);
		fail(b, who, end);
		free(end);
	} else if (err) {
		end = text_format("printed \"%s\"", why);
		fail(b, who, end);
		free(end);
	}
}

static void virtual_take(struct bench *b, const struct process *p)
{
	json_t *stats = json_loads(p->text[CHANNEL_STATS], 0, NULL);
	json_t *report = json_loads(p->text[CHANNEL_REPORT], 0, NULL);
	const json_t *memory = json_object_get(report, "memory");

	if (stats)
		json_array_append_new(b->exits, exits_count(stats));
	if (report) {
		json_decref(b->report);
		b->report = json_incref(report);
		metric_set(b, SIDE_VIRTUAL, METRIC_PREFAULT,
			json_real_value(json_object_get(memory, "fill_seconds")) * 1e3 * 1024 / (double)b->mib);
	}
	json_decref(stats);
	json_decref(report);
}

static bool wants(const struct bench *b, const char *key)
{
	for (size_t i = 0; i < b->nr_metrics; i++)
		if (strcmp(b->metric[i].key, key) == 0)
			return true;
	return false;
}

/* What the host does on the CPUs of a bench while a side has them. */
struct watch {
	struct process process;
	struct bench *bench;
	uint64_t interrupts, steal_ms; /* of all turns that are over, less the counts at the start of one that is not */
};

static void watch_turn(struct process *p, bool begins)
{
	struct watch *w = container_of(p, struct watch, process);
	uint64_t interrupts = machine_interrupts(&w->bench->cpus), steal_ms = machine_steal_ms(&w->bench->cpus);

	w->interrupts += begins ? -interrupts : interrupts;
	w->steal_ms += begins ? -steal_ms : steal_ms;
}

static struct watch watch_make(const struct suite *s, struct bench *b)
{
	return (struct watch){ .bench = b, .process = { .turn = watch_turn,
		.timeout_s = (s->machine->emulated ? TIMEOUT_EMULATED_S : TIMEOUT_S) * (b->slice_ms ? SIDES : 1),
		.look_kib = wants(b, METRIC_RESIDENT) ? b->mib << 10 : 0 } };
}

/* All that has come of a run. */
static void run_take(struct watch *w, enum side side)
{
	static const char *const names[SIDES] = { "native", "virtual" };
	struct bench *b = w->bench;
	struct process *p = &w->process;

	json_array_append_new(b->interrupts[side], json_integer((json_int_t)w->interrupts));
	json_array_append_new(b->steal[side], json_integer((json_int_t)w->steal_ms));
	output_take(b, side, p, names[side]);
	metric_set(b, side, METRIC_FIRST, p->first_ms);
	metric_set(b, side, METRIC_WALL, p->wall_ms);
	if (p->resident_kib)
		metric_set(b, side, METRIC_RESIDENT, (double)p->resident_kib);
	metric_set(b, side, METRIC_FAULTS, (double)p->faults);
	metric_set(b, side, METRIC_SWITCHES, (double)p->switches);
	if (side == SIDE_VIRTUAL && !b->bare && !b->failure)
		virtual_take(b, p);
}

static int side_run(const struct suite *s, struct bench *b, enum side side)
{
	struct watch w = watch_make(s, b);
	char **argv = side_command(s, b, side, NULL);
	struct counters counters;
	int err;

	counters_start(&counters, b);
	watch_turn(&w.process, true);
	err = process_run(&w.process, argv);
	watch_turn(&w.process, false);
	counters_take(&counters, side);
	text_list_free(argv);
	if (!err)
		run_take(&w, side);
	process_fini(&w.process);
	return err;
}

/* Run by run; who begins changes with each round. */
static int round_run(const struct suite *s, struct bench *b, size_t round, struct bar *bar)
{
	int err = 0;

	for (size_t k = 0; k < SIDES && !b->failure && !err; k++) {
		enum side side = (enum side)((k + round) % SIDES);

		if (!(b->sides & ON(side)))
			continue;
		err = side_run(s, b, side);
		bar_step(bar);
	}
	return err;
}

static int round_run_in_turn(const struct suite *s, struct bench *b, size_t round, struct bar *bar)
{
	struct watch w[SIDES] = { watch_make(s, b), watch_make(s, b) };
	struct process *p[SIDES] = { &w[SIDE_NATIVE].process, &w[SIDE_VIRTUAL].process };
	char **argv[SIDES];
	int err;

	for (enum side side = 0; side < SIDES; side++)
		argv[side] = side_command(s, b, side, NULL);
	err = process_run_in_turn(p, (char *const *const *)argv, slices_first(round, SIDES), b->slice_ms);
	for (enum side side = 0; side < SIDES; side++) {
		if (!err)
			run_take(&w[side], side);
		process_fini(p[side]);
		text_list_free(argv[side]);
		bar_step(bar);
	}
	return err;
}

/* What the machine costs without any operation, so that this can be taken off. */
static int idle_run(const struct suite *s, struct bench *b)
{
	struct process p = { .timeout_s = s->machine->emulated ? TIMEOUT_EMULATED_S : TIMEOUT_S };
	char *n = strstr(b->args, "n="), *args = text_format("%.*sn=0", (int)(n - b->args), b->args);
	char **argv = side_command(s, b, SIDE_VIRTUAL, args);
	int err = process_run(&p, argv);
	json_t *stats = err || p.status ? NULL : json_loads(p.text[CHANNEL_STATS], 0, NULL);

	if (stats)
		b->idle_exits = exits_count(stats);
	json_decref(stats);
	text_list_free(argv);
	free(args);
	process_fini(&p);
	return err;
}

/* Every metric has a value of every run. */
static void complete_check(struct bench *b)
{
	for (size_t i = 0; i < b->nr_metrics && !b->failure; i++)
		for (enum side side = 0; side < SIDES; side++)
			if (b->sides & ON(side) && !b->metric[i].reason && b->metric[i].nr_runs[side] != b->rounds)
				b->failure = text_format("%zu of %zu runs gave no \"%s\"",
					b->rounds - b->metric[i].nr_runs[side], b->rounds, b->metric[i].key);
}

bool runner_has_time(double budget_s, double elapsed_s, double part, size_t round)
{
	return budget_s <= 0 || round < RUNNER_ROUNDS_LEAST || elapsed_s < budget_s * part;
}

/* until: guessed seconds of all benches to the end of this one. */
static int bench_run(const struct suite *s, struct bench *b, struct bar *bar, double until)
{
	int err = b->operations ? idle_run(s, b) : 0;

	for (size_t round = 0; round < b->rounds && !b->failure && !err; round++) {
		if (!runner_has_time(s->budget_s, bar_elapsed(bar), until / bar->expected, round)) {
			b->rounds = round; /* which is what the document then says */
			break;
		}
		err = b->slice_ms ? round_run_in_turn(s, b, round, bar) : round_run(s, b, round, bar);
	}
	if (!err)
		complete_check(b);
	return err;
}

static size_t sides_nr(const struct bench *b)
{
	return (size_t)__builtin_popcount(b->sides);
}

int suite_run(struct suite *s)
{
	struct bar bar = bar_start();
	double until = 0;
	int err = 0;

	for (size_t i = 0; i < s->nr; i++)
		if (!s->bench[i].reason)
			bar_expect(&bar, s->bench[i].rounds * sides_nr(&s->bench[i]), s->bench[i].seconds);
	for (size_t i = 0; i < s->nr && !err; i++) {
		struct bench *b = &s->bench[i];

		if (b->reason)
			continue;
		until += (double)(b->rounds * sides_nr(b)) * b->seconds;
		bar_name(&bar, b->name, b->rounds * sides_nr(b), b->seconds);
		err = bench_run(s, b, &bar, until);
		bar_done(&bar);
	}
	bar_end(&bar);
	return err;
}
