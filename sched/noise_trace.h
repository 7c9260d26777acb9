/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_trace.h - who takes CPUs away and how long, by the kernel's osnoise tracer, while somebody measures there.
 *
 *   noise_trace_begin -> noise_trace_wait (for as long as it takes) -> noise_trace_end
 *
 * Threads: one; the victims' names begin with OSNOISE_VICTIM. Owns its descriptor and buffer, and what it has counted
 * until noise_traced_fini(). Errors: negative errno, reported. That it can't be had is none, but told in `why`.
 */
#ifndef SCHED_NOISE_TRACE_H
#define SCHED_NOISE_TRACE_H

#include <signal.h>

#include "sched/culprit.h"
#include "sched/isolation.h"

/* Whose change of the host the tracer is. */
struct noise_tracer {
	struct isolation *iso;
	const sigset_t *stop; /* blocked; one of them ends the trace, and then the process. NULL: none */
};

struct noise_traced {
	bool on;
	struct culprits culprits; /* with times */
	uint64_t lost;            /* events that the kernel had no room for */
	char why[192];            /* not on; "": nobody asked */
};

struct noise_trace {
	const struct noise_tracer *tracer;
	struct noise_traced *into;
	int pipe;
	char *text;
	size_t len;
};

/* tracer: NULL: nobody asked. */
int noise_trace_begin(struct noise_trace *t, const struct noise_tracer *tracer, const struct cpulist *cpus,
	struct noise_traced *into) must_check;

/* Take what comes for so long. */
int noise_trace_wait(struct noise_trace *t, uint64_t ms) must_check;

int noise_trace_end(struct noise_trace *t) must_check;

void noise_traced_fini(struct noise_traced *n);

#endif
