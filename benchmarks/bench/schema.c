/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.c - what a document of thole-bench/1 holds, as tables, and the check of one.
 *
 * A later version may add members; a reader ignores what it does not know. What is renamed or changes its meaning
 * makes it thole-bench/2.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "launcher/file_replace.h"
#include "vmm/log.h"

enum kind {
	NULL_OR = 1,
	STRING = 2,
	NUMBER = 4,
	BOOL = 8,
	OBJECT = 16,
	ARRAY = 32,
	OPTIONAL = 64, /* it may be missing: earlier versions did not write it */
};

struct member {
	const char *name; /* NULL ends a table */
	unsigned kind;
	const char *const *words;     /* a string must be one of them; NULL: any */
	const struct member *members; /* of the object, or of each object in the array; NULL: any */
	const struct member *each;    /* what every element of the array, or every value of the object is; NULL: anything */
};

static const char *const better_words[] = { "higher", "lower", NULL };
static const char *const compare_words[] = { "ratio", "difference", NULL };
static const char *const status_words[] = { "measured", "not available", "failed", NULL };
static const char *const verdict_words[] = { "met", "not shown", "-", NULL };

static const struct member a_number = { .kind = NUMBER };
static const struct member numbers = { .kind = ARRAY, .each = &a_number };
static const struct member lists_of_numbers = { .kind = ARRAY, .each = &numbers };
static const struct member named_lists = { .kind = OBJECT, .each = &lists_of_numbers };
static const struct member a_text = { .kind = STRING };
static const struct member a_text_or_null = { .kind = STRING | NULL_OR };

static const struct member page_members[] = {
	{ "node", .kind = NUMBER },
	{ "total_2m", .kind = STRING | NULL_OR }, /* as the kernel prints it */
	{ "free_2m", .kind = STRING | NULL_OR },
	{ "total_1g", .kind = STRING | NULL_OR },
	{ "free_1g", .kind = STRING | NULL_OR },
	{ .name = NULL },
};

static const struct member isolation_members[] = {
	{ "isolated", .kind = STRING | NULL_OR }, /* CPUs, by the kernel's command line or partitions */
	{ "nohz_full", .kind = STRING | NULL_OR },
	{ "partitions", .kind = STRING | NULL_OR },
	{ .name = NULL },
};

static const struct member kvm_members[] = {
	{ "backend", .kind = STRING },
	{ "nested_paging", .kind = BOOL },
	{ .name = NULL },
};

static const struct member report_members[] = {
	{ "schema", .kind = STRING }, /* which says what else is in it */
	{ .name = NULL },
};

static const struct member host_members[] = {
	{ "cpu", .kind = STRING | NULL_OR },
	{ "microcode", .kind = STRING | NULL_OR },
	{ "online", .kind = STRING | NULL_OR },
	{ "smt", .kind = STRING | NULL_OR },
	{ "cpus_used", .kind = STRING },
	{ "kernel", .kind = STRING | NULL_OR },
	{ "cmdline", .kind = STRING | NULL_OR },
	{ "mitigations", .kind = OBJECT, .each = &a_text_or_null }, /* by the names of vulnerabilities */
	{ "governors", .kind = OBJECT, .each = &a_text },		  /* CPUs of each */
	{ "huge_pages", .kind = ARRAY, .members = page_members },
	{ "isolation", .kind = OBJECT, .members = isolation_members },
	{ "kvm", .kind = OBJECT, .members = kvm_members },
	{ "emulated", .kind = BOOL }, /* times mean nothing */
	{ "tsc_hz", .kind = NUMBER }, /* of "cycles" */
	{ "load", .kind = STRING | NULL_OR },
	{ "report", .kind = OBJECT | NULL_OR, .members = report_members }, /* thole's, with plan and proof */
	{ .name = NULL },
};

static const struct member side_members[] = {
	{ "median", .kind = NUMBER },
	{ "min", .kind = NUMBER },
	{ "p99", .kind = NUMBER },
	{ "max", .kind = NUMBER },
	{ "ci_low", .kind = NUMBER | NULL_OR }, /* of the median */
	{ "ci_high", .kind = NUMBER | NULL_OR },
	{ "samples", .kind = ARRAY, .each = &numbers }, /* a list for each run */
	{ .name = NULL },
};

