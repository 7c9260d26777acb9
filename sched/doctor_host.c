/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_host.c - checks of the kernel and its settings, of who else runs, and of what this process may. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/doctor_checks.h"
#include "sched/ktext.h"

#define CAP_SYS_NICE_BIT 23

/* What acts where the processor enters or leaves a guest: Documentation/admin-guide/hw-vuln/. */
static const struct {
	const char *name;  /* in /sys/devices/system/cpu/vulnerabilities */
	const char *words; /* in its text */
	const char *what;
	bool costly; /* hundreds of cycles or more, or caches and predictions lost */
} exit_costs[] = {
	{ "l1tf", "cache flushes", "L1D flush", true },
	{ "mds", "Clear CPU buffers", "buffers cleared", true },
	{ "mmio_stale_data", "Clear CPU buffers", "buffers cleared", true },
	{ "reg_file_data_sampling", "Clear Register File", "registers cleared", true },
	{ "tsa", "Clear CPU buffers", "buffers cleared", true },
	{ "spectre_v2", "Mitigation: IBRS", "IBRS", true },
	{ "spectre_v2", "Retpolines", "retpolines", false },
	{ "spectre_v2", "PBRSB-eIBRS: SW sequence", "return stack", false },
	{ "spectre_v2", "KVM: SW loop", "branch history", false },
	{ "retbleed", "untrained return thunk", "return thunks", true },
	{ "retbleed", "Mitigation: IBRS", "IBRS", true },
	{ "spec_rstack_overflow", "Mitigation: Safe RET", "safe RET", true },
	{ "spec_rstack_overflow", "Mitigation: IBPB", "IBPB", true },
	{ "vmscape", "IBPB", "IBPB", true },
};

/* Adds them to what was found; is one of them costly? */
static bool exit_costs_add(const struct fact_vulnerability *v, uint32_t *nr, struct finding *out)
{
	bool costly = false;

	for (size_t i = 0; i < ARRAY_SIZE(exit_costs); i++) {
		if (strcmp(v->name, exit_costs[i].name) != 0 || !strstr(fact_text(&v->state), exit_costs[i].words))
			continue;
		finding_add(out, "%s%s (%s)", (*nr)++ ? ", " : "at exits: ", exit_costs[i].name, exit_costs[i].what);
		costly |= exit_costs[i].costly;
	}
	return costly;
}

void check_mitigations(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	bool costly = false;
	char value[64];
	uint32_t nr = 0;

	(void)need;
	if (!f->nr_vulnerabilities) {
		finding_unknown(out, "none are listed");
		return;
	}
	for (uint32_t i = 0; i < f->nr_vulnerabilities; i++)
		costly |= exit_costs_add(&f->vulnerability[i], &nr, out);
	if (!nr)
		finding_found(out, cmdline_has(f, "mitigations", value, sizeof(value)) && strcmp(value, "off") == 0 ?
			"off" : "none that is known to act at exits");
	if (!costly)
		return;
	finding_want(out, DOCTOR_ADVICE, "only what the trust in guests asks for", "each exit takes longer; a guest that computes "
		"has few of them");
	finding_remedy(out, CHANGE_REBOOT, "boot with mitigations=off, only if every guest and every user of this host is trusted");
}

static bool processes_seen(const struct host_facts *f, struct finding *out)
{
	if (!f->processes_known)
		finding_unknown(out, "other users' processes can't be seen");
	return f->processes_known;
}

