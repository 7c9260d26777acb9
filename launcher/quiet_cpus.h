/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet_cpus.h - the CPUs to keep other work away from, for a plan.
 *
 * Pure; any thread. Errors: -ENOMEM, not reported.
 */
#ifndef LAUNCHER_QUIET_CPUS_H
#define LAUNCHER_QUIET_CPUS_H

#include "numa/plan.h"

/* The vCPUs', and siblings of their cores, whose work would take half of the core. None of housekeeping's. */
int quiet_cpus(const struct plan *plan, const struct host *host, struct cpulist *cpus) must_check;

/* The vCPUs', each once. */
int plan_cpus(const struct plan *plan, struct cpulist *cpus) must_check;

#endif
