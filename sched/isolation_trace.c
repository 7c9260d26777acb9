/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_trace.c - the kernel's osnoise tracer, turned on and off as a change of isolation.
 *
 *   osnoise/options    OSNOISE_WORKLOAD off: we have a detector of our own, from which the kernel's would take the CPUs
 *   instances/thole-ID a buffer and a tracer that nobody else uses:
 *      tracing_on              0; whoever measures turns it on
 *      tracing_cpumask         our CPUs
 *      events/osnoise/enable   1: a line for each interrupt, softirq and thread
 *      current_tracer          osnoise
 *
 * Put back in reverse: the instance goes with all that is in it, and then the workload's option, which so begins
 * nothing. That option is one for all instances; where somebody else has the tracer (or timerlat, its sister), it is
 * left alone. See Documentation/trace/osnoise-tracer.rst; the option is there since Linux 6.2.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/cpus.h"
#include "sched/isolation_parts.h"
#include "sched/ktext.h"
#include "vmm/log.h"

#define TRACING	  "/sys/kernel/tracing"
#define INSTANCES TRACING "/instances"
#define OURS	  "thole-" /* how our instances' names begin */

static const struct knob knob_tracer = { .name = "tracer",
	.what = "who takes each CPU away, and how long (the kernel's osnoise tracer)",
	.worth = "noise gets names",
	.path = TRACING };

struct search {
	const struct hostfs *tree;
	char user[128]; /* the directory of somebody else's that has the tracer; "": nobody */
};

static void tracer_look(struct search *s, const char *dir)
{
	char path[512], *text;
	int err;

	snprintf(path, sizeof(path), "%s/current_tracer", dir);
	text = hostfs_read(s->tree, path, &err);
	if (text && (ktext_word(text, "osnoise") || ktext_word(text, "timerlat")))
		snprintf(s->user, sizeof(s->user), "%.*s", (int)sizeof(s->user) - 1, dir);
	free(text);
}

static int instance_look(void *ctx, const char *name)
{
	char dir[400];

	snprintf(dir, sizeof(dir), INSTANCES "/%.255s", name);
	if (strncmp(name, OURS, strlen(OURS)) != 0)
		tracer_look(ctx, dir);
	return 0;
}

/* 0: nobody else has it; 1, and why. */
static int others_check(const struct hostfs *t, char *why, size_t size)
{
	struct search s = { .tree = t };
	int err;

	tracer_look(&s, TRACING);
	err = hostfs_each(t, INSTANCES, instance_look, &s);
	if (err == -ENOMEM)
		return err;
	if (!*s.user)
		return 0;
	snprintf(why, size, "somebody else uses the kernel's osnoise tracer, in %s", s.user);
	return 1;
}

/* The tracer's own list of CPUs is left as it is. */
static int cpus_check(const struct hostfs *t, const struct cpulist *cpus, char *why, size_t size)
{
	struct cpulist all = { 0 };
	int err, r = 1;
	char *text = hostfs_read(t, TRACING "/osnoise/cpus", &err);

	if (text && cpulist_parse(&all, text, NULL, NULL) == 0 && cpus_within(cpus, &all))
		r = 0;
	cpulist_fini(&all);
	free(text);
	if (r)
		snprintf(why, size, TRACING "/osnoise/cpus has not all of these CPUs");
	return r;
}

/* 0: this host has it, for us. */
static int host_check(const struct hostfs *t, const struct cpulist *cpus, char *why, size_t size)
{
	int err;
	char *text = hostfs_read(t, TRACING "/available_tracers", &err);

	if (!text) {
		if (err == -EACCES || err == -EPERM)
			snprintf(why, size, "the kernel's tracers take root");
		else if (err == -ENOENT && !hostfs_exists(t, TRACING))
			snprintf(why, size, "this kernel has no tracers");
		else if (err == -ENOENT)
			snprintf(why, size, "tracefs is not there: mount -t tracefs none " TRACING);
		else
			snprintf(why, size, TRACING "/available_tracers: %s", strerror(-err));
		return err == -ENOMEM ? err : 1;
	}
	err = !ktext_word(text, "osnoise");
	free(text);
	if (err)
		snprintf(why, size, "this kernel has no osnoise tracer (CONFIG_OSNOISE_TRACER)");
	else if ((err = !hostfs_exists(t, TRACING "/osnoise/options")) != 0)
		snprintf(why, size, "this kernel's osnoise tracer is only for its own workload (until Linux 6.2)");
	else if ((err = cpus_check(t, cpus, why, size)) == 0)
		err = others_check(t, why, size);
	return err;
}

