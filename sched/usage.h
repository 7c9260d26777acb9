/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage.h - what the kernel has counted of a thread: its CPU, migrations and context switches.
 *
 * Migrations come from a thread's file sched in /proc ("se.nr_migrations"; needs CONFIG_SCHED_DEBUG before
 * Linux 6.15), switches from its status: readable without rights, and exact, where a
 * perf counter needs perf_event_paranoid to allow it. What isn't there is USAGE_UNKNOWN, never 0.
 *
 * Threads: usage_read() on the thread that it is about, usage_of() on any of its process. Pure parsers take text.
 */
#ifndef SCHED_USAGE_H
#define SCHED_USAGE_H

#include <sys/types.h>

#include "vmm/types.h"
#include "vmm/util.h"

#define USAGE_UNKNOWN (-1)

struct usage {
	hcpu_t cpu;          /* that it is on now */
	int64_t migrations;  /* since the thread began, like the rest */
	int64_t voluntary;   /* context switches: it waited */
	int64_t involuntary; /* somebody else was to run */
	int64_t waited_ns;   /* it could have run, and had no CPU */
};

/* Of the calling thread. */
struct usage usage_read(void);

/*
 * Of a thread of this process, while that runs on: switches and waiting. Its CPU and migrations, which take another file
 * to read, are not known (cpu.os is negative); nothing is, once it has ended.
 */
struct usage usage_of(pid_t tid);

/* b - a, unknown if either is. */
int64_t usage_delta(int64_t a, int64_t b);

/* The number of "key  :  123" on a line of its own; USAGE_UNKNOWN without one. */
int64_t usage_find(const char *text, const char *key);

#endif
