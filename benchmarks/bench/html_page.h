/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_page.h - the parts of a report's page, in HTML, from a document.
 *
 * Threads: one. Owns nothing. Whatever a document has in its texts is escaped.
 */
#ifndef BENCHMARKS_BENCH_HTML_PAGE_H
#define BENCHMARKS_BENCH_HTML_PAGE_H

#include <jansson.h>
#include <stdio.h>

void html_head(FILE *out, const json_t *document);
void html_summary(FILE *out, const json_t *document);

/* svg is put in as it is. */
void html_figure(FILE *out, const char *id, const char *title, const char *caption, const char *svg);

/* The cost of events: cycles, microseconds, exits. */
void html_events(FILE *out, const json_t *document);

/* What was counted around the runs of noise. */
void html_noise(FILE *out, const json_t *document);

/* All figures, by group. */
void html_tables(FILE *out, const json_t *document);

/* Why targets are not shown, and what was not measured. */
void html_reasons(FILE *out, const json_t *document);
void html_host(FILE *out, const json_t *document);
void html_foot(FILE *out);

#endif
