/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_job.c - changes: noted, made, read back, put back. See isolation.h.
 *
 * In the journal a change without `set` is one whose file may or may not have been written to; whatever it
 * reads, it is put back. With it, the file is put back only if it still says that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/cpus.h"
#include "sched/isolation_parts.h"
#include "vmm/log.h"

static bool is_set_of_cpus(enum change_kind kind)
{
	return kind == CHANGE_MASK || kind == CHANGE_LIST || kind == CHANGE_ADD;
}

static char *value_read(const struct hostfs *t, const char *path, int *err)
{
	return hostfs_read(t, knob_read_path(t, path), err);
}

/* What a change's file is to say for all its owners. */
static char *change_wanted(const struct isolation *iso, const struct journal *j, const struct change *c, int *err)
{
	struct cpulist cpus;
	char *text;

	if ((*err = journal_cpus(j, c->owners, &cpus)) != 0)
		return NULL;
	text = knob_wanted(c->kind, NULL, c->value, c->former, &cpus, &iso->online, err);
	cpulist_fini(&cpus);
	/* Good as it was before all: then that. */
	return text || *err ? text : knob_undo(c->kind, c->former);
}

static void command_note(struct job *job, const char *path, const char *wanted)
{
	struct isolation_result *r = job->result;

	if (!*r->command)
		knob_command(job->knob, path, wanted + strspn(wanted, "\n"), job->iso->ask.cpus, r->command, sizeof(r->command));
}

/* A file that nobody of us has changed yet. */
static int file_new(struct job *job, const char *path, enum change_kind kind, const char *value, const char *former)
{
	struct isolation *iso = job->iso;
	struct change *c;
	int err;
	char *wanted = knob_wanted(kind, job->knob, value, former, iso->ask.cpus, &iso->online, &err);

	if (!wanted) {
		job->result->already += !err;
		job->result->refused += err == -EINVAL;
		return err == -ENOMEM ? err : 0;
	}
	command_note(job, path, wanted);
	free(wanted);
	if (iso->ask.show || !hostfs_writable(&iso->tree, path)) {
		job->result->rights += !iso->ask.show;
		return 0;
	}
	c = journal_add(job->journal, job->knob->name, path, kind, former, value);
	if (!c)
		return -ENOMEM;
	c->owners = job_bit(job);
	return 0;
}

int job_file(struct job *job, const char *path, enum change_kind kind, const char *value)
{
	struct change *c = job->iso->ask.show ? NULL : journal_find(job->journal, path);
	char *former;
	int err;

	job->result->files++;
	if (c) {
		c->owners |= job_bit(job);
		if (is_set_of_cpus(c->kind)) {
			free(c->set);
			c->set = NULL; /* to be written anew */
		} else {
			job->result->changed++;
		}
		return 0;
	}
	former = value_read(&job->iso->tree, path, &err);
	if (!former) {
		job->result->rights += err == -EACCES || err == -EPERM;
		job->result->refused += err != -EACCES && err != -EPERM && err != -ENOENT;
		return err == -ENOMEM ? err : 0;
	}
	err = file_new(job, path, kind, value, former);
	free(former);
	return err;
}

/* Write one, and see what has become of it. Not 0: it could not be written. */
static int change_make(struct job *job, struct change *c)
{
	int err;
	char *wanted = change_wanted(job->iso, job->journal, c, &err), *now;

	if (!wanted)
		return err;
	if ((err = hostfs_write(&job->iso->tree, c->path, wanted)) == 0) {
		now = value_read(&job->iso->tree, c->path, &err);
		c->set = now ? now : strdup(wanted);
		err = c->set ? 0 : -ENOMEM;
	}
	free(wanted);
	return err;
}

static void refusal_note(struct job *job, const struct change *c, int err)
{
	struct isolation_result *r = job->result;

	/* EPERM for root: an interrupt that the kernel manages, and that nobody moves. */
	if (err == -EACCES || err == -EROFS || (err == -EPERM && geteuid() != 0))
		r->rights++;
	else
		r->refused++;
	if (!*r->detail)
		snprintf(r->detail, sizeof(r->detail), "%s: %s", c->path, strerror(-err));
}

/* For a change that could not be made: others may need it as it is; else it is none. */
static void change_refused(struct job *job, struct change *c)
{
	int err;

	if (c->owners == job_bit(job)) {
		journal_remove(job->journal, c);
		return;
	}
	c->owners &= ~job_bit(job);
	c->set = value_read(&job->iso->tree, c->path, &err);
	if (!c->set)
		c->set = strdup(c->former);
}

