/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cg.c - how fast are conjugate gradients on a sparse matrix whose rows belong to ranks?
 *
 * In the manner of HPCG (Dongarra, Heroux, Luszczek, 2016), smaller: 27 points, 26 on the diagonal and -1 elsewhere, on a
 * box of n x n x (n times ranks) points, the matrix kept as such, with its columns' numbers; preconditioned by its
 * diagonal. Planes are exchanged with the neighbours, and each iteration adds up two products over all ranks. Unit:
 * MFLOP/s by HPCG's way to count: 2 for each number of the matrix that is not 0, and 2 for each element of the vectors'
 * five operations. The ideal is memory bandwidth over 12 bytes for two of them. Self-check: the solution is known, all
 * ones, and must be met.
 *
 *   n=32 iterations=50 samples=5 cpus=0,1
 */
#include "benchmarks/mpi/kit.h"

#include <math.h>

#define POINTS 27

struct matrix {
	long n, rows, plane; /* rows are this rank's; a vector has a plane more at either end */
	int *nr;	     /* [rows] */
	int32_t *column;     /* [rows * POINTS]: in the vector with those planes */
	double *number;
	double nonzero; /* of all ranks */
};

static double *vector_make(const struct matrix *a)
{
	double *v = calloc((size_t)(a->rows + 2 * a->plane), sizeof(*v));

	mpi_check(v != NULL, "no memory");
	return v;
}

static void row_make(struct matrix *a, long z, long y, long x)
{
	long at = (z * a->n + y) * a->n + x;

	for (long dz = -1; dz <= 1; dz++)
		for (long dy = -1; dy <= 1; dy++)
			for (long dx = -1; dx <= 1; dx++) {
				long all_z = mpi_rank * a->n + z + dz, yy = y + dy, xx = x + dx;
				long k = at * POINTS + a->nr[at];

				if (all_z < 0 || all_z >= a->n * mpi_ranks || yy < 0 || yy >= a->n || xx < 0 || xx >= a->n)
					continue;
				a->column[k] = (int32_t)(((z + dz + 1) * a->n + yy) * a->n + xx);
				a->number[k] = dz || dy || dx ? -1 : 26;
				a->nr[at]++;
			}
}

static void matrix_make(struct matrix *a, long n)
{
	double mine = 0;

	*a = (struct matrix){ .n = n, .rows = n * n * n, .plane = n * n };
	a->nr = calloc((size_t)a->rows, sizeof(*a->nr));
	a->column = malloc((size_t)a->rows * POINTS * sizeof(*a->column));
	a->number = malloc((size_t)a->rows * POINTS * sizeof(*a->number));
	mpi_check(a->nr && a->column && a->number, "no memory");
	for (long z = 0; z < n; z++)
		for (long y = 0; y < n; y++)
			for (long x = 0; x < n; x++)
				row_make(a, z, y, x);
	for (long i = 0; i < a->rows; i++)
		mine += a->nr[i];
	MPI_Allreduce(&mine, &a->nonzero, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void exchange(const struct matrix *a, double *v)
{
	int below = mpi_rank ? mpi_rank - 1 : MPI_PROC_NULL, above = mpi_rank + 1 < mpi_ranks ? mpi_rank + 1 : MPI_PROC_NULL;
	int nr = (int)a->plane;

	MPI_Sendrecv(v + a->plane, nr, MPI_DOUBLE, below, 1, v + a->plane + a->rows, nr, MPI_DOUBLE, above, 1, MPI_COMM_WORLD,
		MPI_STATUS_IGNORE);
	MPI_Sendrecv(v + a->rows, nr, MPI_DOUBLE, above, 2, v, nr, MPI_DOUBLE, below, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* out = A v; both have the extra planes. */
static void multiply(const struct matrix *a, double *v, double *out)
{
	exchange(a, v);
	for (long i = 0; i < a->rows; i++) {
		const double *number = a->number + i * POINTS;
		const int32_t *column = a->column + i * POINTS;
		double sum = 0;

		for (int k = 0; k < a->nr[i]; k++)
			sum += number[k] * v[column[k]];
		out[a->plane + i] = sum;
	}
}

static double dot(const struct matrix *a, const double *x, const double *y)
{
	double mine = 0, all;

	for (long i = a->plane; i < a->plane + a->rows; i++)
		mine += x[i] * y[i];
	MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	return all;
}

/* to = x + by y */
static void add(const struct matrix *a, double *to, const double *x, double by, const double *y)
{
	for (long i = a->plane; i < a->plane + a->rows; i++)
		to[i] = x[i] + by * y[i];
}

/* From 0: x with A x = b, in so many iterations. The diagonal is the same everywhere, so z = r / 26. */
static void solve(const struct matrix *a, const double *b, double *x, double *work[3], long iterations)
{
	double *r = work[0], *p = work[1], *ap = work[2], rr, next;
	size_t bytes = (size_t)(a->rows + 2 * a->plane) * sizeof(*x);

	memset(x, 0, bytes);
	memcpy(r, b, bytes);
	add(a, p, x, 1.0 / 26, r);
	rr = dot(a, r, r) / 26;
	for (long k = 0; k < iterations && rr > 0; k++) {
		double alpha;

		multiply(a, p, ap);
		alpha = rr / dot(a, p, ap);
		add(a, x, x, alpha, p);
		add(a, r, r, -alpha, ap);
		next = dot(a, r, r) / 26;
		for (long i = a->plane; i < a->plane + a->rows; i++)
			p[i] = r[i] / 26 + next / rr * p[i];
		rr = next;
	}
}

static void solution_check(const struct matrix *a, const double *x)
{
	double worst = 0;

	for (long i = a->plane; i < a->plane + a->rows; i++)
		worst = fmax(worst, fabs(x[i] - 1));
	mpi_check(worst < 1e-4, "the solution is not the known one");
}

int main(int argc, char **argv)
{
	double value[MPI_SAMPLES_MAX], *ones, *b, *x, *work[3];
	struct matrix a;
	long nr, iterations;

	mpi_start(&argc, &argv);
	nr = mpi_samples_nr();
	iterations = mpi_arg("iterations", 50);
	mpi_check(mpi_arg("n", 32) >= 2 && mpi_arg("n", 32) <= 512, "n is not from 2 to 512");
	matrix_make(&a, mpi_arg("n", 32));
	ones = vector_make(&a);
	b = vector_make(&a);
	x = vector_make(&a);
	for (int i = 0; i < 3; i++)
		work[i] = vector_make(&a);
	for (long i = a.plane; i < a.plane + a.rows; i++)
		ones[i] = 1;
	multiply(&a, ones, b);
	for (long s = 0; s < nr; s++) {
		double start, each = 2 * a.nonzero + 10 * (double)a.rows * mpi_ranks;

		MPI_Barrier(MPI_COMM_WORLD);
		start = mpi_ns();
		solve(&a, b, x, work, iterations);
		MPI_Barrier(MPI_COMM_WORLD);
		value[s] = each * (double)iterations * 1e3 / (mpi_ns() - start);
		solution_check(&a, x);
	}
	mpi_samples("mflops", value, nr);
	for (int i = 0; i < 3; i++)
		free(work[i]);
	free(x);
	free(b);
	free(ones);
	free(a.number);
	free(a.column);
	free(a.nr);
	return mpi_end();
}
