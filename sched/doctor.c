/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.c - the table of checks, and the words that they share.
 *
 * To add a check: a fact (host_facts.c) if none tells it yet, a function in the file that its subject
 * has, a row here. Then see tests/data/hosts/README.md.
 */
#include "sched/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/doctor_checks.h"
#include "sched/ktext.h"

static const struct {
	const char *name;
	check_fn *check;
} checks[] = {
	{ "plan", check_plan },
	{ "virtualization", check_virtualization },
	{ "/dev/kvm", check_device_node },
	{ "nested paging", check_nested_paging },
	{ "machine", check_bare_metal },
	{ "CPUs allowed", check_allowed },
	{ "isolated CPUs", check_isolated },
	{ "tickless CPUs", check_tickless },
	{ "RCU callbacks", check_rcu },
	{ "governor", check_governor },
	{ "turbo", check_turbo },
	{ "SMT", check_smt },
	{ "idle states", check_idle },
	{ "huge pages", check_huge_pages },
	{ "transparent pages", check_thp },
	{ "split huge pages", check_split_pages },
	{ "locked memory", check_locked_memory },
	{ "NUMA balancing", check_numa_balancing },
	{ "page merging", check_ksm },
	{ "virtual APIC", check_apic },
	{ "IPIs", check_ipi },
	{ "x2APIC", check_x2apic },
	{ "guest's counters", check_counters },
	{ "IOMMU", check_iommu },
	{ "irq remapping", check_remapping },
	{ "posted interrupts", check_posting },
	{ "posted timer", check_timer },
	{ "mitigations", check_mitigations },
	{ "clock source", check_clock },
	{ "microcode", check_microcode },
	{ "kernel", check_config },
	{ "other VMs", check_other_vms },
	{ "irqbalance", check_irqbalance },
	{ "tuned", check_tuned },
	{ "watchdog", check_watchdog },
	{ "real-time limit", check_rtprio },
	{ "real-time share", check_throttle },
	{ "open files", check_files },
	{ "cgroup", check_cgroup },
	{ "thole's changes", check_changes },
};
static_assert(ARRAY_SIZE(checks) <= DOCTOR_CHECKS_MAX, "findings have room for every check");

/* Facts are the kernel's texts, but also names that somebody gave: for terminals and JSON. */
static void plain(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text == 0x7f)
			*text = *text == '\t' || *text == '\n' ? ' ' : '?';
}

/* A run with isolation=auto does what they ask for by itself, as root. CPUs are isolated by a cgroup of version 2. */
static bool by_isolation(const struct host_facts *f, check_fn *check)
{
	static check_fn *const those[] = { check_governor, check_numa_balancing, check_ksm, check_watchdog, check_throttle };

	for (size_t i = 0; i < ARRAY_SIZE(those); i++)
		if (check == those[i])
			return true;
	return check == check_isolated && f->cgroup_root.state == FACT_READ;
}

/* What is wrong with a setting that a run changes by itself, for as long as it lasts. */
static void isolation_apply(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	size_t len = strlen(out->remedy);

	if (out->severity <= DOCTOR_UNKNOWN)
		return;
	if (need->given && need->isolation && capable(f, CAP_SYS_ADMIN_BIT)) {
		finding_add(out, "; thole changes that while this run lasts (isolation)");
		out->severity = DOCTOR_GOOD;
		out->change = CHANGE_NOTHING;
		out->wanted[0] = out->effect[0] = out->remedy[0] = 0;
	} else if (!need->given || !need->isolation) {
		snprintf(out->remedy + len, sizeof(out->remedy) - len, "; or while a run lasts: --isolation auto");
	}
}

uint32_t doctor_check(const struct host_facts *f, const struct doctor_need *need,
	struct finding finding[static DOCTOR_CHECKS_MAX])
{
	struct finding all[ARRAY_SIZE(checks)];
	uint32_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		all[i] = (struct finding){ .check = checks[i].name };
		checks[i].check(f, need, &all[i]);
		if (by_isolation(f, checks[i].check))
			isolation_apply(f, need, &all[i]);
		plain(all[i].found);
		plain(all[i].remedy);
	}
	for (int severity = DOCTOR_ERROR; severity >= DOCTOR_GOOD; severity--)
		for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
			if ((int)all[i].severity == severity && *all[i].found)
				finding[nr++] = all[i];
	return nr;
}

const char *doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[DOCTOR_SEVERITIES] = { "good", "not known", "advice", "warning", "error" };

	return names[severity];
}

static const struct {
	const char *name;
	const char *text;
} changes[CHANGES] = {
	[CHANGE_NOTHING] = { "nothing", "" },
	[CHANGE_NOW] = { "now", "as root; lost at a reboot" },
	[CHANGE_LOGIN] = { "login", "for new sessions" },
	[CHANGE_REBOOT] = { "reboot", "needs a reboot" },
	[CHANGE_FIRMWARE] = { "firmware", "needs a reboot, or other hardware" },
	[CHANGE_RUN] = { "run", "when starting thole" },
};

