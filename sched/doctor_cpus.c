/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_cpus.c - checks of the CPUs that vCPUs run on: who else may, and at what speed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/doctor_checks.h"
#include "sched/ktext.h"

/* A list of the kernel's in /proc/self/status or elsewhere, or the empty one. */
static bool status_cpus(const struct host_facts *f, struct cpulist *l)
{
	struct fact text = { FACT_READ, NULL };
	char list[1024];

	*l = (struct cpulist){ 0 };
	text.text = list;
	return ktext_field(fact_text(&f->status), "Cpus_allowed_list", list, sizeof(list)) == 0 && fact_cpus(&text, l);
}

/* a becomes what is in either. */
static void cpus_unite(struct cpulist *a, const struct cpulist *b)
{
	struct cpulist sum = { 0 };
	uint32_t i = 0, j = 0;

	sum.cpu = a->nr + b->nr ? malloc((a->nr + b->nr) * sizeof(*sum.cpu)) : NULL;
	while (sum.cpu && (i < a->nr || j < b->nr)) {
		bool from_a = j == b->nr || (i < a->nr && a->cpu[i].os <= b->cpu[j].os);

		if (from_a && j < b->nr && a->cpu[i].os == b->cpu[j].os)
			j++;
		sum.cpu[sum.nr++] = from_a ? a->cpu[i++] : b->cpu[j++];
	}
	cpulist_fini(a);
	*a = sum;
}

/* By isolcpus= at boot, or by cpuset partitions since. */
static bool isolated_cpus(const struct host_facts *f, struct cpulist *l)
{
	struct cpulist more;

	if (!fact_cpus(&f->isolated, l))
		return false;
	if (fact_cpus(&f->partitions, &more))
		cpus_unite(l, &more);
	cpulist_fini(&more);
	return true;
}

void check_allowed(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	struct cpulist online, allowed, isolated;
	char text[CPUS_TEXT], missing[CPUS_TEXT], list[256];

	(void)need;
	if (!fact_cpus(&f->online, &online) || !status_cpus(f, &allowed)) {
		finding_unknown(out, "/proc/self/status or the list of online CPUs can't be read");
		cpulist_fini(&online);
		return;
	}
	cpus_text(&allowed, text, sizeof(text));
	if (cpus_missing(&online, &allowed, missing, sizeof(missing)))
		finding_found(out, "%s, of %u", text, online.nr);
	else
		finding_found(out, "all %u", online.nr);
	if (isolated_cpus(f, &isolated) && cpus_missing(&isolated, &allowed, missing, sizeof(missing))) {
		finding_want(out, DOCTOR_WARNING, "the isolated ones too", "what was isolated is not used: a plan takes only CPUs "
			"that this process may run on");
		cpus_unite(&allowed, &isolated);
		cpus_text(&allowed, list, sizeof(list));
		finding_remedy(out, CHANGE_RUN, "taskset -c %s thole run ..., or in the cgroup that has them", list);
	}
	cpulist_fini(&isolated);
	cpulist_fini(&online);
	cpulist_fini(&allowed);
}

/* The CPUs that a quality is wanted for and that have it not, by the plan; without one, is there any? */
static bool lacks(const struct doctor_need *need, const struct cpulist *have, struct finding *out)
{
	char text[CPUS_TEXT];

	if (need->given && !need->refusal) {
		uint32_t nr = cpus_missing(&need->cpus, have, text, sizeof(text));

		if (nr && nr < need->nr_vcpus)
			finding_found(out, "not CPUs %s, which this run's vCPUs have", text);
		else
			finding_found(out, nr ? "none of this run's" : "all of this run's");
		return nr != 0;
	}
	cpus_text(have, text, sizeof(text));
	finding_found(out, "%s", have->nr ? text : "none");
	return !have->nr;
}

/* The run asks for it, and thole can't: it takes root, and a partition of cgroup version 2. */
static void isolation_impossible(bool version_2, const struct doctor_need *need, struct finding *out)
{
	finding_want(out, need->isolation_required ? DOCTOR_ERROR : DOCTOR_WARNING, "the vCPUs' CPUs, but not thole's own",
		need->isolation_required ? "thole run refuses to start this: isolation=require takes root, and cgroup version 2" :
			"other processes are scheduled where vCPUs are; this run's isolation takes root, and cgroup version 2");
	if (version_2)
		finding_remedy(out, CHANGE_RUN, "as root; or boot with isolcpus=domain,managed_irq,LIST");
	else
		finding_remedy(out, CHANGE_REBOOT, "boot with isolcpus=domain,managed_irq,LIST");
}

