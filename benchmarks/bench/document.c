/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * document.c - from the values of a suite to the JSON value of document.h, with the statistics of METHOD.md.
 *
 * jansson's functions take NULL for "that failed" and pass it on, so one check at the end does.
 */
#include "benchmarks/bench/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benchmarks/bench/explain.h"
#include "benchmarks/bench/runner.h"
#include "benchmarks/bench/text.h"
#include "vmm/log.h"

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *string_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* Of each run. */
static struct values medians_make(const struct metric *m, enum side side)
{
	struct values all = { 0 };

	for (size_t i = 0; i < m->nr_runs[side]; i++) {
		struct values one = { 0 };

		for (size_t k = 0; k < m->run[side][i].nr; k++)
			values_add(&one, m->run[side][i].value[k]);
		values_add(&all, values_median(&one));
		values_fini(&one);
	}
	return all;
}

/* The interval of a described sample, by its size: the bootstrap's, the range, or none. */
static bool interval_of(const struct sample *s, struct interval *sure)
{
	*sure = s->n >= PAIRS_BOOTSTRAP ? s->sure : (struct interval){ s->min, s->max };
	return s->n >= PAIRS_RANGE;
}

static json_t *runs_json(const struct metric *m, enum side side, struct values *all)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < m->nr_runs[side]; i++) {
		const struct values *run = &m->run[side][i];
		json_t *list = json_array();

		for (size_t k = 0; k < run->nr; k++) {
			json_array_append_new(list, json_real(run->value[k]));
			values_add(all, run->value[k]);
		}
		json_array_append_new(runs, list);
	}
	return runs;
}

static json_t *side_json(const struct metric *m, enum side side)
{
	struct values all = { 0 }, medians = medians_make(m, side);
	struct interval sure = { NAN, NAN };
	struct sample s;
	json_t *runs, *o;

	if (!m->nr_runs[side]) {
		free(medians.value);
		return json_null();
	}
	runs = runs_json(m, side, &all);
	values_sort(&all);
	if (sample_describe(medians.value, medians.nr, LEVEL, &s) != 0 || !interval_of(&s, &sure))
		sure = (struct interval){ NAN, NAN };
	o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "median",
		real_or_null(values_median(&medians)), "min", real_or_null(all.nr ? all.value[0] : NAN),
		"p99", real_or_null(all.nr ? sample_quantile(all.value, all.nr, 0.99) : NAN), "max",
		real_or_null(all.nr ? all.value[all.nr - 1] : NAN), "ci_low", real_or_null(sure.low), "ci_high",
		real_or_null(sure.high), "samples", runs);
	free(all.value);
	free(medians.value);
	return o;
}

struct comparison {
	double ratio, difference;
	struct interval sure;
	enum verdict verdict;
};

static struct comparison compare(const struct suite *s, const struct metric *m)
{
	struct values native = medians_make(m, SIDE_NATIVE), virtual = medians_make(m, SIDE_VIRTUAL);
	size_t nr = min(native.nr, virtual.nr);
	struct comparison c = { .ratio = NAN, .difference = NAN, .sure = { NAN, NAN } };
	struct sample ratio = { 0 }, difference = { 0 };
	bool sure = false;

	if (nr && sample_describe_ratio(virtual.value, native.value, nr, LEVEL, &ratio) == 0)
		c.ratio = ratio.median;
	if (nr && sample_describe_difference(virtual.value, native.value, nr, LEVEL, &difference) == 0)
		c.difference = difference.median;
	if (m->compare == COMPARE_RATIO && isfinite(c.ratio))
		sure = interval_of(&ratio, &c.sure);
	else if (m->compare == COMPARE_DIFFERENCE && isfinite(c.difference))
		sure = interval_of(&difference, &c.sure);
	if (!sure)
		c.sure = (struct interval){ NAN, NAN };
	if (isfinite(m->target))
		c.verdict = sure && !s->machine->emulated ? verdict_of(m->better, c.sure, m->target) : VERDICT_NOT_SHOWN;
	free(native.value);
	free(virtual.value);
	return c;
}

/* {"kvm": 1.0, "user": 1.0}: medians over runs, less what a machine without the operation has. */
static json_t *per_operation(const struct bench *b)
{
	static const char *const keys[] = { "kvm", "user" };
	json_t *o;

	if (!b->operations || !b->idle_exits || !json_array_size(b->exits))
		return json_null();
	o = json_object();
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		struct values v = { 0 };
		double idle = number_of(b->idle_exits, keys[k]);

		for (size_t i = 0; i < json_array_size(b->exits); i++)
			values_add(&v, (number_of(json_array_get(b->exits, i), keys[k]) - idle) / b->operations);
		json_object_set_new(o, keys[k], real_or_null(values_median(&v)));
		values_fini(&v);
	}
	return o;
}

