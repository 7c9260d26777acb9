/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - what was changed on this host for the sake of whom, and what it was before: a value, and its text.
 *
 * Owners are machines that run, or names that somebody gave (kept until they are told to go). A change has all the
 * owners that need it, and goes when the last of them does. A change without `set` may or may not have been made:
 * it was written down before it was tried.
 *
 * The text is JSON: {"schema": "thole-isolation/1", "boot": ID, "owners": [...], "changes": [...]}. It is of no use
 * after a reboot, which undoes all of it, so one of another boot is not read.
 *
 * Threads: one. A journal owns all it points to; journal_fini() frees it. Errors: negative errno, not reported.
 */
#ifndef SCHED_JOURNAL_H
#define SCHED_JOURNAL_H

#include "vmm/cpulist.h"
#include "vmm/util.h"

#define JOURNAL_OWNERS 64
#define JOURNAL_ID     48 /* bytes, with the final zero */

enum change_kind {
	CHANGE_VALUE,      /* a text; of "always [madvise] never" what is in brackets */
	CHANGE_MASK,       /* a mask, of which the owners' CPUs are taken away */
	CHANGE_LIST,       /* the same as a list */
	CHANGE_ADD,        /* a list, to which they are added */
	CHANGE_CONTROLLER, /* cgroup.subtree_control, which gets cpuset */
	CHANGE_WORKLOAD,   /* osnoise/options, of which OSNOISE_WORKLOAD is taken away */
	CHANGE_GROUP,      /* a cgroup, or an instance of tracing, that was made */
	CHANGE_KINDS,
};

struct change {
	char *knob; /* the name of its row, see knob.h */
	char *path;
	enum change_kind kind;
	char *former; /* the file's text */
	char *value;  /* VALUE: what is wanted, for all owners */
	char *set;    /* as it read after the change; NULL: perhaps not made */
	uint64_t owners; /* a bit for each */
};

struct journal_owner {
	char id[JOURNAL_ID]; /* "": nobody */
	struct cpulist cpus;
	bool kept;
};

struct journal {
	struct journal_owner owner[JOURNAL_OWNERS];
	uint32_t nr;
	struct change *change; /* [nr], in the order in which they were made */
};

/* -EINVAL: it doesn't hold together; -ESTALE: of another boot; -ENOMEM. On failure the journal is empty. */
int journal_parse(struct journal *j, const char *text, const char *boot) must_check;

/* NULL: out of memory. */
char *journal_text(const struct journal *j, const char *boot);

void journal_fini(struct journal *j);

/* Letters, digits, and "._-" but not at the start. */
bool journal_id_ok(const char *id);

/* Slot of an owner; -ENOENT. */
int journal_owner_find(const struct journal *j, const char *id);

/* A free slot for a new one: -EBUSY (none), -ENOMEM. */
int journal_owner_add(struct journal *j, const char *id, const struct cpulist *cpus, bool kept) must_check;
void journal_owner_remove(struct journal *j, unsigned slot);

/* NULL: there is none for that file. */
struct change *journal_find(struct journal *j, const char *path);

/* A new one; strings are copied. NULL: out of memory. */
struct change *journal_add(struct journal *j, const char *knob, const char *path, enum change_kind kind,
	const char *former, const char *value);
void journal_remove(struct journal *j, struct change *c);

/* CPUs of all these owners. */
int journal_cpus(const struct journal *j, uint64_t owners, struct cpulist *cpus) must_check;

#endif