int job_make(struct job *job)
{
	struct journal *j = job->journal;
	bool any = false;
	int err;

	for (uint32_t i = 0; i < j->nr; i++)
		any |= !j->change[i].set && (j->change[i].owners & job_bit(job));
	if (!any)
		return 0;
	if ((err = state_save(&job->iso->state, j)) != 0)
		return err;
	for (uint32_t i = 0; i < j->nr;) {
		struct change *c = &j->change[i];

		if (c->set || !(c->owners & job_bit(job))) {
			i++;
			continue;
		}
		if ((err = change_make(job, c)) == -ENOMEM)
			return err;
		if (!err) {
			job->result->changed++;
			i++;
			continue;
		}
		refusal_note(job, c, err);
		change_refused(job, c);
		i = 0; /* it may be gone, and others moved up */
	}
	return state_save(&job->iso->state, j);
}

/* Changes of one knob by somebody else are told in one line. */
struct others {
	const char *knob;
	uint32_t nr;
	char text[384];
};

static void others_tell(struct others *o)
{
	if (o->nr > 1)
		log_warn("isolation: %s: %s; and %u more like it", o->knob, o->text, o->nr - 1);
	else if (o->nr)
		log_warn("isolation: %s: %s", o->knob, o->text);
	o->nr = 0;
}

static void others_note(struct others *o, const struct change *c, const char *now)
{
	if (!o->nr++)
		snprintf(o->text, sizeof(o->text), "%s was %.*s, thole made it %.*s, somebody else %.*s: left so", c->path,
			(int)strcspn(c->former, "\n"), c->former, (int)strcspn(c->set, "\n"), c->set, (int)strcspn(now, "\n"),
			now);
}

/* 0: it is as it was, or as somebody else wants it, or gone. */
static int change_undo(const struct isolation *iso, const struct change *c, struct others *o)
{
	char *now, *text;
	int err;

	if (c->kind == CHANGE_GROUP)
		return partition_group_remove(&iso->tree, c->path);
	now = value_read(&iso->tree, c->path, &err);
	if (!now)
		return err == -ENOENT || err == -ENODEV ? 0 : err;
	if (knob_same(c->kind, now, c->former)) {
		free(now);
		return 0;
	}
	if (c->set && !knob_same(c->kind, now, c->set)) {
		others_note(o, c, now);
		free(now);
		return 0;
	}
	free(now);
	text = knob_undo(c->kind, c->former);
	err = text ? hostfs_write(&iso->tree, c->path, text) : -ENOMEM;
	free(text);
	return err;
}

/* Undo what nobody needs any more, and mark what others need in another way. */
static bool changes_drop(struct job *job, const char *knob)
{
	struct journal *j = job->journal;
	struct others o = { 0 };
	bool adapt = false;

	for (uint32_t i = j->nr; i--;) {
		struct change *c = &j->change[i];
		int err;

		if (knob && strcmp(c->knob, knob) != 0)
			continue;
		/* One without owners is what an earlier attempt could not put back. Of others, it may be that somebody
		 * died while it was adapted. */
		if (c->owners && !(c->owners & job_bit(job))) {
			adapt |= !c->set;
			continue;
		}
		c->owners &= ~job_bit(job);
		if (c->owners) {
			if (is_set_of_cpus(c->kind)) {
				free(c->set);
				c->set = NULL;
				adapt = true;
			}
			continue;
		}
		if (o.nr && strcmp(o.knob, c->knob) != 0)
			others_tell(&o);
		o.knob = c->knob;
		err = change_undo(job->iso, c, &o);
		if (err)
			log_errno(err, "isolation: %s: cannot put back %.*s: %m; `thole restore` tries again", c->path,
				(int)strcspn(c->former, "\n"), c->former);
		if (o.nr)
			others_tell(&o);
		if (!err)
			journal_remove(j, c);
	}
	return adapt;
}

/* Sets of CPUs that others still need: all but theirs. */
static int changes_adapt(struct job *job)
{
	struct journal *j = job->journal;
	int err = state_save(&job->iso->state, j);

	for (uint32_t i = 0; i < j->nr && !err; i++) {
		struct change *c = &j->change[i];

		if (c->set || !c->owners)
			continue;
		/* It stays one that may have been made or not, and is put back with its last owner. */
		if ((err = change_make(job, c)) != 0 && err != -ENOMEM)
			err = log_errno(0, "isolation: %s: cannot be given back in part: %s", c->path, strerror(-err));
	}
	return err;
}

int job_release(struct job *job, const char *knob)
{
	int err = 0;

	if (changes_drop(job, knob))
		err = changes_adapt(job);
	return err ? err : state_save(&job->iso->state, job->journal);
}
