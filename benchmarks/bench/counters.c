/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.c - see counters.h.
 *
 * An event set for each run, with PAPI_INHERIT, which must be set before the first event is added; what a child has
 * counted is added when it has ended. PAPI reads /proc and /sys, and starts only when somebody asks for a counter.
 */
#include "benchmarks/bench/counters.h"

#include <papi.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/text.h"

static const char *library_start(void)
{
	static bool tried;
	static const char *why;
	int version;

	if (tried)
		return why;
	tried = true;
	version = PAPI_library_init(PAPI_VER_CURRENT);
	if (version != PAPI_VER_CURRENT)
		why = version > 0 ? "PAPI is of another version than thole was built with" : PAPI_strerror(version);
	return why;
}

/* An empty event set whose counters children inherit; negative: PAPI's error. */
static int set_make(int *set)
{
	PAPI_option_t option = { 0 };
	int err;

	*set = PAPI_NULL;
	err = PAPI_create_eventset(set);
	if (err == PAPI_OK)
		err = PAPI_assign_eventset_component(*set, 0);
	if (err == PAPI_OK) {
		option.inherit.eventset = *set;
		option.inherit.inherit = PAPI_INHERIT_ALL;
		err = PAPI_set_opt(PAPI_INHERIT, &option);
	}
	return err;
}

static void set_end(int *set)
{
	if (*set == PAPI_NULL)
		return;
	PAPI_cleanup_eventset(*set);
	PAPI_destroy_eventset(set);
	*set = PAPI_NULL;
}

const char *counters_missing(const char *event)
{
	const char *why = library_start();
	int set, err;

	if (why)
		return why;
	err = set_make(&set);
	if (err == PAPI_OK)
		err = PAPI_add_named_event(set, event);
	if (err == PAPI_OK)
		err = PAPI_start(set);
	if (err == PAPI_OK)
		PAPI_stop(set, NULL);
	set_end(&set);
	return err == PAPI_OK ? NULL : PAPI_strerror(err);
}

void counters_start(struct counters *c, struct bench *b)
{
	*c = (struct counters){ .set = PAPI_NULL };
	for (size_t i = 0; i < b->nr_metrics && c->nr < COUNTERS_MAX; i++)
		if (!b->metric[i].reason && strncmp(b->metric[i].key, COUNTERS_PREFIX, strlen(COUNTERS_PREFIX)) == 0)
			c->metric[c->nr++] = &b->metric[i];
	if (!c->nr || library_start() || set_make(&c->set) != PAPI_OK)
		return;
	for (size_t i = 0; i < c->nr; i++)
		if (PAPI_add_named_event(c->set, c->metric[i]->key + strlen(COUNTERS_PREFIX)) != PAPI_OK) {
			set_end(&c->set);
			return;
		}
	if (PAPI_start(c->set) != PAPI_OK)
		set_end(&c->set);
}

void counters_take(struct counters *c, enum side side)
{
	long long value[COUNTERS_MAX] = { 0 };
	bool good = c->set != PAPI_NULL && PAPI_stop(c->set, value) == PAPI_OK;

	for (size_t i = 0; good && i < c->nr; i++) {
		double number = (double)value[i];

		metric_append(c->metric[i], side, &number, 1);
	}
	set_end(&c->set);
}
