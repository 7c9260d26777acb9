/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_mpi.c - messages between ranks: in one machine, in two on a bridge, and natively by the same way. */
#include <stdlib.h>

#include "benchmarks/bench/mpi_job.h"
#include "benchmarks/bench/text.h"

#define GROUP "mpi"
#define MIB   512

static const uint64_t sizes[] = { 8, 64, 512, 4 << 10, 32 << 10, 256 << 10 };

/* A program over sizes has a figure of each; the others have one. */
static const struct {
	const char *program, *question, *unit;
	double scale;
	enum better better;
	uint64_t to; /* 0: it has no sizes */
} programs[] = {
	{ "latency", "How long does a message take from rank to rank?", "us", 1e-3, BETTER_LOWER, 256 << 10 },
	{ "bandwidth", "How many bytes a second go from rank to rank?", "MB/s", 1, BETTER_HIGHER, 256 << 10 },
	{ "rate", "How many small messages a second go from rank to rank?", "1000/s", 1, BETTER_HIGHER, 0 },
	{ "allreduce", "How long does a sum over all ranks take?", "us", 1e-3, BETTER_LOWER, 32 << 10 },
	{ "barrier", "How long does it take to know that all ranks have come?", "us", 1e-3, BETTER_LOWER, 0 },
};

static void program_add(struct suite *s, size_t which, enum mpi_place place)
{
	const char *program = programs[which].program, *prefix = place == MPI_TWO_MACHINES ? "mpi-2" : "mpi";
	struct bench *b = suite_add(s, GROUP, programs[which].question, "%s-%s", prefix, program);
	char *args = text_format("samples=%llu\titerations=%llu\tto=%llu", (unsigned long long)suite_pick(s, 10, 5, 2),
		(unsigned long long)suite_pick(s, 1000, 200, 8), (unsigned long long)programs[which].to);

	/* All of the suite's CPUs for what all ranks do together, in one machine. */
	mpi_job_set(s, b, program, args, place == MPI_TWO_MACHINES || which < 3 ? 2 : max(min(s->machine->cpus.nr, 16u), 2u),
		place, MIB);
	for (size_t i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= programs[which].to; i++) {
		bool kilo = sizes[i] >= 1024;

		bench_metric(b, NULL, programs[which].unit, programs[which].scale, programs[which].better, NO_TARGET, "%s-%s.%llu%s",
			prefix, program, (unsigned long long)(kilo ? sizes[i] / 1024 : sizes[i]), kilo ? "K" : "");
	}
	if (!programs[which].to)
		bench_metric(b, program, programs[which].unit, programs[which].scale, programs[which].better, NO_TARGET, "%s-%s",
			prefix, program);
	free(args);
}

void mpi_add(struct suite *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		program_add(s, i, MPI_ONE_MACHINE);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		program_add(s, i, MPI_TWO_MACHINES);
}
