/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_print.h - what isolation did, or would do, as a table and as JSON.
 *
 * Threads: any. Errors: NULL and -ENOMEM.
 */
#ifndef LAUNCHER_ISOLATION_PRINT_H
#define LAUNCHER_ISOLATION_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "sched/isolation.h"

void isolation_print(const struct isolation *iso, FILE *out);

/* {"isolated": …, "knobs": [{"knob", "status", "files", "changed", "refused", "detail", "command"}]}; null if nothing was
 * asked for. */
json_t *isolation_json(const struct isolation *iso);

#endif
