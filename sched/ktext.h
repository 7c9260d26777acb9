/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktext.h - the kernel's texts: its command line, its lists of CPUs there, its configuration, limits.
 *
 * Pure; any thread; nothing is kept. Texts are what a host's files hold, so anything may be in them.
 * Errors: negative errno, not reported.
 */
#ifndef SCHED_KTEXT_H
#define SCHED_KTEXT_H

#include "vmm/cpulist.h"
#include "vmm/util.h"

/*
 * The value of NAME=VALUE on a kernel's command line, or "" for NAME alone; the last one counts, '-'
 * and '_' are the same, and what follows "--" is not the kernel's
 * (Documentation/admin-guide/kernel-parameters.rst). 0; -ENOENT; -ERANGE: longer than size.
 */
int ktext_parameter(const char *cmdline, const char *name, char *value, size_t size) must_check;

/*
 * A list of CPUs as parameters have it: beside cpulist.h's format "all", "N" for the last CPU, and
 * groups such as "0-31:2/4". 0, -EINVAL, -ERANGE (CPULIST_MAX or more, or above last), -ENOMEM; on
 * failure the list is empty.
 */
int ktext_cpus(struct cpulist *l, const char *text, hcpu_t last) must_check;

/* CONFIG_NAME of a kernel's configuration: 'y', 'm', or 'n'. */
char ktext_config(const char *config, const char *name);

/* The soft limit on the line "Max NAME" of /proc/PID/limits: UINT64_MAX for unlimited. -ENOENT. */
int ktext_limit(const char *limits, const char *name, uint64_t *soft) must_check;

/* What "always [madvise] never" has in brackets; else the first word. */
void ktext_choice(const char *text, char *choice, size_t size);

/* What follows "NAME:" or "NAME :" at the start of a line, up to its end. 0; -ENOENT; -ERANGE. */
int ktext_field(const char *text, const char *name, char *value, size_t size) must_check;

/* Is the word among the others, between spaces? */
bool ktext_word(const char *text, const char *word);

#endif
