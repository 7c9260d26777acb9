/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stencil.c - how fast is a relaxation over a grid whose slabs belong to ranks?
 *
 * Jacobi's iteration of Laplace's equation by seven points, zero at the edge of a box of n x n x (n times ranks); slabs are
 * exchanged with the neighbours before each step. Unit: millions of points a second, of all ranks. The ideal is
 * memory bandwidth over 16 bytes, and no cost of the exchange. Self-check: it starts from an eigenvector of the step,
 * so after any number of steps every point is that vector times a power of a known number.
 *
 *   n=64 steps=20 samples=5 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

#include <math.h>

static long n;	/* points across, without the edge; planes of one rank */
static long row, plane;

static double *at(double *grid, long z, long y, long x)
{
	return grid + z * plane + y * row + x;
}

/* Planes 0 and n + 1 are the neighbours' outermost ones, or the edge. */
static void exchange(double *grid)
{
	int below = mpi_rank ? mpi_rank - 1 : MPI_PROC_NULL, above = mpi_rank + 1 < mpi_ranks ? mpi_rank + 1 : MPI_PROC_NULL;
	int nr = (int)plane;

	MPI_Sendrecv(at(grid, 1, 0, 0), nr, MPI_DOUBLE, below, 1, at(grid, n + 1, 0, 0), nr, MPI_DOUBLE, above, 1,
		MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Sendrecv(at(grid, n, 0, 0), nr, MPI_DOUBLE, above, 2, at(grid, 0, 0, 0), nr, MPI_DOUBLE, below, 2,
		MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void step(double *from, double *to)
{
	exchange(from);
	for (long z = 1; z <= n; z++)
		for (long y = 1; y <= n; y++) {
			const double *c = at(from, z, y, 0);
			double *out = at(to, z, y, 0);

			for (long x = 1; x <= n; x++)
				out[x] = (c[x - 1] + c[x + 1] + c[x - row] + c[x + row] + c[x - plane] + c[x + plane]) / 6;
		}
}

static double wave(long i, long points)
{
	return sin(M_PI * (double)i / (double)(points + 1));
}

static double start_value(long z, long y, long x)
{
	return wave(mpi_rank * n + z, n * mpi_ranks) * wave(y, n) * wave(x, n);
}

static void grid_start(double *grid)
{
	for (long z = 1; z <= n; z++)
		for (long y = 1; y <= n; y++)
			for (long x = 1; x <= n; x++)
				*at(grid, z, y, x) = start_value(z, y, x);
}

static void grid_check(double *grid, long steps)
{
	double each = (2 * cos(M_PI / (double)(n + 1)) + cos(M_PI / (double)(n * mpi_ranks + 1))) / 3;
	double factor = pow(each, (double)steps), worst = 0;

	for (long z = 1; z <= n; z++)
		for (long y = 1; y <= n; y++)
			for (long x = 1; x <= n; x++)
				worst = fmax(worst, fabs(*at(grid, z, y, x) - factor * start_value(z, y, x)));
	mpi_check(worst < 1e-10, "the grid is not what the equation says");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX], *grid[2];
	long nr, steps;

	mpi_start(&argc, &argv);
	nr = mpi_samples_nr();
	n = mpi_arg("n", 64);
	steps = (mpi_arg("steps", 20) + 1) / 2 * 2; /* an even number ends in the grid that it began in */
	mpi_check(n >= 2 && n <= 2048, "n is not from 2 to 2048");
	row = n + 2;
	plane = row * row;
	for (int g = 0; g < 2; g++)
		grid[g] = calloc((size_t)plane * (size_t)(n + 2), sizeof(double));
	mpi_check(grid[0] && grid[1], "no memory");
	grid_start(grid[0]);
	for (long s = 0; s < nr; s++) {
		double start;

		MPI_Barrier(MPI_COMM_WORLD);
		start = mpi_ns();
		for (long i = 0; i < steps; i++)
			step(grid[i % 2], grid[1 - i % 2]);
		MPI_Barrier(MPI_COMM_WORLD);
		value[s] = (double)(steps * n * n * n * mpi_ranks) * 1e3 / (mpi_ns() - start);
	}
	grid_check(grid[0], steps * nr);
	mpi_samples("points", value, nr);
	free(grid[0]);
	free(grid[1]);
	return mpi_end();
}