/* irqbalance leaves isolated and nohz_full CPUs alone unless it is told otherwise. */
void check_irqbalance(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	struct cpulist isolated, tickless;
	bool spared, known;

	(void)need;
	if (!processes_seen(f, out))
		return;
	if (!host_facts_processes(f, "irqbalance")) {
		finding_found(out, "not running");
		return;
	}
	known = fact_cpus(&f->isolated, &isolated);
	known &= fact_cpus(&f->nohz_full, &tickless);
	spared = isolated.nr || tickless.nr;
	cpulist_fini(&isolated);
	cpulist_fini(&tickless);
	if (spared) {
		finding_found(out, "running; it leaves isolated and nohz_full CPUs alone");
		return;
	}
	if (!known) {
		finding_unknown(out, "running; on which CPUs is not shown");
		return;
	}
	finding_found(out, "running, and free to use every CPU");
	finding_want(out, DOCTOR_ADVICE, "kept off the vCPUs' CPUs", "it moves interrupts of devices to vCPUs' CPUs, and each there "
		"is an exit");
	finding_remedy(out, CHANGE_NOW, "IRQBALANCE_BANNED_CPULIST=LIST in its configuration, or systemctl stop irqbalance");
}

void check_tuned(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	static const char *const slow[] = { "balanced", "powersave", "desktop", "balanced-battery" };
	const char *profile = fact_text(&f->tuned);
	bool bad = false;

	(void)need;
	if (!processes_seen(f, out))
		return;
	if (!host_facts_processes(f, "tuned")) {
		finding_found(out, "not running");
		return;
	}
	finding_found(out, "running, profile %s", *profile ? profile : "not known");
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++)
		bad |= ktext_word(profile, slow[i]);
	if (!bad)
		return;
	finding_want(out, DOCTOR_ADVICE, "a profile for speed", "it sets governors and more, and sets them again after you did");
	finding_remedy(out, CHANGE_NOW, "tuned-adm profile virtual-host (or hpc-compute, cpu-partitioning)");
}

void check_watchdog(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->nmi_watchdog.state != FACT_READ) {
		finding_unknown(out, "kernel.nmi_watchdog can't be read");
		return;
	}
	finding_found(out, fact_on(&f->nmi_watchdog) ? "on" : "off");
	if (!fact_on(&f->nmi_watchdog))
		return;
	finding_want(out, DOCTOR_ADVICE, "off", "an NMI on each CPU every few seconds, and one hardware counter fewer for guests");
	finding_remedy(out, CHANGE_NOW, "sysctl kernel.nmi_watchdog=0");
}

void check_other_vms(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	/* As the kernel keeps them, 15 characters. */
	static const char *const monitors[] = { "thole", "qemu-system-x86", "qemu-kvm", "kvm", "lkvm", "cloud-hyperviso",
		"firecracker", "crosvm", "VBoxHeadless", "VirtualBoxVM", "vmware-vmx", "stratovirt" };
	uint32_t kinds = 0;

	(void)need;
	if (!processes_seen(f, out))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(monitors); i++) {
		uint32_t nr = host_facts_processes(f, monitors[i]);

		if (nr)
			finding_add(out, "%s%u x %s", kinds++ ? ", " : "", nr, monitors[i]);
	}
	if (!kinds) {
		finding_found(out, "none seen");
		return;
	}
	finding_want(out, DOCTOR_WARNING, "none", "they share memory bandwidth and caches, and CPUs too where nobody keeps them "
		"apart: thole doesn't know of theirs");
	finding_remedy(out, CHANGE_NOW, "give each monitor CPUs and nodes of its own (host-cpus, taskset, cpusets)");
}

void check_clock(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const char *clock = fact_text(&f->clocksource);
	bool nested = strstr(clock, "kvm-clock") || strstr(clock, "hyperv") || strstr(clock, "xen");

	(void)need;
	if (f->clocksource.state != FACT_READ) {
		finding_unknown(out, "the clock source can't be read");
		return;
	}
	finding_found(out, "%s", clock);
	if (strcmp(clock, "tsc") == 0)
		return;
	finding_want(out, nested ? DOCTOR_ADVICE : DOCTOR_WARNING, "tsc", nested ?
		"the time comes from the hypervisor below" :
		"each reading of the time is slow, on the host and in guests, which get no fast clock from KVM either");
	if (ktext_word(fact_text(&f->clocksources), "tsc"))
		finding_remedy(out, CHANGE_NOW, "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource");
	else
		finding_remedy(out, CHANGE_REBOOT, "the kernel doesn't trust the TSC: dmesg says why; update the firmware");
}

