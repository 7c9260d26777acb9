/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collect.c - an MPI program whose answers can be checked: ring, all-to-all, all-reduce.
 *
 * usage: collect [ROUNDS] [WORD]    WORD: `abort` has the last rank end the job with code 42, `exit` has it
 * end by itself with 3, `wait` has all wait for ever.
 * Rank 0 prints one line: "ranks N ring S alltoall S allreduce S hosts H".
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 1024

static int me, ranks;

/* A number goes round, and each adds its rank. */
static long ring(void)
{
	long v = 0;

	if (ranks == 1)
		return 0;
	if (me) {
		MPI_Recv(&v, 1, MPI_LONG, me - 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		v += me;
	}
	MPI_Send(&v, 1, MPI_LONG, (me + 1) % ranks, 1, MPI_COMM_WORLD);
	if (!me)
		MPI_Recv(&v, 1, MPI_LONG, ranks - 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	return v;
}

/* Each sends each a block that both can tell; the wrong ones are counted. */
static long alltoall(void)
{
	int *to = malloc(sizeof(int) * WORDS * (size_t)ranks), *from = malloc(sizeof(int) * WORDS * (size_t)ranks);
	long wrong = 0;

	for (int r = 0; r < ranks; r++)
		for (int i = 0; i < WORDS; i++)
			to[r * WORDS + i] = me * 1000003 + r * 1009 + i;
	MPI_Alltoall(to, WORDS, MPI_INT, from, WORDS, MPI_INT, MPI_COMM_WORLD);
	for (int r = 0; r < ranks; r++)
		for (int i = 0; i < WORDS; i++)
			wrong += from[r * WORDS + i] != r * 1000003 + me * 1009 + i;
	free(to);
	free(from);
	return wrong;
}

static double allreduce(int rounds)
{
	static double mine[WORDS], sum[WORDS];
	double total = 0;

	for (int k = 0; k < rounds; k++) {
		for (int i = 0; i < WORDS; i++)
			mine[i] = me + 1;
		MPI_Allreduce(mine, sum, WORDS, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
		total += sum[WORDS - 1];
	}
	return total;
}

/* How many different machines? */
static int hosts(void)
{
	char mine[64] = "", *all = calloc((size_t)ranks, sizeof(mine));
	int nr = 0;

	gethostname(mine, sizeof(mine) - 1);
	MPI_Allgather(mine, sizeof(mine), MPI_CHAR, all, sizeof(mine), MPI_CHAR, MPI_COMM_WORLD);
	for (int r = 0; r < ranks; r++) {
		int seen = 0;

		for (int k = 0; k < r; k++)
			seen |= strcmp(all + 64 * k, all + 64 * r) == 0;
		nr += !seen;
	}
	free(all);
	return nr;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 10;
	const char *word = argc > 2 ? argv[2] : "";
	long round, wrong, all_wrong = 0;
	double sum;
	int nr;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &me);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	round = ring();
	wrong = alltoall();
	MPI_Reduce(&wrong, &all_wrong, 1, MPI_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
	sum = allreduce(rounds);
	nr = hosts();
	if (!me) {
		printf("ranks %d ring %ld alltoall %ld allreduce %.0f hosts %d\n", ranks, round, all_wrong, sum, nr);
		fflush(stdout);
	}
	if (strcmp(word, "abort") == 0 && me == ranks - 1)
		MPI_Abort(MPI_COMM_WORLD, 42);
	if (strcmp(word, "exit") == 0 && me == ranks - 1)
		_exit(3);
	while (strcmp(word, "wait") == 0)
		pause();
	/* MPICH 4.0 may hang in MPI_Finalize() where ranks share no memory and come there at different times. */
	for (int i = 0; i < 3; i++)
		MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	return 0;
}
