/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - what keeps this host from running guests at the speed of the metal, as values.
 *
 *   host_facts_read() -> doctor_check() -> findings, worst first
 *
 * A check is a pure function from facts and a need to a finding, and one row of the table in doctor.c.
 * What could not be read is DOCTOR_UNKNOWN: nothing is guessed, and nothing is changed.
 *
 * Threads: any. Ownership: a finding is a value; a need borrows all that it points to. Errors: none;
 * doubts are findings.
 */
#ifndef SCHED_DOCTOR_H
#define SCHED_DOCTOR_H

#include "sched/host_facts.h"

enum doctor_severity {
	DOCTOR_GOOD,
	DOCTOR_UNKNOWN, /* no verdict */
	DOCTOR_ADVICE,  /* costs little, or only in some uses */
	DOCTOR_WARNING, /* costs speed or repeatability */
	DOCTOR_ERROR,   /* a guest, or the one that was asked about, will not run */
};
#define DOCTOR_SEVERITIES (DOCTOR_ERROR + 1)

/* What it takes to change something. */
enum doctor_change {
	CHANGE_NOTHING,
	CHANGE_NOW,      /* root, while the host runs; until the next reboot */
	CHANGE_LOGIN,    /* a configuration file, and a new session */
	CHANGE_REBOOT,   /* the kernel's command line, or another kernel */
	CHANGE_FIRMWARE, /* the set-up menus of the machine, or of the cloud's provider */
	CHANGE_RUN,      /* how thole is started */
	CHANGES,
};

struct finding {
	const char *check; /* the name of the row */
	enum doctor_severity severity;
	char found[640];
	char wanted[128];  /* "" unless there is something to want */
	char effect[320];  /* likewise */
	enum doctor_change change;
	char remedy[384];  /* a command or a setting; "" with CHANGE_NOTHING */
};

/* What a given run asks of the host. All zeroes: no run in particular. */
enum need_kind { NEED_ANY, NEED_LINUX, NEED_PAYLOAD };

struct need_memory {
	hnode_t node;
	uint64_t bytes;
	uint64_t page_size; /* of the host's backing: 1 GiB, 2 MiB, else 4 KiB */
};

struct doctor_need {
	bool given; /* false: the rest says nothing */
	enum need_kind kind;
	const char *refusal; /* why no plan can be made; NULL: it can, and what follows is its content */
	uint32_t nr_vcpus;
	struct cpulist cpus;         /* the vCPUs' */
	struct cpulist housekeeping; /* thole's own threads' */
	bool smt;           /* some core has two vCPUs */
	uint32_t fifo;      /* SCHED_FIFO priority; 0: SCHED_OTHER */
	bool isolation;     /* thole is to change the host's settings while it runs */
	bool isolation_required; /* and not to run if it can't */
	bool force;         /* what is refused for good reasons is to be done all the same */
	uint64_t memory;    /* bytes */
	uint32_t nr_memory;
	const struct need_memory *at; /* [nr_memory] */
	bool thp;           /* transparent huge pages are planned */
	uint32_t devices;   /* of the host that are handed over */
	bool shared;        /* other processes map guest memory too */
};

#define DOCTOR_CHECKS_MAX 48

/* Every check; returns their number, at most DOCTOR_CHECKS_MAX. Worst first, then in the table's order. */
uint32_t doctor_check(const struct host_facts *f, const struct doctor_need *need,
	struct finding finding[static DOCTOR_CHECKS_MAX]);

/* "error", "warning", "advice", "not known", "good". */
const char *doctor_severity_name(enum doctor_severity severity);

/* "needs a reboot", …: for people. */
const char *doctor_change_text(enum doctor_change change);

/* One word for programs: "now", "login", "reboot", "firmware", "run", "nothing". */
const char *doctor_change_name(enum doctor_change change);

#endif
