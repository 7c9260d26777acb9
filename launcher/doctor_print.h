/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_print.h - findings as a table for people and as JSON for programs.
 *
 * Threads: main. Errors: negative errno, not reported.
 */
#ifndef LAUNCHER_DOCTOR_PRINT_H
#define LAUNCHER_DOCTOR_PRINT_H

#include <stdio.h>

#include "sched/doctor.h"

struct doctor_page {
	unsigned width; /* columns of the terminal */
	bool colour;
};

/* From COLUMNS, or what out is, or 80. */
struct doctor_page doctor_page_of(FILE *out);

void doctor_print(const struct host_facts *f, const struct finding *finding, uint32_t nr, struct doctor_page page,
	FILE *out);

int doctor_json(const struct host_facts *f, const struct finding *finding, uint32_t nr, FILE *out) must_check;

#endif
