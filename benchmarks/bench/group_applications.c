/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_applications.c - whole programs: conjugate gradients and a stencil by MPI, and the HPC Challenge. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchmarks/bench/mpi_job.h"
#include "benchmarks/bench/text.h"

#define GROUP "applications"
#define GOOD  0.98 /* of native */

static uint32_t ranks_of(const struct suite *s)
{
	return max(min(s->machine->cpus.nr, 16u), 1u);
}

static void cg_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How fast are conjugate gradients on a sparse matrix?", "cg");
	char *args = text_format("n=%llu\titerations=%llu\tsamples=%llu", (unsigned long long)suite_pick(s, 48, 32, 6),
		(unsigned long long)suite_pick(s, 100, 60, 24), (unsigned long long)suite_pick(s, 5, 3, 1));

	mpi_job_set(s, b, "cg", args, ranks_of(s), MPI_ONE_MACHINE, suite_pick(s, 1024, 768, 512));
	bench_metric(b, "mflops", "GFLOP/s", 1e-3, BETTER_HIGHER, GOOD, "cg");
	free(args);
}

static void stencil_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How fast is a relaxation over a grid?", "stencil");
	char *args = text_format("n=%llu\tsteps=%llu\tsamples=%llu", (unsigned long long)suite_pick(s, 160, 96, 16),
		(unsigned long long)suite_pick(s, 20, 20, 4), (unsigned long long)suite_pick(s, 5, 3, 2));

	mpi_job_set(s, b, "stencil", args, ranks_of(s), MPI_ONE_MACHINE, suite_pick(s, 1024, 768, 512));
	bench_metric(b, "points", "M points/s", 1, BETTER_HIGHER, GOOD, "stencil");
	free(args);
}

static const struct {
	const char *key, *name, *unit;
	enum better better;
} hpcc[] = {
	{ "hpl", "hpcc.hpl", "GFLOP/s", BETTER_HIGHER },
	{ "ptrans", "hpcc.ptrans", "GB/s", BETTER_HIGHER },
	{ "fft", "hpcc.fft", "GFLOP/s", BETTER_HIGHER },
	{ "gups", "hpcc.gups", "G updates/s", BETTER_HIGHER },
	{ "latency", "hpcc.latency", "us", BETTER_LOWER },
};

static void hpcc_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How fast is the HPC Challenge?", "hpcc");
	char *args = text_format("%llu\t%u", (unsigned long long)suite_pick(s, 2000, 1000, 64), ranks_of(s));

	if (access("/usr/bin/hpcc", X_OK) < 0)
		bench_unavailable(b, "the HPC Challenge is not installed; it is in Debian's package hpcc");
	if (s->tiny)
		bench_unavailable(b, "the HPC Challenge has parts of a fixed size, which take too long in an emulator");
	mpi_job_inside(s, b, "hpcc-run", args, ranks_of(s), suite_pick(s, 1024, 768, 512));
	b->seconds = s->tiny ? 60 : b->seconds;
	for (size_t i = 0; i < ARRAY_SIZE(hpcc); i++) {
		struct metric *m = bench_metric(b, hpcc[i].key, hpcc[i].unit, 1, hpcc[i].better,
			hpcc[i].better == BETTER_HIGHER ? GOOD : 1 / GOOD, "%s", hpcc[i].name);

		if (strcmp(hpcc[i].key, "latency") == 0 && ranks_of(s) < 2)
			m->reason = text_format("one rank has no messages");
	}
	free(args);
}

void applications_add(struct suite *s)
{
	cg_add(s);
	stencil_add(s);
	hpcc_add(s);
}
