/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_parts.h - what the files of isolation share: changes that are written down before they are made.
 *
 * A job is one owner's work on the journal, under the lock.
 */
#ifndef SCHED_ISOLATION_PARTS_H
#define SCHED_ISOLATION_PARTS_H

#include "sched/isolation.h"

struct job {
	struct isolation *iso;
	struct journal *journal;
	unsigned slot; /* the owner's */
	const struct knob *knob;
	struct isolation_result *result;
};

static inline uint64_t job_bit(const struct job *job)
{
	return UINT64_C(1) << job->slot;
}

/* This file is to be changed: note it in the journal (not yet on disk), or count why not. */
int job_file(struct job *job, const char *path, enum change_kind kind, const char *value) must_check;

/* Write down and make all changes of the job's knob that are noted. */
int job_make(struct job *job) must_check;

/* The owner doesn't need its changes any more: all, or those of one knob. Put back, or adapted to who is left. */
int job_release(struct job *job, const char *knob) must_check;

/* isolation.c: the journal, with the lock taken (make: its directory, too); an owner for iso->ask; and its end. */
int isolation_begin(struct isolation *iso, struct journal *j, bool make) must_check;
int isolation_owner_begin(struct isolation *iso, struct journal *j, int *slot) must_check;
int isolation_owner_release(struct isolation *iso, struct journal *j, unsigned slot) must_check;

/* isolation_cgroup.c: make the partition; and its change's undoing. */
int partition_make(struct job *job) must_check;
int partition_group_remove(const struct hostfs *t, const char *path) must_check;

/* The status that follows from the counts. */
void result_conclude(struct isolation_result *r, bool show);

#endif
