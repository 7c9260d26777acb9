/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob.h - the host's settings that make noise on CPUs, one row each: what it does, what it is worth, which files
 * it has, and what is wanted there.
 *
 * To add one: a row in knob.c. Reading, setting, putting back, rights, counting of machines and journal follow from
 * its kind (journal.h).
 *
 * Threads: any; the table is const. Owns nothing. Errors: negative errno, not reported.
 */
#ifndef SCHED_KNOB_H
#define SCHED_KNOB_H

#include "sched/journal.h"
#include "sched/hostfs.h"

/* When a value is left as it is. */
enum knob_rule {
	RULE_EQUAL,    /* it is what is wanted */
	RULE_AT_LEAST, /* a number that is as large, or larger */
	RULE_UNLESS,   /* it is not the one that makes noise */
};

struct knob {
	const char *name;
	const char *what;  /* it does, in a line */
	const char *worth; /* what is gained */
	enum change_kind kind;
	const char *path;    /* of the one file; or a directory, of which each entry that begins so has one: */
	const char *entry;   /* "" for digits; NULL: there is one file */
	const char *file;    /* in the entry */
	const char *of_cpus; /* in the entry: only if one of ours is in this list; "": if its number is; NULL: always */
	const char *value;
	enum knob_rule rule;
	const char *noisy;   /* RULE_UNLESS */
	bool fifo_only;      /* asked for with sched=fifo only */
	bool first;          /* before the partition, with which the kernel loses count of it, and then says EBUSY */
	bool extra;          /* isolation=require goes without: a kernel that is locked down keeps it even from root */
	/* A command for all files of a directory; %s: what is to be written; CPUS: "2-3"; EACH: "2 3" */
	const char *by_hand;
};

extern const struct knob knobs[];
extern const size_t knobs_nr;

/* These two are in isolation_cgroup.c and isolation.c, and come before and after those of the table that aren't first. */
extern const struct knob knob_partition, knob_latency;

#define KNOBS_MAX 24

typedef int knob_file_fn(void *ctx, const char *path);

/* Each file of a knob that is there, for these CPUs. */
int knob_files(const struct knob *k, const struct hostfs *t, const struct cpulist *cpus, knob_file_fn *fn, void *ctx)
	must_check;

/*
 * Where to read what was asked for, which isn't what is in force: a partition takes its CPUs from the workqueues by
 * itself, and gives them back. Mostly the same file.
 */
const char *knob_read_path(const struct hostfs *t, const char *path);

/*
 * What is to be written where `former` was read, for owners with these CPUs, or NULL with *err 0: it is good as it is.
 * online: all CPUs. -ENOMEM; -EINVAL: the former text makes no sense.
 */
char *knob_wanted(enum change_kind kind, const struct knob *k, const char *value, const char *former,
	const struct cpulist *cpus, const struct cpulist *online, int *err) must_check;

/* The command for all its files, or for this one, which is to say `text`. */
void knob_command(const struct knob *k, const char *path, const char *text, const struct cpulist *cpus, char *command,
	size_t size);

/* Do two texts of a file of that kind say the same? */
bool knob_same(enum change_kind kind, const char *a, const char *b);

/* What to write so that the file reads as before; to be freed, NULL: out of memory. */
char *knob_undo(enum change_kind kind, const char *former);

#endif
