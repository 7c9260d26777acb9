/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * barrier.c - how long does it take until every rank knows that all have come?
 *
 * MPI_Barrier, as in the OSU benchmark osu_barrier: of each sample the mean over ranks. Unit: ns. The ideal is the latency
 * of one message times the logarithm of the number of ranks. Self-check: before a barrier each rank writes its turn into
 * memory that ranks of the same system share, and nobody may leave it and find one that has not come; between
 * systems, which share none, one rank's message of before the barrier must be there after it.
 *
 *   samples=10 iterations=100 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

struct board {
	MPI_Comm comm;
	MPI_Win window;
	long *turn; /* of all ranks of this system */
	int ranks, rank;
};

static void board_make(struct board *b)
{
	MPI_Aint size;
	int unit;

	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &b->comm);
	MPI_Comm_size(b->comm, &b->ranks);
	MPI_Comm_rank(b->comm, &b->rank);
	MPI_Win_allocate_shared(b->rank == 0 ? (MPI_Aint)sizeof(long) * b->ranks : 0, sizeof(long), MPI_INFO_NULL, b->comm,
		&b->turn, &b->window);
	MPI_Win_shared_query(b->window, 0, &size, &unit, &b->turn);
	__atomic_store_n(&b->turn[b->rank], 0, __ATOMIC_SEQ_CST);
	MPI_Barrier(b->comm);
}

static void board_check(struct board *b, long turn)
{
	__atomic_store_n(&b->turn[b->rank], turn, __ATOMIC_SEQ_CST);
	MPI_Barrier(MPI_COMM_WORLD);
	for (int r = 0; r < b->ranks; r++)
		mpi_check(__atomic_load_n(&b->turn[r], __ATOMIC_SEQ_CST) >= turn, "a rank left a barrier to which another had not come");
	MPI_Barrier(MPI_COMM_WORLD);
}

/* Each sends its turn to the next one, and all have done so when they leave. */
static void ring_check(long turn)
{
	int next = (mpi_rank + 1) % mpi_ranks, last = (mpi_rank + mpi_ranks - 1) % mpi_ranks;
	long got = -1;
	MPI_Request request;

	MPI_Isend(&turn, 1, MPI_LONG, next, 1, MPI_COMM_WORLD, &request);
	MPI_Barrier(MPI_COMM_WORLD);
	MPI_Recv(&got, 1, MPI_LONG, last, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Wait(&request, MPI_STATUS_IGNORE);
	mpi_check(got == turn, "ranks have passed different numbers of barriers");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX];
	struct board board;
	long nr, n;

	mpi_start(&argc, &argv);
	nr = mpi_samples_nr();
	n = mpi_iterations(8);
	board_make(&board);
	for (long s = 0; s < nr; s++) {
		double start, own;

		board_check(&board, s + 1);
		ring_check(s);
		start = mpi_ns();
		for (long i = 0; i < n; i++)
			MPI_Barrier(MPI_COMM_WORLD);
		own = (mpi_ns() - start) / (double)n / mpi_ranks;
		MPI_Reduce(&own, &value[s], 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
	}
	mpi_samples("barrier", value, nr);
	MPI_Win_free(&board.window);
	MPI_Comm_free(&board.comm);
	return mpi_end();
}