static const struct member place_members[] = {
	{ "cpus", .kind = STRING | NULL_OR }, /* null: thole chose them */
	{ "vcpus", .kind = NUMBER },
	{ "nodes", .kind = STRING | NULL_OR },
	{ "memory_mib", .kind = NUMBER },
	{ "pages", .kind = STRING },
	{ "guest_page", .kind = STRING },
	{ "arguments", .kind = STRING },
	{ .name = NULL },
};

static const struct member exits_members[] = {
	{ "kvm", .kind = NUMBER | NULL_OR }, /* null: this kernel does not count them */
	{ "user", .kind = NUMBER | NULL_OR },
	{ .name = NULL },
};

static const struct member kvm_pages_members[] = {
	{ "pages_4k", .kind = NUMBER | NULL_OR },
	{ "pages_2m", .kind = NUMBER | NULL_OR },
	{ "pages_1g", .kind = NUMBER | NULL_OR },
	{ .name = NULL },
};

static const struct member command_members[] = {
	{ "native", .kind = ARRAY | NULL_OR, .each = &a_text },
	{ "virtual", .kind = ARRAY | NULL_OR, .each = &a_text },
	{ .name = NULL },
};

/* A number for each run. */
static const struct member sides_members[] = {
	{ "native", .kind = ARRAY, .each = &a_number },
	{ "virtual", .kind = ARRAY, .each = &a_number },
	{ .name = NULL },
};

static const struct member result_members[] = {
	{ "name", .kind = STRING },
	{ "group", .kind = STRING },
	{ "bench", .kind = STRING }, /* results of one bench come from the same runs */
	{ "question", .kind = STRING },
	{ "unit", .kind = STRING },
	{ "better", .kind = STRING, .words = better_words },
	{ "compare", .kind = STRING, .words = compare_words }, /* which of them ci_low, ci_high and target are of */
	{ "status", .kind = STRING, .words = status_words },
	{ "reason", .kind = STRING | NULL_OR }, /* why it is not measured */
	{ "native", .kind = OBJECT | NULL_OR, .members = side_members },
	{ "virtual", .kind = OBJECT | NULL_OR, .members = side_members },
	{ "ratio", .kind = NUMBER | NULL_OR },	    /* virtual over native */
	{ "difference", .kind = NUMBER | NULL_OR }, /* virtual less native */
	{ "ci_low", .kind = NUMBER | NULL_OR },
	{ "ci_high", .kind = NUMBER | NULL_OR },
	{ "target", .kind = NUMBER | NULL_OR },
	{ "verdict", .kind = STRING, .words = verdict_words },
	{ "why", .kind = STRING | NULL_OR }, /* it is not shown */
	{ "command", .kind = OBJECT, .members = command_members }, /* its words; null: this side did not run */
	{ "place", .kind = OBJECT | NULL_OR, .members = place_members },
	{ "slice_ms", .kind = NUMBER | NULL_OR | OPTIONAL }, /* the sides had the CPUs in turn for so long; null: run by run */
	{ "as_planned", .kind = BOOL | NULL_OR },
	{ "exits_per_operation", .kind = OBJECT | NULL_OR, .members = exits_members },
	{ "exits", .kind = ARRAY, .members = exits_members },			      /* of each virtual run */
	{ "kvm_pages", .kind = OBJECT | NULL_OR, .members = kvm_pages_members }, /* that map the guest, in the last */
	{ "host_interrupts", .kind = OBJECT, .members = sides_members },
	{ "host_steal_ms", .kind = OBJECT, .members = sides_members }, /* that a hypervisor below took */
	{ "series", .kind = OBJECT, .each = &named_lists },	       /* by side, with the bench's first result */
	{ .name = NULL },
};

static const struct member document_members[] = {
	{ "schema", .kind = STRING },
	{ "version", .kind = STRING }, /* of thole */
	{ "ended", .kind = STRING },   /* ISO 8601, UTC */
	{ "seconds", .kind = NUMBER }, /* that it took */
	{ "quick", .kind = BOOL },
	{ "rounds", .kind = NUMBER },
	{ "level", .kind = NUMBER }, /* of confidence */
	{ "host", .kind = OBJECT, .members = host_members },
	{ "results", .kind = ARRAY }, /* of result_members: see result_check() */
	{ .name = NULL },
};

/* Where a check has gone wrong, and room for what it says of that. */
struct complaint {
	char *why;
	size_t size;
};

static int complain(const struct complaint *c, const char *format, ...) printf_like(2, 3);

