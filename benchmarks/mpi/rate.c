/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rate.c - how many small messages a second go from one rank to another?
 *
 * Windows of 64 messages of 8 bytes, each window answered once, by all pairs of ranks at the same time (the lower half of
 * the ranks sends to the upper one), as in the OSU benchmark osu_mbw_mr. Unit: thousands of messages a second, of all
 * pairs. The ideal grows with the pairs. Self-check: each message is its number, and they come in order.
 *
 *   samples=10 iterations=100 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

#define WINDOW 64

static void window_pass(int64_t first, int peer, int sends)
{
	MPI_Request request[WINDOW];
	int64_t number[WINDOW] = { 0 };
	int answer = 1;

	for (int w = 0; w < WINDOW; w++) {
		if (sends) {
			number[w] = first + w;
			MPI_Isend(&number[w], 1, MPI_INT64_T, peer, 1, MPI_COMM_WORLD, &request[w]);
		} else {
			MPI_Irecv(&number[w], 1, MPI_INT64_T, peer, 1, MPI_COMM_WORLD, &request[w]);
		}
	}
	MPI_Waitall(WINDOW, request, MPI_STATUSES_IGNORE);
	for (int w = 0; w < WINDOW; w++)
		mpi_check(number[w] == first + w, "messages are not what was sent, or not in that order");
	if (sends)
		MPI_Recv(&answer, 1, MPI_INT, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	else
		MPI_Send(&answer, 1, MPI_INT, peer, 2, MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX];
	int pairs, sends;
	long nr, n;

	mpi_start(&argc, &argv);
	pairs = mpi_ranks / 2;
	sends = mpi_rank < pairs;
	nr = mpi_samples_nr();
	n = mpi_iterations(8) / 4 + 1;
	mpi_check(pairs > 0, "this takes two ranks");
	for (long s = 0; s < nr; s++) {
		double start;

		MPI_Barrier(MPI_COMM_WORLD);
		start = mpi_ns();
		for (long i = 0; i < n && mpi_rank < 2 * pairs; i++)
			window_pass(s * n * WINDOW + i * WINDOW, sends ? mpi_rank + pairs : mpi_rank - pairs, sends);
		MPI_Barrier(MPI_COMM_WORLD);
		value[s] = (double)n * WINDOW * pairs * 1e6 / (mpi_ns() - start);
	}
	mpi_samples("rate", value, nr);
	return mpi_end();
}
