/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * culprit.h - who took CPUs away: interrupts and softirqs by name, threads by name, counted for each CPU.
 *
 *   culprits_read -> [time goes by] -> culprits_read -> culprits_between -> culprits_fini of all three
 *
 * From /proc/interrupts, /proc/softirqs, and of each thread /proc/PID/task/TID/stat and schedstat: how often it has
 * begun to run. A thread counts for the CPU that it ran on last, so one that moves about is some other CPU's in part.
 * Threads of other users' may be hidden.
 *
 * Threads: any, one for each set. A set owns its rows. Errors: -ENOMEM, not reported; what can't be read is missing.
 */
#ifndef SCHED_CULPRIT_H
#define SCHED_CULPRIT_H

#include "sched/hostfs.h"
#include "vmm/cpulist.h"

enum culprit_kind { CULPRIT_INTERRUPT, CULPRIT_SOFTIRQ, CULPRIT_THREAD };

#define CULPRIT_NAME 48

struct culprit {
	enum culprit_kind kind;
	uint32_t id; /* threads: the kernel's number */
	char name[CULPRIT_NAME];
	uint64_t *count; /* [cpus->nr], and then threads on other CPUs */
	uint64_t *ns;    /* the same: how long it had the CPU, where that was traced; else 0 */
};

struct culprits {
	struct cpulist cpus;
	uint32_t nr, room;
	struct culprit *at;
};

/* but: threads of this process are left out; 0: none. */
int culprits_read(struct culprits *c, const struct hostfs *fs, const struct cpulist *cpus, int but) must_check;

/* What happened in between, without what didn't. */
int culprits_between(struct culprits *d, const struct culprits *before, const struct culprits *after) must_check;

void culprits_fini(struct culprits *c);

/* It had that CPU (its index in cpus) once more, for so long. */
int culprits_tally(struct culprits *c, enum culprit_kind kind, uint32_t id, const char *name, uint32_t cpu, uint64_t ns)
	must_check;

/* Index of a CPU in cpus, or -1. */
int culprits_cpu(const struct culprits *c, int cpu);

/*
 * Rows of one CPU (its index in cpus): those that had it longest first, and where that isn't known the most frequent;
 * returns their number, at most max.
 */
uint32_t culprits_top(const struct culprits *c, uint32_t cpu, uint32_t *row, uint32_t max);

/* "interrupt", "softirq", "thread". */
const char *culprit_kind_name(enum culprit_kind kind);

/* Parts of culprits_read(), for texts that anything may be in. A table has CPUs in its first line. */
int culprits_table(struct culprits *c, enum culprit_kind kind, const char *text) must_check;

/* The name and the last CPU of /proc/PID/stat; false: it doesn't say. */
bool culprit_stat(const char *text, char name[static CULPRIT_NAME], int *cpu);

#endif
