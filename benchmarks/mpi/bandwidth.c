/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bandwidth.c - how many bytes a second go from one rank to another?
 *
 * Rank 0 has 16 messages under way at a time, and waits for an answer after each such window, as in the OSU benchmark
 * osu_bw; over the size of the message. Unit: MB/s. The ideal is what a core copies, when both have memory in common.
 * Self-check: before each sample a window of messages whose every byte is known.
 *
 *   samples=10 iterations=100 to=1048576 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

#define WINDOW 16

static void window_pass(unsigned char *messages, size_t bytes)
{
	MPI_Request request[WINDOW];
	int answer = 1;

	for (int w = 0; w < WINDOW; w++) {
		unsigned char *at = messages + (size_t)w * bytes;

		if (mpi_rank == 0)
			MPI_Isend(at, (int)bytes, MPI_BYTE, 1, w, MPI_COMM_WORLD, &request[w]);
		else
			MPI_Irecv(at, (int)bytes, MPI_BYTE, 0, w, MPI_COMM_WORLD, &request[w]);
	}
	MPI_Waitall(WINDOW, request, MPI_STATUSES_IGNORE);
	if (mpi_rank == 0)
		MPI_Recv(&answer, 1, MPI_INT, 1, WINDOW, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	else
		MPI_Send(&answer, 1, MPI_INT, 0, WINDOW, MPI_COMM_WORLD);
}

static void check(unsigned char *messages, size_t bytes, long turn)
{
	memset(messages, 0, WINDOW * bytes);
	for (long w = 0; w < WINDOW && mpi_rank == 0; w++)
		mpi_fill(messages + (size_t)w * bytes, bytes, turn * WINDOW + w);
	window_pass(messages, bytes);
	for (long w = 0; w < WINDOW; w++)
		mpi_check(mpi_is_filled(messages + (size_t)w * bytes, bytes, turn * WINDOW + w), "a message is not what was sent");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX];
	unsigned char *messages;
	size_t to;
	long nr;

	mpi_start(&argc, &argv);
	to = (size_t)mpi_arg("to", 1 << 20);
	nr = mpi_samples_nr();
	messages = malloc(WINDOW * to);
	mpi_check(messages && mpi_ranks >= 2, "this takes two ranks, and memory");
	for (size_t bytes = 8; bytes <= to && mpi_rank < 2; bytes *= 8) {
		long n = mpi_iterations(bytes) / 4 + 1;

		for (long s = 0; s < nr; s++) {
			double start;

			check(messages, bytes, s);
			start = mpi_ns();
			for (long i = 0; i < n; i++)
				window_pass(messages, bytes);
			value[s] = (double)n * WINDOW * (double)bytes * 1e3 / (mpi_ns() - start);
		}
		mpi_samples(mpi_size_name(bytes), value, nr);
	}
	free(messages);
	return mpi_end();
}
