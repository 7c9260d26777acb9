/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_checks.h - the checks, and the few words that they share. For sched/doctor*.c.
 *
 * A check gets a finding that is zeroed but for its name, which is a good one without text.
 */
#ifndef SCHED_DOCTOR_CHECKS_H
#define SCHED_DOCTOR_CHECKS_H

#include "sched/doctor.h"

typedef void check_fn(const struct host_facts *f, const struct doctor_need *need, struct finding *out);

/* doctor_kvm.c: KVM and what the processor gives it */
check_fn check_plan, check_virtualization, check_nested_paging, check_device_node, check_bare_metal,
	check_apic, check_ipi, check_x2apic, check_counters, check_iommu, check_remapping, check_posting, check_timer;

/* doctor_memory.c */
check_fn check_huge_pages, check_thp, check_split_pages, check_locked_memory, check_numa_balancing,
	check_ksm;

/* doctor_cpus.c */
check_fn check_allowed, check_isolated, check_tickless, check_rcu, check_smt, check_governor, check_turbo,
	check_idle;

/* doctor_host.c: the rest of the kernel, and who else is there */
check_fn check_mitigations, check_irqbalance, check_tuned, check_watchdog, check_other_vms, check_clock,
	check_microcode, check_config, check_files, check_rtprio, check_throttle, check_cgroup, check_changes;

void finding_found(struct finding *out, const char *fmt, ...) printf_like(2, 3);
void finding_add(struct finding *out, const char *fmt, ...) printf_like(2, 3); /* to what was found */

/* Severity, what is wanted, and why. */
void finding_want(struct finding *out, enum doctor_severity severity, const char *wanted, const char *effect);

void finding_remedy(struct finding *out, enum doctor_change change, const char *fmt, ...) printf_like(3, 4);

/* No verdict: what could not be read, and so what isn't known. */
void finding_unknown(struct finding *out, const char *fmt, ...) printf_like(2, 3);

/* A switch in /sys or /proc: Y, y or a number but 0. */
bool fact_on(const struct fact *f);

/* Is it such a switch? Newer kernels may have words here that are not known yet. */
bool fact_is_switch(const struct fact *f);

/* A whole number; absent where it isn't one. */
int64_t fact_number(const struct fact *f, int64_t absent);

/* Has the processor that flag? */
bool cpu_flag(const struct host_facts *f, const char *flag);

/* Has this process that capability, by its bit (capabilities(7))? */
#define CAP_SYS_ADMIN_BIT 21

bool capable(const struct host_facts *f, unsigned bit);

/* A parameter of the kernel's command line; false without it, or when the line could not be read. */
bool cmdline_has(const struct host_facts *f, const char *name, char *value, size_t size);

/* The CPUs of a fact that is a list; "(null)", as older kernels write nothing, is none. False: not known. */
bool fact_cpus(const struct fact *f, struct cpulist *l);

/* Those of `of` that are not in `in`; their number. Only the first are written where text is too short. */
uint32_t cpus_missing(const struct cpulist *of, const struct cpulist *in, char *text, size_t size);

#define CPUS_TEXT 64

/* A list that may be cut: "0-3,8,…". */
void cpus_text(const struct cpulist *l, char *text, size_t size);

bool is_amd(const struct host_facts *f);
bool is_intel(const struct host_facts *f);

#endif
