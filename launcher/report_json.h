/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_json.h - a report as JSON, schema "thole-report/1".
 *
 * Threads: one, with the vCPUs stopped. Ownership: the caller frees the text.
 */
#ifndef LAUNCHER_REPORT_JSON_H
#define LAUNCHER_REPORT_JSON_H

#include "launcher/report.h"

/* ns: how long the guest ran. NULL: out of memory. */
char *report_json(const struct report *r, const struct report_machine *m, const struct proof *end, uint64_t ns);

#endif
