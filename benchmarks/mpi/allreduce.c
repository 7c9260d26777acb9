/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allreduce.c - how long does it take until all ranks have the sum of what all of them have?
 *
 * MPI_Allreduce of doubles over the size, as in the OSU benchmark osu_allreduce: of each sample the mean over ranks.
 * Unit: ns. The ideal is the latency of one message times the logarithm of the number of ranks. Self-check: every sum of
 * the last turn of each sample, which are whole numbers and so exact.
 *
 *   samples=10 iterations=100 to=65536 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

static void values_set(double *mine, size_t nr, long turn)
{
	for (size_t i = 0; i < nr; i++)
		mine[i] = (double)((long)(i % 1000) + turn + mpi_rank);
}

static void values_check(const double *sum, size_t nr, long turn)
{
	double ranks = mpi_ranks, of_ranks = ranks * (ranks - 1) / 2;

	for (size_t i = 0; i < nr; i++)
		mpi_check(sum[i] == ranks * (double)((long)(i % 1000) + turn) + of_ranks, "a sum is wrong");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX], *mine, *sum;
	size_t to;
	long nr;

	mpi_start(&argc, &argv);
	to = (size_t)mpi_arg("to", 65536);
	nr = mpi_samples_nr();
	mine = malloc(to);
	sum = malloc(to);
	mpi_check(mine && sum, "no memory");
	for (size_t bytes = 8; bytes <= to; bytes *= 8) {
		long n = mpi_iterations(bytes);
		size_t doubles = bytes / sizeof(*mine);

		for (long s = 0; s < nr; s++) {
			double start, own;

			values_set(mine, doubles, s);
			MPI_Barrier(MPI_COMM_WORLD);
			start = mpi_ns();
			for (long i = 0; i < n; i++)
				MPI_Allreduce(mine, sum, (int)doubles, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
			own = (mpi_ns() - start) / (double)n / mpi_ranks;
			values_check(sum, doubles, s);
			MPI_Reduce(&own, &value[s], 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
		}
		mpi_samples(mpi_size_name(bytes), value, nr);
	}
	free(mine);
	free(sum);
	return mpi_end();
}
