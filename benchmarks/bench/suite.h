/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suite.h - what is to be measured, and what was: the values that `thole bench` hands from step to step.
 *
 *   machine_look() -> groups add benches to a suite -> suite_run() -> document_make() -> table, report, baseline
 *
 * A bench is one program with its arguments and its place, run natively, in a guest, or both; a metric is one
 * figure that comes out of it, and one row of the table. A bench that cannot run here is in the suite all the
 * same, with the reason.
 *
 * Threads: one. Ownership: the suite owns everything in it (suite_fini()). Errors: negative errno, reported.
 */
#ifndef BENCHMARKS_BENCH_SUITE_H
#define BENCHMARKS_BENCH_SUITE_H

#include <jansson.h>
#include <math.h>

#include "benchmarks/bench/machine.h"
#include "benchmarks/bench/values.h"
#include "benchmarks/verdict.h"

enum side { SIDE_NATIVE, SIDE_VIRTUAL, SIDES };

#define ON(side) (1u << (side))
#define BOTH	 (ON(SIDE_NATIVE) | ON(SIDE_VIRTUAL))

#define NO_TARGET NAN

enum compare { COMPARE_RATIO, COMPARE_DIFFERENCE };

struct metric {
	char *name;	  /* "stream.triad" */
	char *key;	  /* what the program calls it: "triad"; or one of the runner's own, see METRIC_... */
	const char *unit;
	double scale;	  /* the program's numbers times this are in that unit */
	enum better better;
	enum compare compare;
	double target;	  /* of the ratio or difference; NO_TARGET */
	char *reason;	  /* this one cannot be had here, though the others of its bench can; else NULL */
	size_t nr_runs[SIDES];
	struct values *run[SIDES]; /* [nr_runs] */
};

/* Figures that the runner takes from outside. */
#define METRIC_FIRST    "@first"    /* ms from the start of the process to its first byte of output */
#define METRIC_WALL     "@wall"     /* ms to the process's end */
#define METRIC_RESIDENT "@resident" /* KiB beside guest memory at its first output; the process is then killed */
#define METRIC_FAULTS   "@faults"   /* page faults of the process */
#define METRIC_SWITCHES "@switches" /* its context switches */
#define METRIC_PREFAULT "@prefault" /* ms for a GiB: from thole's report */

struct bench {
	const char *group;
	char *name;
	const char *question;
	unsigned sides;
	char *reason;  /* it cannot be measured here, and why; else NULL */
	char *failure; /* it went wrong */

	/* What runs. */
	char *payload;			/* "kernels/stream"; or NULL: the commands below */
	char *args;			/* its command line */
	char **command[SIDES];		/* NULL-terminated */
	struct cpulist cpus;		/* one for each vCPU */
	uint32_t vcpus;			/* if not 0: so many, wherever they fit */
	struct cpulist nodes;		/* host nodes of the guest's memory, equal parts; none: any */
	uint64_t mib;
	const char *pages;		/* behind the guest and under the native process: "4K", "2M", "1G" */
	const char *guest_page;
	bool fill;			/* guest memory in advance */
	bool bare;			/* thole writes no report and no statistics: start-up is measured */
	int status;			/* exit code of success */
	char **more;			/* further options of thole run, NULL-terminated; or NULL */
	uint32_t operations;		/* "n=N" at the end of args, whose exits are counted; 0: not */
	size_t rounds;
	unsigned slice_ms;		/* both sides are there at once and have the CPUs in turn, for so long; 0: one after
					 * the other */
	double seconds;			/* roughly, of one run */

	size_t nr_metrics;
	struct metric *metric;

	/* What came of it beside the metrics. */
	json_t *exits;		/* of each virtual run: {"kvm": n, "user": n} */
	json_t *idle_exits;	/* of one with n=0 */
	json_t *interrupts[SIDES]; /* of each run, on its CPUs */
	json_t *steal[SIDES];	   /* ms of each run, of those CPUs, that went to a hypervisor below */
	json_t *series[SIDES];	/* {"detours": [[..], ..]}, a list for each run */
	json_t *report;		/* thole's, of the last virtual run */
};

struct suite {
	const struct machine *machine;
	size_t rounds;
	bool quick;
	double budget_s; /* for all of it, roughly: then benches have fewer rounds, but 2 each; 0: no limit */
	bool isolation;	    /* thole's may be used */
	const char *bridge; /* that joins two machines, or NULL */
	bool tiny; /* as little as a self-check needs: in an emulator */
	size_t nr;
	struct bench *bench;
};

/* A new bench with the usual place: the last of the CPUs, 2 MiB pages or what there is, filled memory. What is
 * pointed to is valid until the next one. Never NULL: the process ends without memory. */
struct bench *suite_add(struct suite *s, const char *group, const char *question, const char *name, ...)
	printf_like(4, 5);

/* key: NULL for the name's last word (after the dot). */
struct metric *bench_metric(struct bench *b, const char *key, const char *unit, double scale, enum better better,
	double target, const char *name, ...) printf_like(7, 8);

void bench_args(struct bench *b, const char *format, ...) printf_like(2, 3);
void bench_unavailable(struct bench *b, const char *format, ...) printf_like(2, 3);

/* So much memory, in pages of that size, or the reason why not; NULL: in 2M pages if there are, else 4K. */
void bench_memory(const struct suite *s, struct bench *b, uint64_t mib, const char *pages);

/* On the last so many CPUs of the suite, or the reason why not; 0: on all of them, two at least. */
void bench_cpus(const struct suite *s, struct bench *b, uint32_t nr);

/*
 * Of a bench whose place and arguments are known: both sides are there at once, and have the CPUs in turn, slice by slice, if
 * there is memory for both. Its program is told ("slice=MS"), and leaves out what a stop has cut; so its repetitions must
 * be short against a slice. Nothing of it may be told by its process's time.
 */
void bench_in_turn(const struct suite *s, struct bench *b);

/* Few runs are enough when quick, as nothing is claimed of it. */
void bench_few_rounds(const struct suite *s, struct bench *b);

/* Of three sizes the one for this suite. */
uint64_t suite_pick(const struct suite *s, uint64_t full, uint64_t quick, uint64_t tiny);

/* One more run's values, scaled. */
void metric_append(struct metric *m, enum side side, const double *values, size_t nr);

void suite_fini(struct suite *s);

/* The groups: each adds its benches. */
struct group {
	const char *name;
	const char *help;
	void (*add)(struct suite *s);
};

extern const struct group groups[];
extern const size_t groups_nr;

void memory_add(struct suite *s);
void noise_add(struct suite *s);
void events_add(struct suite *s);
void life_add(struct suite *s);
void counters_add(struct suite *s);
void mpi_add(struct suite *s);
void applications_add(struct suite *s);

#endif
