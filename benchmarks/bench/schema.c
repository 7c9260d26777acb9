/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.c - what a document of thole-bench/1 holds, as tables, and the check of one.
 *
 * A later version may add members; a reader ignores what it does not know. What is renamed or changes its meaning
 * makes it thole-bench/2.
 */
#include <errno.h>
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
};

struct member {
	const char *name;
	unsigned kind;
	const char *const *words; /* a string must be one of them; NULL: any */
};

static const char *const better_words[] = { "higher", "lower", NULL };
static const char *const compare_words[] = { "ratio", "difference", NULL };
static const char *const status_words[] = { "measured", "not available", "failed", NULL };
static const char *const verdict_words[] = { "met", "not shown", "-", NULL };

static const struct member document_members[] = {
	{ "schema", STRING, NULL },
	{ "version", STRING, NULL },    /* of thole */
	{ "ended", STRING, NULL },      /* ISO 8601, UTC */
	{ "seconds", NUMBER, NULL },    /* that it took */
	{ "quick", BOOL, NULL },
	{ "rounds", NUMBER, NULL },
	{ "level", NUMBER, NULL },      /* of confidence */
	{ "host", OBJECT, NULL },
	{ "results", ARRAY, NULL },
};

static const struct member host_members[] = {
	{ "cpu", STRING | NULL_OR, NULL },
	{ "microcode", STRING | NULL_OR, NULL },
	{ "online", STRING | NULL_OR, NULL },
	{ "smt", STRING | NULL_OR, NULL },
	{ "cpus_used", STRING, NULL },
	{ "kernel", STRING | NULL_OR, NULL },
	{ "cmdline", STRING | NULL_OR, NULL },
	{ "mitigations", OBJECT, NULL },
	{ "governors", OBJECT, NULL },
	{ "huge_pages", ARRAY, NULL },
	{ "isolation", OBJECT, NULL },
	{ "kvm", OBJECT, NULL },
	{ "emulated", BOOL, NULL },         /* times mean nothing */
	{ "tsc_hz", NUMBER, NULL },         /* of "cycles" */
	{ "load", STRING | NULL_OR, NULL },
	{ "report", OBJECT | NULL_OR, NULL }, /* thole's, with plan and proof */
};

static const struct member result_members[] = {
	{ "name", STRING, NULL },
	{ "group", STRING, NULL },
	{ "bench", STRING, NULL },  /* results of one bench come from the same runs */
	{ "question", STRING, NULL },
	{ "unit", STRING, NULL },
	{ "better", STRING, better_words },
	{ "compare", STRING, compare_words },  /* which of them ci_low, ci_high and target are of */
	{ "status", STRING, status_words },
	{ "reason", STRING | NULL_OR, NULL },  /* why it is not measured */
	{ "native", OBJECT | NULL_OR, NULL },
	{ "virtual", OBJECT | NULL_OR, NULL },
	{ "ratio", NUMBER | NULL_OR, NULL },      /* virtual over native */
	{ "difference", NUMBER | NULL_OR, NULL }, /* virtual less native */
	{ "ci_low", NUMBER | NULL_OR, NULL },
	{ "ci_high", NUMBER | NULL_OR, NULL },
	{ "target", NUMBER | NULL_OR, NULL },
	{ "verdict", STRING, verdict_words },
	{ "why", STRING | NULL_OR, NULL },        /* it is not shown */
	{ "place", OBJECT | NULL_OR, NULL },
	{ "as_planned", BOOL | NULL_OR, NULL },
	{ "exits_per_operation", OBJECT | NULL_OR, NULL },
	{ "exits", ARRAY, NULL },  /* of each virtual run */
	{ "kvm_pages", OBJECT | NULL_OR, NULL }, /* by which KVM maps the guest's memory, in the last one */
	{ "host_interrupts", OBJECT, NULL },
	{ "series", OBJECT, NULL },
};

static const struct member side_members[] = {
	{ "median", NUMBER, NULL },
	{ "min", NUMBER, NULL },
	{ "p99", NUMBER, NULL },
	{ "max", NUMBER, NULL },
	{ "ci_low", NUMBER | NULL_OR, NULL }, /* of the median */
	{ "ci_high", NUMBER | NULL_OR, NULL },
	{ "samples", ARRAY, NULL }, /* a list for each run */
};

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

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static int members_check(const json_t *o, const char *what, const struct member *m, size_t nr, char *why, size_t size)
{
	if (!json_is_object(o)) {
		snprintf(why, size, "%s is no object", what);
		return -EINVAL;
	}
	for (size_t i = 0; i < nr; i++) {
		const json_t *v = json_object_get(o, m[i].name);

		if (!v)
			snprintf(why, size, "%s has no \"%s\"", what, m[i].name);
		else if (!(kind_of(v) & m[i].kind))
			snprintf(why, size, "%s: \"%s\" is of the wrong type", what, m[i].name);
		else if (m[i].words && !one_of(json_string_value(v), m[i].words))
			snprintf(why, size, "%s: \"%s\" is \"%.40s\", which is none of its words", what, m[i].name,
				json_string_value(v));
		else
			continue;
		return -EINVAL;
	}
	return 0;
}

static int side_check(const json_t *side, const char *what, char *why, size_t size)
{
	size_t i, k;
	json_t *run, *value;
	int err;

	if (json_is_null(side))
		return 0;
	err = members_check(side, what, side_members, ARRAY_SIZE(side_members), why, size);
	json_array_foreach(json_object_get(side, "samples"), i, run) {
		if (!json_is_array(run))
			err = -EINVAL;
		json_array_foreach(run, k, value)
			if (!json_is_number(value))
				err = -EINVAL;
		if (err && !*why)
			snprintf(why, size, "%s: run %zu is no list of numbers", what, i);
	}
	return err;
}

static int result_check(const json_t *r, size_t index, char *why, size_t size)
{
	const char *name = json_string_value(json_object_get(r, "name"));
	bool measured;
	char what[80];
	int err;

	snprintf(what, sizeof(what), "results[%zu] (%.40s)", index, name ? name : "without a name");
	err = members_check(r, what, result_members, ARRAY_SIZE(result_members), why, size);
	if (!err)
		err = side_check(json_object_get(r, "native"), what, why, size);
	if (!err)
		err = side_check(json_object_get(r, "virtual"), what, why, size);
	if (err)
		return err;
	measured = strcmp(string_of(r, "status"), "measured") == 0;
	if (measured && json_is_null(json_object_get(r, "native")) && json_is_null(json_object_get(r, "virtual"))) {
		snprintf(why, size, "%s is measured, but has no side", what);
		return -EINVAL;
	}
	if (!measured && json_is_null(json_object_get(r, "reason"))) {
		snprintf(why, size, "%s is not measured, and has no reason", what);
		return -EINVAL;
	}
	return 0;
}

int schema_check(const json_t *document, char *why, size_t size)
{
	size_t i;
	json_t *result;
	int err;

	why[0] = '\0';
	err = members_check(document, "the document", document_members, ARRAY_SIZE(document_members), why, size);
	if (!err && strcmp(string_of(document, "schema"), DOCUMENT_SCHEMA) != 0) {
		snprintf(why, size, "its schema is \"%.40s\", not " DOCUMENT_SCHEMA, string_of(document, "schema"));
		err = -EINVAL;
	}
	if (!err)
		err = members_check(json_object_get(document, "host"), "host", host_members, ARRAY_SIZE(host_members), why, size);
	if (err)
		return err;
	json_array_foreach(json_object_get(document, "results"), i, result)
		if ((err = result_check(result, i, why, size)) != 0)
			return err;
	return 0;
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
