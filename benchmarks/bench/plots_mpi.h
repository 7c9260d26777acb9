/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots_mpi.h - the drawings of MPI: a figure over the size of messages, natively, in one machine and in two. */
#ifndef BENCHMARKS_BENCH_PLOTS_MPI_H
#define BENCHMARKS_BENCH_PLOTS_MPI_H

#include <jansson.h>

char *mpi_latency_draw(const char *name, const json_t *document, int *err);
char *mpi_bandwidth_draw(const char *name, const json_t *document, int *err);
char *mpi_allreduce_draw(const char *name, const json_t *document, int *err);

#endif