static int instance_write(const struct isolation *iso, const char *file, const char *text, char *why, size_t size)
{
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/%s", iso->trace, file);
	err = hostfs_write(&iso->tree, path, text);
	if (err)
		snprintf(why, size, "%s: %s", path, strerror(-err));
	return err;
}

static int instance_fill(const struct isolation *iso, const struct cpulist *cpus, char *why, size_t size)
{
	char *mask = cpus_to_mask(cpus);
	int err = mask ? hostfs_mkdir(&iso->tree, iso->trace) : -ENOMEM;

	if (err)
		snprintf(why, size, "%s: %s", iso->trace, strerror(-err));
	if (!err)
		err = instance_write(iso, "tracing_on", "0", why, size); /* until somebody measures */
	if (!err)
		err = instance_write(iso, "tracing_cpumask", mask, why, size);
	if (!err)
		err = instance_write(iso, "events/osnoise/enable", "1", why, size);
	if (!err)
		err = instance_write(iso, "current_tracer", "osnoise", why, size);
	free(mask);
	return err;
}

/* Written down, made, and known to be made. */
static int instance_make(struct job *job, const struct cpulist *cpus, char *why, size_t size)
{
	struct isolation *iso = job->iso;
	struct change *c;
	int err;

	snprintf(iso->trace, sizeof(iso->trace), INSTANCES "/" OURS "%s", iso->id);
	c = journal_add(job->journal, knob_tracer.name, iso->trace, CHANGE_GROUP, "", "");
	if (!c)
		return -ENOMEM;
	c->owners = job_bit(job);
	if ((err = state_save(&iso->state, job->journal)) != 0)
		return err;
	if ((err = instance_fill(iso, cpus, why, size)) != 0)
		return err == -ENOMEM ? err : 1;
	c->set = strdup("osnoise");
	return c->set ? state_save(&iso->state, job->journal) : -ENOMEM;
}

/* 0; 1, and why; or an errno. */
static int changes_make(struct job *job, const struct cpulist *cpus, char *why, size_t size)
{
	const struct isolation_result *r = job->result;
	int err = job_file(job, TRACING "/osnoise/options", CHANGE_WORKLOAD, "");

	if (!err)
		err = job_make(job);
	if (err)
		return err;
	if (r->rights || r->refused) {
		snprintf(why, size, TRACING "/osnoise/options cannot be set%s%s", *r->detail ? ": " : "", r->detail);
		return 1;
	}
	return instance_make(job, cpus, why, size);
}

/* For a machine that has isolation, it is one change more; else there is an owner of no CPU for a while. */
static int owner_get(struct isolation *iso, struct journal *j, int *slot)
{
	static const struct cpulist none;
	int err = 0;

	if (iso->active) {
		*slot = journal_owner_find(j, iso->id);
		return *slot < 0 ? log_errno(*slot, "isolation: the journal doesn't know this machine any more") : 0;
	}
	iso->ask = (struct isolation_request){ .cpus = &none };
	if ((err = isolation_owner_begin(iso, j, slot)) == 0)
		iso->active = iso->trace_only = true;
	return err;
}

static int owner_end(struct isolation *iso, struct journal *j, unsigned slot)
{
	struct job job = { .iso = iso, .journal = j, .slot = slot };
	int err;

	*iso->trace = 0;
	if (!iso->trace_only)
		return job_release(&job, knob_tracer.name);
	err = isolation_owner_release(iso, j, slot);
	state_owner_end(&iso->state, iso->id);
	iso->active = iso->trace_only = false;
	return err;
}

int isolation_trace_begin(struct isolation *iso, const struct cpulist *cpus, char *why, size_t size)
{
	struct isolation_result result = { .knob = &knob_tracer };
	struct journal j;
	struct job job = { .iso = iso, .journal = &j, .knob = &knob_tracer, .result = &result };
	int slot = -1, err = host_check(&iso->tree, cpus, why, size), undone;

	if (err)
		return err < 0 ? log_errno(err, "noise: %m") : err;
	if ((err = isolation_begin(iso, &j, true)) != 0)
		return err;
	if ((err = owner_get(iso, &j, &slot)) == 0) {
		job.slot = (unsigned)slot;
		err = changes_make(&job, cpus, why, size);
		if (err && (undone = owner_end(iso, &j, job.slot)) != 0)
			err = undone;
	}
	state_unlock(&iso->state, &j);
	return err;
}

int isolation_trace_end(struct isolation *iso)
{
	struct journal j;
	int err, slot;

	if (!*iso->trace)
		return 0;
	if ((err = isolation_begin(iso, &j, false)) != 0)
		return err;
	slot = journal_owner_find(&j, iso->id);
	if (slot >= 0)
		err = owner_end(iso, &j, (unsigned)slot);
	state_unlock(&iso->state, &j);
	return err;
}
