/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * latency.c - how long does a message take from one rank to another?
 *
 * Rank 0 sends, rank 1 sends it back, as in the OSU benchmark osu_latency: half of the round trip, over the size of the
 * message. Unit: ns. The ideal is a load and a store of one cache line each, when both have memory in common. Further
 * ranks wait. Self-check: before each sample a message whose every byte is known goes there and back.
 *
 *   samples=10 iterations=100 to=1048576 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

static void pass_on(unsigned char *message, size_t bytes, int first)
{
	int other = 1 - mpi_rank, n = (int)bytes;

	if (first)
		MPI_Send(message, n, MPI_BYTE, other, 1, MPI_COMM_WORLD);
	MPI_Recv(message, n, MPI_BYTE, other, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	if (!first)
		MPI_Send(message, n, MPI_BYTE, other, 1, MPI_COMM_WORLD);
}

static void check(unsigned char *message, size_t bytes, long turn)
{
	memset(message, 0, bytes);
	if (mpi_rank == 0)
		mpi_fill(message, bytes, turn);
	pass_on(message, bytes, mpi_rank == 0);
	mpi_check(mpi_is_filled(message, bytes, turn), "a message is not what was sent");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX];
	unsigned char *message;
	size_t to;
	long nr;

	mpi_start(&argc, &argv);
	to = (size_t)mpi_arg("to", 1 << 20);
	nr = mpi_samples_nr();
	message = malloc(to);
	mpi_check(message && mpi_ranks >= 2, "this takes two ranks, and memory");
	for (size_t bytes = 8; bytes <= to && mpi_rank < 2; bytes *= 8) {
		long n = mpi_iterations(bytes);

		for (long s = 0; s < nr; s++) {
			double start;

			check(message, bytes, s);
			start = mpi_ns();
			for (long i = 0; i < n; i++)
				pass_on(message, bytes, mpi_rank == 0);
			value[s] = (mpi_ns() - start) / 2 / (double)n;
		}
		mpi_samples(mpi_size_name(bytes), value, nr);
	}
	free(message);
	return mpi_end();
}
