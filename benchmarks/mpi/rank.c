/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rank.c - how long does it take from mpiexec's start until the first rank runs?
 *
 * Prints as soon as MPI_Init() is done; whoever started it has the time. The ideal is a native start. Self-check: the ranks
 * count themselves.
 */
#include "benchmarks/mpi/kit.h"

int main(int argc, char **argv)
{
	int one = 1, all = 0;

	mpi_start(&argc, &argv);
	mpi_sample("ranks", mpi_ranks);
	if (mpi_rank == 0)
		fflush(stdout);
	MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	mpi_check(all == mpi_ranks, "the ranks are not as many as they say");
	return mpi_end();
}