const char *doctor_change_name(enum doctor_change change)
{
	return changes[change].name;
}

const char *doctor_change_text(enum doctor_change change)
{
	return changes[change].text;
}

void finding_found(struct finding *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->found, sizeof(out->found), fmt, ap);
	va_end(ap);
}

void finding_add(struct finding *out, const char *fmt, ...)
{
	size_t len = strlen(out->found);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->found + len, sizeof(out->found) - len, fmt, ap);
	va_end(ap);
}

void finding_want(struct finding *out, enum doctor_severity severity, const char *wanted, const char *effect)
{
	out->severity = severity;
	snprintf(out->wanted, sizeof(out->wanted), "%s", wanted);
	snprintf(out->effect, sizeof(out->effect), "%s", effect);
}

void finding_remedy(struct finding *out, enum doctor_change change, const char *fmt, ...)
{
	va_list ap;

	out->change = change;
	va_start(ap, fmt);
	vsnprintf(out->remedy, sizeof(out->remedy), fmt, ap);
	va_end(ap);
}

void finding_unknown(struct finding *out, const char *fmt, ...)
{
	va_list ap;

	out->severity = DOCTOR_UNKNOWN;
	va_start(ap, fmt);
	vsnprintf(out->found, sizeof(out->found), fmt, ap);
	va_end(ap);
}

int64_t fact_number(const struct fact *f, int64_t absent)
{
	const char *text = fact_text(f);
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	return end == text || errno ? absent : n;
}

bool fact_is_switch(const struct fact *f)
{
	const char *text = fact_text(f);

	return *text && !text[1] && strchr("YyNn01", *text);
}

bool fact_on(const struct fact *f)
{
	const char *text = fact_text(f);

	return *text == 'Y' || *text == 'y' || fact_number(f, 0) != 0;
}

bool cpu_flag(const struct host_facts *f, const char *flag)
{
	static char const *const fields[] = { "flags", "vmx flags" };
	char flags[4096];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (ktext_field(fact_text(&f->cpuinfo), fields[i], flags, sizeof(flags)) != -ENOENT &&
			ktext_word(flags, flag))
			return true;
	return false;
}

bool capable(const struct host_facts *f, unsigned bit)
{
	char text[32];

	return ktext_field(fact_text(&f->status), "CapEff", text, sizeof(text)) == 0 &&
	       (strtoull(text, NULL, 16) >> bit & 1);
}

bool cmdline_has(const struct host_facts *f, const char *name, char *value, size_t size)
{
	return ktext_parameter(fact_text(&f->cmdline), name, value, size) != -ENOENT;
}

bool fact_cpus(const struct fact *f, struct cpulist *l)
{
	const char *text = fact_text(f);

	*l = (struct cpulist){ 0 };
	if (f->state == FACT_UNKNOWN)
		return false;
	text += strspn(text, " ");
	return strcmp(text, "(null)") == 0 || cpulist_parse(l, text, NULL, NULL) == 0;
}

void cpus_text(const struct cpulist *l, char *text, size_t size)
{
	size_t len = cpulist_format(l, text, size);

	if (len < size)
		return;
	/* Whole elements only, and a sign that there are more. */
	len = size - sizeof("...");
	while (len && text[len - 1] != ',')
		len--;
	snprintf(text + len, size - len, "...");
}

uint32_t cpus_missing(const struct cpulist *of, const struct cpulist *in, char *text, size_t size)
{
	struct cpulist missing = { 0 };
	uint32_t nr = 0;

	for (uint32_t i = 0; i < of->nr; i++)
		nr += !cpulist_has(in, of->cpu[i]);
	text[0] = 0;
	missing.cpu = nr ? malloc(nr * sizeof(*missing.cpu)) : NULL;
	for (uint32_t i = 0; i < of->nr && missing.cpu; i++)
		if (!cpulist_has(in, of->cpu[i]))
			missing.cpu[missing.nr++] = of->cpu[i];
	cpus_text(&missing, text, size);
	cpulist_fini(&missing);
	return nr;
}

static bool vendor_is(const struct host_facts *f, const char *name)
{
	char vendor[32];

	return ktext_field(fact_text(&f->cpuinfo), "vendor_id", vendor, sizeof(vendor)) == 0 &&
	       strcmp(vendor, name) == 0;
}

bool is_amd(const struct host_facts *f)
{
	return vendor_is(f, "AuthenticAMD") || vendor_is(f, "HygonGenuine");
}

bool is_intel(const struct host_facts *f)
{
	return vendor_is(f, "GenuineIntel");
}
