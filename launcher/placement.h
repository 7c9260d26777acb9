/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement.h - from the options to a plan: what `run`, `plan` and others share.
 *
 * Threads: main. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_PLACEMENT_H
#define LAUNCHER_PLACEMENT_H

#include "launcher/config.h"
#include "numa/plan.h"
#include "sched/claim.h"

/* What a configuration asks of the planner, but for devices: add those with request_add_device().
 * The caller ends it with request_fini(). */
int placement_request(struct request *r, const struct run_config *c) must_check;

/* plan_make() with a refusal reported as the error that it is; warnings are left to the caller. On
 * failure there is nothing to end. */
int placement_plan(const struct host *h, const struct request *r, struct plan *p) must_check;

/*
 * The same for this machine, beside others that run here: CPUs that have vCPUs of another thole are left alone, if that
 * is possible; then h no longer allows them. Else the plan is as if they were free, with a warning. This one looks; the
 * other claims the vCPUs' CPUs, too.
 */
int placement_beside(struct host *h, const struct request *r, const struct claim *claim, struct plan *p) must_check;
int placement_claim(struct host *h, const struct request *r, const struct claim *claim, struct plan *p) must_check;

#endif
