/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation.h - take other work away from some CPUs of the host, as a transaction that is always undone.
 *
 *   isolation_open -> isolation_recover -> isolation_apply -> [the guest runs] -> isolation_release -> isolation_close
 *
 *   apply:    lock - each knob: { write down what it was - fsync - change it - read it back - write that down } - unlock
 *   release:  lock - each change, the last first: { put it back, if it still is as we left it } - forget - unlock
 *
 * A process that ends in between, however it ends, leaves an owner that is dead and changes that are written down:
 * isolation_recover() of whoever comes next releases it. A change that two machines need goes with the second; masks
 * of CPUs always are as before but for the CPUs of all machines that are there. What somebody else has changed since is
 * left as it is, and reported.
 *
 * What can't be done for want of rights is a result with the command that does it, not an error.
 *
 * Threads: one; isolation_enter() and isolation_leave() move the calling thread. Owns its descriptors; results are
 * valid until isolation_close(). Errors: negative errno, reported.
 */
#ifndef SCHED_ISOLATION_H
#define SCHED_ISOLATION_H

#include <sys/types.h>

#include "sched/knob.h"
#include "sched/state.h"

enum isolation_status {
	ISOLATION_ABSENT,  /* this host has no such thing */
	ISOLATION_ALREADY, /* it was as wanted */
	ISOLATION_SET,
	ISOLATION_WOULD,   /* it would be set, if it were not to be shown only */
	ISOLATION_REFUSED, /* by the kernel, all of it or some; detail says why */
	ISOLATION_RIGHTS,  /* not for this user; command says how */
	ISOLATION_STATES,
};

struct isolation_result {
	const struct knob *knob;
	enum isolation_status status;
	uint32_t files, changed, already, refused, rights;
	char detail[448];
	char command[512];
};

struct isolation_request {
	const char *id;             /* NULL: it ends with this process; else it is kept under that name */
	const struct cpulist *cpus; /* to take work away from; borrowed */
	bool partition;             /* this process's threads will enter them */
	bool fifo;
	bool show;                  /* change nothing */
};

struct isolation {
	struct hostfs tree;
	struct state state;
	char root[256];
	bool has_state;
	bool active;
	char id[JOURNAL_ID];
	struct isolation_request ask;
	struct cpulist online;
	int latency;     /* held open; -1: not */
	bool isolated;   /* nothing else is scheduled on these CPUs */
	char home[256];  /* cgroup of this process, as a directory */
	char group[320]; /* "": none; its threads may use the isolated CPUs, and nobody else */
	char trace[128]; /* the tracer's directory; "": it doesn't run for us */
	bool trace_only; /* active for the tracer's sake alone */
	uint32_t nr;
	struct isolation_result result[KNOBS_MAX];
};

/* root: "/", or a directory with a copy of /proc and /sys. hook: for tests; NULL. */
int isolation_open(struct isolation *iso, const char *root, const struct hostfs_hook *hook) must_check;
void isolation_close(struct isolation *iso);

/* Put back what the dead have left; also what is kept as `id`, if not NULL. *nr (may be NULL): owners found. */
int isolation_recover(struct isolation *iso, const char *id, uint32_t *nr) must_check;

/* Results are in iso->result; 0 also where much was not possible. */
int isolation_apply(struct isolation *iso, const struct isolation_request *ask) must_check;
int isolation_release(struct isolation *iso) must_check;

/* The calling thread to the isolated CPUs and back; threads that it makes there stay. Nothing without a group. */
int isolation_enter(const struct isolation *iso) must_check;
int isolation_leave(const struct isolation *iso) must_check;

/* Another thread of this process, which began there because its maker was there, back. Not reported. */
int isolation_evict(const struct isolation *iso, pid_t tid) must_check;

/*
 * The kernel's osnoise tracer, which tells who takes CPUs away, and how long (isolation_trace.c). It is a change of the
 * host like the others: in the journal, and put back by whoever comes next. Between apply and release, or alone.
 * begin: 0, and iso->trace is a tracefs directory for these CPUs that is ours; 1: not here, and why; negative:
 * reported.
 */
int isolation_trace_begin(struct isolation *iso, const struct cpulist *cpus, char *why, size_t size) must_check;
int isolation_trace_end(struct isolation *iso) must_check;

/* "set", "as it was", …: one of ISOLATION_STATES. */
const char *isolation_status_name(enum isolation_status status);

/* Results of that status. */
uint32_t isolation_count(const struct isolation *iso, enum isolation_status status);

#endif
