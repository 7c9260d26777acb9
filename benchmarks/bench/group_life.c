/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_life.c - how soon a machine is there, and what it takes: over the number of vCPUs. */
#include <stdlib.h>

#include "benchmarks/bench/mpi_job.h"
#include "benchmarks/bench/text.h"

#define GROUP "life"
#define MIB   256

static const uint32_t counts[] = { 1, 2, 4, 8, 16, 32 };

static struct bench *start_add(struct suite *s, const char *question, const char *name, uint32_t vcpus)
{
	struct bench *b = suite_add(s, GROUP, question, "%s-%u", name, vcpus);

	bench_memory(s, b, MIB, "4K");
	b->sides = ON(SIDE_VIRTUAL);
	b->payload = text_format("kernels/start");
	b->vcpus = vcpus;
	b->bare = true;
	b->fill = false;
	b->seconds = 0.05;
	bench_few_rounds(s, b);
	return b;
}

static void starts_add(struct suite *s)
{
	size_t most = suite_pick(s, ARRAY_SIZE(counts), 4, 2);

	for (size_t i = 0; i < most; i++) {
		struct bench *b = start_add(s, "How long is it from thole's start until all vCPUs run?", "start", counts[i]);

		bench_metric(b, METRIC_FIRST, "ms", 1, BETTER_LOWER, NO_TARGET, "start.vcpus-%u", counts[i]);
		if (i == 0)
			bench_metric(b, METRIC_WALL, "ms", 1, BETTER_LOWER, NO_TARGET, "start-to-end.vcpus-1");
	}
	for (size_t i = 0; i < most; i++) {
		struct bench *b = start_add(s, "How much memory does thole take for itself?", "resident", counts[i]);

		bench_args(b, "stay");
		bench_metric(b, METRIC_RESIDENT, "MiB", 1.0 / 1024, BETTER_LOWER, NO_TARGET, "resident.vcpus-%u", counts[i]);
	}
}

static void prefault_add(struct suite *s)
{
	static const char *const sizes[] = { "4K", "2M" };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench *b = suite_add(s, GROUP, "How long does it take to fill a GiB of guest memory?", "prefault-%s",
			sizes[i]);

		bench_memory(s, b, suite_pick(s, 1024, 128, 32), sizes[i]);
		b->sides = ON(SIDE_VIRTUAL);
		b->payload = text_format("guest/exit");
		b->seconds = (double)suite_pick(s, 5, 1, 1) / 10;
		bench_few_rounds(s, b);
		bench_metric(b, METRIC_PREFAULT, "ms/GiB", 1, BETTER_LOWER, NO_TARGET, "prefault.%s", sizes[i]);
	}
}

/* A whole kernel, to the first instruction of its init, which leaves through the debug port at once. */
static void linux_add(struct suite *s)
{
	const struct machine *m = s->machine;
	size_t most = suite_pick(s, 4, 2, 1);

	for (size_t i = 0; i < most; i++) {
		struct bench *b = suite_add(s, GROUP, "How long is it from thole's start to a Linux guest's init?", "linux-%u",
			counts[i]);
		char *initrd = machine_path(m, "initrd", "");

		b->command[SIDE_VIRTUAL] = text_words("%s\trun\t--quiet\t--kernel\t%s\t--initrd\t%s\t--append\t%s\t"
			"--memory\t512M\t--cpus\t%u\t--overcommit\t--prefault\tno\t--debug-exit\t0xf4", m->thole, m->kernel,
			initrd, "console=ttyS0 quiet panic=-1", counts[i]);
		free(initrd);
		b->sides = ON(SIDE_VIRTUAL);
		b->status = 1; /* of the debug port, when 0 is written */
		b->bare = true;
		b->seconds = (double)suite_pick(s, 10, 10, 100) / 10;
		b->rounds = s->tiny ? 2 : s->rounds;
		if (!m->nested_paging)
			bench_unavailable(b, "this host's KVM has no nested paging: Linux guests do not run here");
		else if (!*m->kernel)
			bench_unavailable(b, "the kernel that runs here is not in /boot; --kernel names one");
		bench_metric(b, METRIC_WALL, "ms", 1, BETTER_LOWER, NO_TARGET, "linux-to-init.vcpus-%u", counts[i]);
	}
}

/* From mpiexec's start to the first output of a rank: in a machine, that has its boot in it. */
static void rank_add(struct suite *s)
{
	struct bench *b = suite_add(s, GROUP, "How long is it from mpiexec's start to the first rank?", "first-rank");

	mpi_job_set(s, b, "rank", "", max(min(s->machine->cpus.nr, 16u), 1u), MPI_ONE_MACHINE, 512);
	bench_metric(b, METRIC_FIRST, "ms", 1, BETTER_LOWER, NO_TARGET, "first-rank");
}

void life_add(struct suite *s)
{
	starts_add(s);
	prefault_add(s);
	linux_add(s);
	rank_add(s);
}
