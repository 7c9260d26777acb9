/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kit.h - what the MPI benchmarks share: arguments, a place, a clock, and the way to say what was measured.
 *
 *   mpi_start(&argc, &argv)      pins this rank to its CPU of "cpus=LIST", then MPI_Init()
 *   mpi_arg("iterations", 100)   of "iterations=20" among the arguments
 *   mpi_sample("8", 1234.5)      rank 0 prints "8: 1234.5"; mpi_samples() prints more of them
 *   mpi_check(good, "...")       a rank whose answer is wrong prints "wrong: ..." and ends the job with exit code 1
 *   mpi_end()                    MPI_Finalize()
 *
 * The format is that of the payloads (kernels/kit.h). A rank has the same place natively and in a machine: natively the
 * n-th CPU of the list, in the guest the vCPU that is pinned to that one.
 *
 * For one file: each program is one. Threads: one a rank.
 */
#ifndef BENCHMARKS_MPI_KIT_H
#define BENCHMARKS_MPI_KIT_H

#include <mpi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MPI_SAMPLES_MAX 64

static int mpi_rank, mpi_ranks;
static int mpi_argc;
static char **mpi_argv;

/* What follows "name=" among the arguments; NULL: it is not there. */
static inline const char *mpi_word(const char *name)
{
	size_t n = strlen(name);

	for (int i = 1; i < mpi_argc; i++)
		if (strncmp(mpi_argv[i], name, n) == 0 && mpi_argv[i][n] == '=')
			return mpi_argv[i] + n + 1;
	return NULL;
}

static inline long mpi_arg(const char *name, long otherwise)
{
	const char *text = mpi_word(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

/* Before MPI_Init(), which looks at what CPUs there are, so the rank is the process manager's. */
static inline void mpi_pin(void)
{
	const char *list = mpi_word("cpus"), *rank = getenv("PMI_RANK");
	cpu_set_t set;

	for (long skip = rank ? strtol(rank, NULL, 10) : 0; list && skip > 0; skip--)
		list = (list = strchr(list, ',')) ? list + 1 : NULL;
	if (!list)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)strtol(list, NULL, 10), &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		printf("wrong: rank %s cannot run on CPU %ld\n", rank ? rank : "0", strtol(list, NULL, 10));
		exit(1);
	}
}

/* MPI_Abort() has the process manager end at once, with what it has not read yet: wait until it has. */
static inline void mpi_said(void)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int left;

	fflush(stdout);
	for (int i = 0; i < 1000 && ioctl(STDOUT_FILENO, FIONREAD, &left) == 0 && left > 0; i++)
		nanosleep(&moment, NULL);
}

static inline void mpi_check(int good, const char *why)
{
	if (good)
		return;
	printf("wrong: %s (rank %d)\n", why, mpi_rank);
	mpi_said();
	MPI_Abort(MPI_COMM_WORLD, 1);
	exit(1);
}

static inline void mpi_start(int *argc, char ***argv)
{
	mpi_argc = *argc;
	mpi_argv = *argv;
	mpi_pin();
	MPI_Init(argc, argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &mpi_rank);
	MPI_Comm_size(MPI_COMM_WORLD, &mpi_ranks);
	mpi_check(mpi_ranks >= mpi_arg("ranks", 1), "there are fewer ranks than were asked for");
}

/*
 * MPICH 4.0 over UCX without shared memory: a rank that has left its peers in MPI_Finalize() stands in the process
 * manager's barrier, and answers no peer that still takes leave of it. Then neither ends, natively too. All ranks
 * are together here before, which makes it rare, and cannot rule it out.
 */
static inline int mpi_end(void)
{
	fflush(stdout);
	for (int i = 0; i < 3; i++)
		MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	return 0;
}

static inline double mpi_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline void mpi_samples(const char *name, const double *value, long nr)
{
	if (mpi_rank != 0)
		return;
	printf("%s:", name);
	for (long i = 0; i < nr; i++)
		printf(" %.3f", value[i]);
	putchar('\n');
}

static inline void mpi_sample(const char *name, double value)
{
	mpi_samples(name, &value, 1);
}

/* "64K"; the text is valid until the next call. */
static inline const char *mpi_size_name(size_t bytes)
{
	static char name[32];

	if (bytes >= 1u << 20)
		snprintf(name, sizeof(name), "%zuM", bytes >> 20);
	else if (bytes >= 1u << 10)
		snprintf(name, sizeof(name), "%zuK", bytes >> 10);
	else
		snprintf(name, sizeof(name), "%zu", bytes);
	return name;
}

/* So many samples are taken of a size: arguments "samples" and "iterations" (of each). */
static inline long mpi_samples_nr(void)
{
	long nr = mpi_arg("samples", 10);

	return nr < 1 ? 1 : nr > MPI_SAMPLES_MAX ? MPI_SAMPLES_MAX : nr;
}

/* Fewer iterations of what is large: no less than 2. */
static inline long mpi_iterations(size_t bytes)
{
	long n = mpi_arg("iterations", 100) / (long)(1 + bytes / 16384);

	return n < 2 ? 2 : n;
}

/* Bytes that tell which message they are of, and one place in it: every byte is looked at. */
static inline void mpi_fill(unsigned char *at, size_t bytes, long turn)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(i * 7 + (size_t)turn * 13 + 1);
}

static inline int mpi_is_filled(const unsigned char *at, size_t bytes, long turn)
{
	for (size_t i = 0; i < bytes; i++)
		if (at[i] != (unsigned char)(i * 7 + (size_t)turn * 13 + 1))
			return 0;
	return 1;
}

#endif