void check_isolated(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const bool version_2 = f->cgroup_root.state == FACT_READ;
	struct cpulist l;

	if (!isolated_cpus(f, &l)) {
		finding_unknown(out, "the list of isolated CPUs can't be read");
		return;
	}
	if (!lacks(need, &l, out)) {
		cpulist_fini(&l);
		return;
	}
	if (need->given && need->isolation && !(version_2 && capable(f, CAP_SYS_ADMIN_BIT))) {
		isolation_impossible(version_2, need, out);
	} else {
		finding_want(out, DOCTOR_WARNING, "the vCPUs' CPUs, but not thole's own",
			"other processes are scheduled where vCPUs are; thole pins vCPUs by itself, but moves others away only with "
			"--isolation");
		if (version_2)
			finding_remedy(out, CHANGE_NOW, "boot with isolcpus=domain,managed_irq,LIST");
		else
			finding_remedy(out, CHANGE_REBOOT, "boot with isolcpus=domain,managed_irq,LIST");
	}
	cpulist_fini(&l);
}

/* CONFIG_HZ, or 0. */
static unsigned ticks_per_second(const struct host_facts *f)
{
	static const struct {
		const char *option;
		unsigned hz;
	} rates[] = { { "HZ_100", 100 }, { "HZ_250", 250 }, { "HZ_300", 300 }, { "HZ_1000", 1000 } };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		if (ktext_config(fact_text(&f->config), rates[i].option) == 'y')
			return rates[i].hz;
	return 0;
}

void check_tickless(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	unsigned hz = ticks_per_second(f);
	char effect[200], often[32] = "";
	struct cpulist l;

	if (!fact_cpus(&f->nohz_full, &l)) {
		finding_unknown(out, "the list of nohz_full CPUs can't be read");
		return;
	}
	if (lacks(need, &l, out)) {
		if (hz)
			snprintf(often, sizeof(often), ", %u times a second", hz);
		snprintf(effect, sizeof(effect), "the host's timer tick takes the CPU from the guest%s, and each is an exit",
			often);
		finding_want(out, DOCTOR_WARNING, "the vCPUs' CPUs", effect);
		if (f->config.state == FACT_READ && ktext_config(f->config.text, "NO_HZ_FULL") != 'y')
			finding_remedy(out, CHANGE_REBOOT, "a kernel with CONFIG_NO_HZ_FULL, and nohz_full=LIST");
		else
			finding_remedy(out, CHANGE_REBOOT, "boot with nohz_full=LIST");
	}
	cpulist_fini(&l);
}

/* nohz_full CPUs have theirs off-loaded without being told. */
void check_rcu(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	struct cpulist l = { 0 }, more = { 0 }, online;
	char value[1024];

	if (f->cmdline.state != FACT_READ || !fact_cpus(&f->online, &online)) {
		finding_unknown(out, "the kernel's command line can't be read");
		return;
	}
	if (cmdline_has(f, "rcu_nocbs", value, sizeof(value)) && *value && online.nr &&
		ktext_cpus(&l, value, online.cpu[online.nr - 1]) != 0) {
		finding_unknown(out, "rcu_nocbs=%.40s is not understood", value);
		cpulist_fini(&online);
		return;
	}
	if (fact_cpus(&f->nohz_full, &more))
		cpus_unite(&l, &more);
	if (lacks(need, &l, out)) {
		finding_want(out, DOCTOR_ADVICE, "off-loaded from the vCPUs' CPUs", "the kernel frees memory of others there, at times "
			"of its own choosing");
		finding_remedy(out, CHANGE_REBOOT, "boot with rcu_nocbs=LIST; nohz_full=LIST implies it");
	}
	cpulist_fini(&more);
	cpulist_fini(&l);
	cpulist_fini(&online);
}

