/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mpi_job.h - an MPI program's command lines: by mpiexec here, and by mpiexec and `thole exec` in a machine, or in one
 * machine for each rank.
 *
 *   native   mpiexec -n 2 PROGRAM cpus=4,5 ...
 *   virtual  mpiexec -n 2 thole exec --cpus 2 --pin 0=4,1=5 ... PROGRAM cpus=0,1 ...
 *            mpiexec -n 1 thole exec --pin 0=4 ... PROGRAM cpus=0,0 ... : -n 1 thole exec --pin 0=5 ...
 *
 * Threads: one. Ownership: the bench owns its commands. Errors: none returned; a bench that cannot run has its reason.
 */
#ifndef BENCHMARKS_BENCH_MPI_JOB_H
#define BENCHMARKS_BENCH_MPI_JOB_H

#include "benchmarks/bench/suite.h"

enum mpi_place { MPI_ONE_MACHINE, MPI_TWO_MACHINES };

/* Commands of both sides, for so many ranks on the last CPUs of the suite, with that memory for each machine. */
void mpi_job_set(struct suite *s, struct bench *b, const char *program, const char *args, uint32_t ranks,
	enum mpi_place place, uint64_t mib);

/* The same of a program that starts its ranks itself, all of them in one system. */
void mpi_job_inside(struct suite *s, struct bench *b, const char *program, const char *args, uint32_t ranks, uint64_t mib);

/* Of each run there may be few: a machine boots for it. */
void mpi_job_rounds(const struct suite *s, struct bench *b);

#endif
