/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat_print.h - two answers to `stat`, as rates for people and as counters for programs. Pure but for
 * the output. */
#ifndef LAUNCHER_STAT_PRINT_H
#define LAUNCHER_STAT_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* Exits in a second of each vCPU, by reason, between the two; NULL: no time has passed, or no memory. */
json_t *stat_rates(const json_t *before, const json_t *now);

/* A table of what stat_rates() made. */
void stat_print_table(const json_t *rates, FILE *out);

/* Counters in the text format of Prometheus, of one answer. */
void stat_print_prometheus(const json_t *now, FILE *out);

#endif