void check_smt(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	if (f->smt_active.state != FACT_READ) {
		finding_unknown(out, "no setting is shown");
		return;
	}
	if (!fact_on(&f->smt_active)) {
		finding_found(out, "off%s", strcmp(fact_text(&f->smt_control), "notsupported") == 0 ? ": there is none" : "");
		return;
	}
	finding_found(out, "on");
	if (need->given && !need->refusal && !need->smt) {
		finding_add(out, "; this run has one vCPU on each core");
		return;
	}
	if (need->given && !need->refusal)
		finding_add(out, "; vCPUs of this run share cores");
	finding_want(out, DOCTOR_ADVICE, "off, or siblings left idle", "two CPUs share one core's units: each is slower when the "
		"other is busy; thole leaves siblings idle by itself while there are enough cores");
	finding_remedy(out, CHANGE_NOW, "echo off > /sys/devices/system/cpu/smt/control; or ask for fewer vCPUs");
}

/* Of a governor's CPUs, those that count. */
static uint32_t governed(const struct fact_governor *g, const struct doctor_need *need)
{
	uint32_t nr = 0;

	if (!need->given || need->refusal)
		return g->cpus.nr;
	for (uint32_t i = 0; i < need->cpus.nr; i++)
		nr += cpulist_has(&g->cpus, need->cpus.cpu[i]);
	return nr;
}

void check_governor(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	bool good = true;
	uint32_t named = 0;

	if (!f->nr_governors) {
		finding_unknown(out, "no setting is shown: the firmware or a hypervisor may decide");
		return;
	}
	for (uint32_t i = 0; i < f->nr_governors; i++) {
		uint32_t nr = governed(&f->governor[i], need);

		if (!nr)
			continue;
		finding_add(out, "%s%s on %u CPU%s", named++ ? ", " : "", f->governor[i].name, nr, nr > 1 ? "s" : "");
		good &= strcmp(f->governor[i].name, "performance") == 0;
	}
	if (!named)
		finding_unknown(out, "none of this run's CPUs says");
	if (good)
		return;
	finding_want(out, DOCTOR_WARNING, "performance", "the clock follows the load late, and differs between runs");
	finding_remedy(out, CHANGE_NOW, "cpupower frequency-set -g performance");
}

void check_turbo(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	bool off;

	(void)need;
	if (f->no_turbo.state == FACT_READ) {
		off = fact_on(&f->no_turbo);
	} else if (f->boost.state == FACT_READ) {
		off = !fact_on(&f->boost);
	} else {
		finding_unknown(out, "no setting is shown");
		return;
	}
	finding_found(out, off ? "off" : "on");
	if (!off)
		return;
	finding_want(out, DOCTOR_ADVICE, "on for speed, off for figures that repeat", "slower than the processor can be");
	finding_remedy(out, CHANGE_NOW, f->no_turbo.state == FACT_READ ?
		"echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo" : "echo 1 > /sys/devices/system/cpu/cpufreq/boost");
}

#define IDLE_LATE_US 20

void check_idle(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact_idle *deepest = NULL;

	(void)need;
	if (!f->nr_idle) {
		if (f->idle_driver.state == FACT_UNKNOWN)
			finding_unknown(out, "the cpuidle files can't be read");
		else
			finding_found(out, "none beyond HLT");
		return;
	}
	for (uint32_t i = 0; i < f->nr_idle; i++)
		if (!fact_on(&f->idle[i].disabled))
			deepest = &f->idle[i];
	if (!deepest) {
		finding_found(out, "all disabled");
		return;
	}
	finding_found(out, "down to %s, %lld us to wake up", deepest->name, (long long)fact_number(&deepest->latency_us, -1));
	if (fact_number(&deepest->latency_us, -1) < 0)
		finding_unknown(out, "down to %s; how long it takes to wake up isn't known", deepest->name);
	else if (fact_number(&deepest->latency_us, 0) > IDLE_LATE_US) {
		finding_want(out, DOCTOR_ADVICE, "nothing above 20 us, for guests that wait", "a vCPU that halts wakes up late; a "
			"guest that only computes doesn't notice, and idle cores leave it more turbo");
		finding_remedy(out, CHANGE_NOW, "cpupower idle-set -D 20");
	}
}