void check_microcode(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	char revision[32];

	(void)need;
	if (ktext_field(fact_text(&f->cpuinfo), "microcode", revision, sizeof(revision)) != 0) {
		finding_unknown(out, "/proc/cpuinfo doesn't say");
		return;
	}
	if (cpu_flag(f, "hypervisor")) {
		finding_unknown(out, "%s, says the hypervisor below", revision);
		return;
	}
	finding_found(out, "%s", revision);
	if (f->microcode_mixed) {
		finding_add(out, ", but not on every CPU");
		finding_want(out, DOCTOR_WARNING, "the same on every CPU", "CPUs may differ in features and speed");
		finding_remedy(out, CHANGE_REBOOT, "install intel-microcode or amd64-microcode, and update the firmware");
		return;
	}
	for (uint32_t i = 0; i < f->nr_vulnerabilities; i++)
		if (strcmp(f->vulnerability[i].name, "old_microcode") == 0 &&
			strncmp(fact_text(&f->vulnerability[i].state), "Vulnerable", 10) == 0) {
			finding_add(out, ", which the kernel calls old");
			finding_want(out, DOCTOR_ADVICE, "a current one", "faults of the processor that are long mended");
			finding_remedy(out, CHANGE_REBOOT, "install intel-microcode or amd64-microcode");
		}
}

/* What the other rows may ask for. */
static const char *const wanted_options[] = { "HUGETLBFS", "TRANSPARENT_HUGEPAGE", "CPUSETS", "NO_HZ_FULL",
	"RCU_NOCB_CPU", "CPU_ISOLATION", "NUMA", "IRQ_REMAP", "VFIO_PCI" };

/* thole is tested from Linux 5.14 on, which MADV_POPULATE_WRITE is from. */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 14

static bool release_old(const char *release)
{
	char *end;
	unsigned long major = strtoul(release, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

void check_config(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	uint32_t nr = 0;

	(void)need;
	if (f->release.state != FACT_READ) {
		finding_unknown(out, "the kernel's release can't be read");
		return;
	}
	finding_found(out, "Linux %s", f->release.text);
	if (release_old(f->release.text)) {
		finding_want(out, DOCTOR_WARNING, "5.14 or newer", "not tested with thole; guest memory can't be filled in advance");
		finding_remedy(out, CHANGE_REBOOT, "a newer kernel");
		return;
	}
	if (f->config.state != FACT_READ) {
		finding_unknown(out, "Linux %s; its configuration is neither in /proc/config.gz nor in /boot", f->release.text);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted_options); i++)
		if (ktext_config(f->config.text, wanted_options[i]) == 'n')
			finding_add(out, "%s%s", nr++ ? ", " : " without ", wanted_options[i]);
	if (!nr) {
		finding_add(out, ", with all that is asked for here");
		return;
	}
	finding_want(out, DOCTOR_ADVICE, "what other lines here ask for", "settings that depend on these have no effect");
	finding_remedy(out, CHANGE_REBOOT, "another kernel, if a line above needs one of them");
}

/* For each vCPU itself, and its statistics; and some for thole. */
void check_files(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	struct cpulist online;
	uint64_t limit, wanted;
	char text[64];

	if (ktext_limit(fact_text(&f->limits), "open files", &limit) != 0) {
		finding_unknown(out, "/proc/self/limits can't be read");
		return;
	}
	wanted = need->given && !need->refusal ? need->nr_vcpus : fact_cpus(&f->online, &online) ? online.nr : 0;
	if (!need->given || need->refusal)
		cpulist_fini(&online);
	wanted = 64 + 3 * wanted;
	if (limit == UINT64_MAX)
		finding_found(out, "no limit");
	else
		finding_found(out, "%" PRIu64 " at most", limit);
	if (limit >= wanted)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, wanted);
	finding_want(out, DOCTOR_WARNING, text, "a vCPU that gets no file descriptor can't start");
	finding_remedy(out, CHANGE_LOGIN, "ulimit -n %" PRIu64 "; \"USER - nofile %" PRIu64 "\" in /etc/security/limits.conf",
		wanted, wanted);
}

