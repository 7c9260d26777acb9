/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - what was planned beside what the kernel says has happened: --report and --strict.
 *
 *   report_plan (the plan as JSON) -> report_memory (before the guest runs) -> on each vCPU's thread:
 *   report_vcpu_start, report_vcpu_end -> report_finish (vCPUs stopped, memory still there)
 *
 * What the kernel doesn't tell is null in the report and listed under "unknown", never assumed. With
 * --strict a deviation before the start ends it, and one at the end is told and changes the exit code.
 * Without --report and --strict nothing of this is done.
 *
 * Threads: as said above; each vCPU's thread writes its own entry. Owns what it has collected.
 */
#ifndef LAUNCHER_REPORT_H
#define LAUNCHER_REPORT_H

#include <jansson.h>

#include "ipi/ipi_policy.h"
#include "launcher/config.h"
#include "numa/backing.h"
#include "numa/plan.h"
#include "numa/proof.h"
#include "launcher/run_noise.h"
#include "launcher/steady.h"
#include "sched/isolation.h"
#include "sched/quiet.h"
#include "sched/usage.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

struct report_vcpu {
	struct usage start, end;
};

struct report {
	const struct run_config *cfg;
	bool wanted;
	json_t *plan;
	json_t *deviations; /* strings */
	json_t *unknown;
	struct proof memory; /* before the guest ran */
	struct report_vcpu *vcpu; /* [plan->nr_vcpus] */
	uint64_t start_ns; /* when the guest began to run */
};

/* Errors of all of these are reported. */

int report_plan(struct report *r, const struct run_config *cfg, const struct plan *plan,
	const struct host *h) must_check;

/* -EXDEV: it is not as planned, and --strict. */
int report_memory(struct report *r, const struct mem *m, const struct plan *plan, bool filled) must_check;

void report_vcpu_start(struct report *r, uint32_t vcpu);
void report_vcpu_end(struct report *r, uint32_t vcpu);

/* All vCPUs are ready. */
void report_begin(struct report *r);

/* What report_finish() looks at. */
struct report_machine {
	const struct plan *plan;
	const struct vm *vm;
	const struct vcpus *vcpus;
	const struct backing_result *backing;
	bool filled;
	const struct steady *steady;
	enum quiet_idle idle;
	const struct exits_off *exits_off;
	const struct isolation *isolation;
	const struct run_noise *noise;
	const struct ipi_host *ipi_host;
	const struct ipi_policy *ipi;
	const struct irq_follow *irq_follow;
};

/* Take the proof again and write the file. *deviates: not as planned, and --strict. */
int report_finish(struct report *r, const struct report_machine *m, bool *deviates) must_check;

void report_fini(struct report *r);

#endif