static json_t *place_json(const struct bench *b)
{
	char *cpus = text_cpus(&b->cpus), *nodes = b->nodes.nr ? text_cpus(&b->nodes) : NULL;
	json_t *o;

	if (b->command[SIDE_NATIVE] || b->command[SIDE_VIRTUAL])
		o = json_null();
	else
		o = json_pack("{s:o, s:i, s:o, s:I, s:s, s:s, s:s}", "cpus", b->vcpus ? json_null() : json_string(cpus),
			"vcpus", (int)(b->vcpus ? b->vcpus : b->cpus.nr), "nodes", string_or_null(nodes), "memory_mib",
			(json_int_t)b->mib, "pages", b->pages, "guest_page", b->guest_page, "arguments", b->args ? b->args : "");
	free(cpus);
	free(nodes);
	return o;
}

/* The words of what ran; null for a side that did not. */
static json_t *command_json(const struct suite *s, const struct bench *b, enum side side)
{
	char **words = b->reason || !(b->sides & ON(side)) ? NULL : side_command(s, b, side, NULL);
	json_t *list = words ? json_array() : json_null();

	for (size_t i = 0; words && words[i]; i++)
		json_array_append_new(list, json_string(words[i]));
	text_list_free(words);
	return list;
}

static void common_set(json_t *o, const struct suite *s, const struct bench *b, const struct metric *m)
{
	json_t *planned = json_object_get(b->report, "as_planned"), *kvm = json_object_get(b->report, "kvm");
	bool first = m == b->metric;

	json_object_set_new(o, "question", json_string(b->question));
	json_object_set_new(o, "bench", json_string(b->name));
	json_object_set_new(o, "kvm_pages", kvm ? json_incref(kvm) : json_null());
	json_object_set_new(o, "command", json_pack("{s:o, s:o}", "native", command_json(s, b, SIDE_NATIVE), "virtual",
		command_json(s, b, SIDE_VIRTUAL)));
	json_object_set_new(o, "place", place_json(b));
	json_object_set_new(o, "slice_ms", b->slice_ms ? json_integer(b->slice_ms) : json_null());
	json_object_set_new(o, "as_planned", planned ? json_incref(planned) : json_null());
	json_object_set_new(o, "exits_per_operation", per_operation(b));
	json_object_set_new(o, "exits", json_incref(b->exits));
	json_object_set_new(o, "host_interrupts", json_pack("{s:O, s:O}", "native", b->interrupts[SIDE_NATIVE], "virtual",
		b->interrupts[SIDE_VIRTUAL]));
	json_object_set_new(o, "host_steal_ms", json_pack("{s:O, s:O}", "native", b->steal[SIDE_NATIVE], "virtual",
		b->steal[SIDE_VIRTUAL]));
	json_object_set_new(o, "series", first ? json_pack("{s:O, s:O}", "native", b->series[SIDE_NATIVE], "virtual",
		b->series[SIDE_VIRTUAL]) : json_object());
}

static json_t *result_json(const struct suite *s, const struct bench *b, const struct metric *m)
{
	const char *reason = b->reason ? b->reason : m->reason ? m->reason : b->failure;
	bool measured = !reason;
	struct comparison c = compare(s, m);
	json_t *o, *why;

	if (!measured)
		c = (struct comparison){ NAN, NAN, { NAN, NAN }, VERDICT_NO_TARGET };
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "name", m->name, "group",
		b->group, "unit", m->unit, "better", m->better == BETTER_HIGHER ? "higher" : "lower", "compare",
		m->compare == COMPARE_RATIO ? "ratio" : "difference", "status",
		measured ? "measured" : b->reason || m->reason ? "not available" : "failed", "reason",
		string_or_null(reason), "native", measured ? side_json(m, SIDE_NATIVE) : json_null(), "virtual",
		measured ? side_json(m, SIDE_VIRTUAL) : json_null(), "ratio", real_or_null(c.ratio), "difference",
		real_or_null(c.difference), "ci_low", real_or_null(c.sure.low), "ci_high", real_or_null(c.sure.high),
		"target", real_or_null(measured ? m->target : NAN), "verdict", verdict_name(c.verdict));
	if (!o)
		return NULL;
	common_set(o, s, b, m);
	why = explain_miss(o, s->machine->emulated);
	json_object_set_new(o, "why", why ? why : json_null());
	return o;
}

static char *now_text(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%FT%TZ", &tm);
	return text_format("%s", text);
}

json_t *document_make(const struct suite *s, double seconds)
{
	json_t *results = json_array(), *document;
	const json_t *report = NULL;
	char *date = now_text(), why[200];

	for (size_t i = 0; i < s->nr; i++) {
		report = report ? report : s->bench[i].report;
		for (size_t k = 0; k < s->bench[i].nr_metrics; k++)
			json_array_append_new(results, result_json(s, &s->bench[i], &s->bench[i].metric[k]));
	}
	document = json_pack("{s:s, s:s, s:s, s:f, s:b, s:i, s:f, s:o, s:o}", "schema", DOCUMENT_SCHEMA, "version",
		THOLE_VERSION, "ended", date, "seconds", seconds, "quick", s->quick, "rounds", (int)s->rounds, "level",
		LEVEL, "host", manifest_make(s, report), "results", results);
	free(date);
	if (!document) {
		log_errno(-ENOMEM, "no memory for the results");
	} else if (schema_check(document, why, sizeof(why)) != 0) {
		log_errno(-EINVAL, "the results do not follow their own schema: %s", why);
		json_decref(document);
		document = NULL;
	}
	return document;
}
