/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise_print.h - a measurement of noise as a table, as JSON, and as a picture.
 *
 * Threads: any. Errors: negative errno; noise_draw() reports its own.
 */
#ifndef LAUNCHER_NOISE_PRINT_H
#define LAUNCHER_NOISE_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "sched/noise.h"

void noise_print(const struct noise *n, FILE *out);

json_t *noise_json(const struct noise *n);

/* Culprits of one CPU, a number a second each: {"interrupt LOC Local timer interrupts": 250.1}. */
json_t *culprits_json(const struct culprits *c, uint32_t cpu, double seconds);

/* Each detour as a dot: when, and how long. Takes gnuplot. */
int noise_draw(const struct noise *n, const char *svg) must_check;

#endif