void check_rtprio(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	uint64_t limit;

	if (ktext_limit(fact_text(&f->limits), "realtime priority", &limit) != 0) {
		finding_unknown(out, "/proc/self/limits can't be read");
		return;
	}
	if (capable(f, CAP_SYS_NICE_BIT)) {
		finding_found(out, "any priority (CAP_SYS_NICE)");
		return;
	}
	finding_found(out, limit ? "priority %" PRIu64 " at most" : "no real-time priority", limit);
	if (need->given && limit >= need->fifo) {
		finding_add(out, need->fifo ? ", which is enough for this run" : "; this run asks for none");
		return;
	}
	if (!need->given && limit)
		return;
	finding_want(out, need->given ? DOCTOR_ERROR : DOCTOR_ADVICE, "as much as sched=fifo:PRIORITY asks for",
		"a run with sched=fifo fails; others don't need it");
	finding_remedy(out, CHANGE_LOGIN, "\"USER - rtprio 10\" in /etc/security/limits.conf; or without sched=fifo");
}

void check_throttle(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	int64_t runtime = fact_number(&f->rt_runtime, -1), period = fact_number(&f->rt_period, 1000000);

	if (f->rt_runtime.state == FACT_UNKNOWN) {
		finding_unknown(out, "kernel.sched_rt_runtime_us can't be read");
		return;
	}
	if (f->rt_runtime.state == FACT_ABSENT || runtime < 0 || runtime >= period) {
		finding_found(out, "real-time threads may run all the time");
		return;
	}
	finding_found(out, "real-time threads are stopped for %" PRId64 " of %" PRId64 " ms", (period - runtime) / 1000,
		period / 1000);
	if (need->given && !need->fifo) {
		finding_add(out, "; this run has none");
		return;
	}
	finding_want(out, !need->given ? DOCTOR_ADVICE : need->force ? DOCTOR_WARNING : DOCTOR_ERROR, "never, for sched=fifo",
		"with sched=fifo the guest loses that time, so such a run is refused unless it is forced; others don't notice");
	finding_remedy(out, CHANGE_NOW, "sysctl kernel.sched_rt_runtime_us=-1");
}

/* Lines here may show what thole has set rather than what the host has. */
void check_changes(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->journal.state != FACT_READ)
		return;
	finding_found(out, "thole has changed settings of this host, for a machine that runs or was killed");
	finding_want(out, DOCTOR_ADVICE, "", "other lines may show what thole has set, not what the host has");
	finding_remedy(out, CHANGE_NOW, "thole restore, which leaves what running machines need");
}

/* What isolates CPUs while the host runs; thole's partitions are below the process's own cgroup. */
void check_cgroup(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->cgroup.state != FACT_READ || f->cgroup_root.state == FACT_UNKNOWN) {
		finding_unknown(out, "/proc/self/cgroup or /sys/fs/cgroup can't be read");
		return;
	}
	if (f->cgroup_root.state == FACT_ABSENT) {
		finding_found(out, "version 1, or none");
		finding_want(out, DOCTOR_ADVICE, "version 2", "CPUs can't be isolated while the host runs, only at boot");
		finding_remedy(out, CHANGE_REBOOT, "boot with systemd.unified_cgroup_hierarchy=1, or a newer distribution");
		return;
	}
	if (ktext_word(fact_text(&f->cgroup_controllers), "cpuset") && f->cgroup_writable.state == FACT_READ) {
		finding_found(out, "version 2, with cpuset, writable");
		return;
	}
	finding_found(out, "version 2, %s", f->cgroup_writable.state == FACT_READ ? "without cpuset here" :
		"not writable by this user");
	finding_want(out, DOCTOR_ADVICE, "cpuset, delegated to this user", "only root can isolate CPUs while the host runs");
	finding_remedy(out, CHANGE_LOGIN, "Delegate=cpuset in user@.service, then systemd-run --user --scope -p Delegate=yes "
		"thole ...");
}