static int complain(const struct complaint *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, c->size, format, args);
	va_end(args);
	return -EINVAL;
}

static unsigned kind_of(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL: return NULL_OR;
	case JSON_STRING: return STRING;
	case JSON_INTEGER:
	case JSON_REAL: return NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return BOOL;
	case JSON_OBJECT: return OBJECT;
	default: return ARRAY;
	}
}

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static int members_check(const json_t *o, const char *what, const struct member *m, const struct complaint *c);
static int value_check(const json_t *v, const char *what, const char *name, const struct member *m,
	const struct complaint *c);

/* What is in a container, each by itself. */
static int children_check(const json_t *v, const char *what, const struct member *m, const struct complaint *c)
{
	json_t *child, *container = (json_t *)(uintptr_t)v;
	char name[24];
	const char *key;
	size_t i;
	int err;

	json_array_foreach(v, i, child) {
		snprintf(name, sizeof(name), "%zu", i);
		err = m->each ? value_check(child, what, name, m->each, c) : 0;
		if (!err && m->members)
			err = members_check(child, what, m->members, c);
		if (err)
			return err;
	}
	json_object_foreach(container, key, child)
		if (m->each && (err = value_check(child, what, key, m->each, c)) != 0)
			return err;
	return json_is_object(v) && m->members ? members_check(v, what, m->members, c) : 0;
}

static int value_check(const json_t *v, const char *what, const char *name, const struct member *m,
	const struct complaint *c)
{
	char within[160];

	if (!(kind_of(v) & m->kind))
		return complain(c, "%s: \"%s\" is of the wrong type", what, name);
	if (m->words && !one_of(json_string_value(v), m->words))
		return complain(c, "%s: \"%s\" is \"%.40s\", which is none of its words", what, name, json_string_value(v));
	snprintf(within, sizeof(within), "%s: %s", what, name);
	return children_check(v, within, m, c);
}

static int members_check(const json_t *o, const char *what, const struct member *m, const struct complaint *c)
{
	const json_t *v;
	int err = 0;

	if (!json_is_object(o))
		return complain(c, "%s is no object", what);
	for (; m->name && !err; m++) {
		v = json_object_get(o, m->name);
		if (v)
			err = value_check(v, what, m->name, m, c);
		else if (!(m->kind & OPTIONAL))
			err = complain(c, "%s has no \"%s\"", what, m->name);
	}
	return err;
}

static int result_check(const json_t *r, size_t index, const struct complaint *c)
{
	const char *name = json_string_value(json_object_get(r, "name"));
	bool measured;
	char what[80];
	int err;

	snprintf(what, sizeof(what), "results[%zu] (%.40s)", index, name ? name : "without a name");
	err = members_check(r, what, result_members, c);
	if (err)
		return err;
	measured = strcmp(string_of(r, "status"), "measured") == 0;
	if (measured && json_is_null(json_object_get(r, "native")) && json_is_null(json_object_get(r, "virtual")))
		return complain(c, "%s is measured, but has no side", what);
	if (!measured && json_is_null(json_object_get(r, "reason")))
		return complain(c, "%s is not measured, and has no reason", what);
	return 0;
}

int schema_check(const json_t *document, char *why, size_t size)
{
	const struct complaint c = { why, size };
	const char *schema = string_of(document, "schema");
	json_t *result;
	size_t i;
	int err;

	why[0] = '\0';
	if (*schema && strcmp(schema, DOCUMENT_SCHEMA) != 0)
		return complain(&c, "its schema is \"%.40s\", not " DOCUMENT_SCHEMA, schema);
	err = members_check(document, "the document", document_members, &c);
	json_array_foreach(json_object_get(document, "results"), i, result)
		if (!err)
			err = result_check(result, i, &c);
	return err;
}

json_t *document_load(const char *path)
{
	json_error_t error;
	json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	char why[200];

	if (!document) {
		log_errno(-EINVAL, "%s: %s; it must be a file that `thole bench --json` wrote", path, error.text);
		return NULL;
	}
	if (schema_check(document, why, sizeof(why)) == 0)
		return document;
	log_errno(-EINVAL, "%s: %s; it must be a file that `thole bench --json` wrote", path, why);
	json_decref(document);
	return NULL;
}

int document_save(const json_t *document, const char *path)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(9));
	int err;

	if (!text)
		return log_errno(-ENOMEM, "%s: no memory to write it", path);
	err = file_replace(path, text);
	free(text);
	return err;
}
