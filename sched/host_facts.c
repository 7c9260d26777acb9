/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_facts.c - read a host's condition: a table of single files, then what takes a directory.
 *
 * To add a fact: a member of struct host_facts, a row here, a check in doctor.c's table.
 */
#include "sched/host_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/host_files.h"
#include "sched/ktext.h"

#define CPU "sys/devices/system/cpu/"
#define MM "sys/kernel/mm/"
#define PARAMETER(module, name) "sys/module/" module "/parameters/" name

#define FACT(member) offsetof(struct host_facts, member)

/* Facts that are one file each. */
static const struct {
	size_t at;
	const char *path;
} texts[] = {
	{ FACT(cpuinfo), "proc/cpuinfo" },
	{ FACT(release), "proc/sys/kernel/osrelease" },
	{ FACT(cmdline), "proc/cmdline" },
	{ FACT(product), "sys/class/dmi/id/product_name" },
	{ FACT(clocksource), "sys/devices/system/clocksource/clocksource0/current_clocksource" },
	{ FACT(clocksources), "sys/devices/system/clocksource/clocksource0/available_clocksource" },
	{ FACT(ept), PARAMETER("kvm_intel", "ept") },
	{ FACT(npt), PARAMETER("kvm_amd", "npt") },
	{ FACT(apicv), PARAMETER("kvm_intel", "enable_apicv") },
	{ FACT(avic), PARAMETER("kvm_amd", "avic") },
	{ FACT(ipiv), PARAMETER("kvm_intel", "enable_ipiv") },
	{ FACT(pmu), PARAMETER("kvm", "enable_pmu") },
	{ FACT(pi_timer), PARAMETER("kvm", "pi_inject_timer") },
	{ FACT(interrupts), "proc/interrupts" },
	{ FACT(online), CPU "online" },
	{ FACT(isolated), CPU "isolated" },
	{ FACT(nohz_full), CPU "nohz_full" },
	{ FACT(partitions), "sys/fs/cgroup/cpuset.cpus.isolated" },
	{ FACT(smt_active), CPU "smt/active" },
	{ FACT(smt_control), CPU "smt/control" },
	{ FACT(no_turbo), CPU "intel_pstate/no_turbo" },
	{ FACT(boost), CPU "cpufreq/boost" },
	{ FACT(idle_driver), CPU "cpuidle/current_driver" },
	{ FACT(thp), MM "transparent_hugepage/enabled" },
	{ FACT(thp_shmem), MM "transparent_hugepage/shmem_enabled" },
	{ FACT(ksm), MM "ksm/run" },
	{ FACT(numa_balancing), "proc/sys/kernel/numa_balancing" },
	{ FACT(swaps), "proc/swaps" },
	{ FACT(tuned), "etc/tuned/active_profile" },
	{ FACT(limits), "proc/self/limits" },
	{ FACT(status), "proc/self/status" },
	{ FACT(rt_runtime), "proc/sys/kernel/sched_rt_runtime_us" },
	{ FACT(rt_period), "proc/sys/kernel/sched_rt_period_us" },
	{ FACT(nmi_watchdog), "proc/sys/kernel/nmi_watchdog" },
	{ FACT(cgroup), "proc/self/cgroup" },
	{ FACT(cgroup_root), "sys/fs/cgroup/cgroup.controllers" },
};

/* Facts that are no more than a file's being there. */
static const struct {
	size_t at;
	int mode;
	const char *path;
} accesses[] = {
	{ FACT(dev), F_OK, "dev" },
	{ FACT(kvm_device), R_OK | W_OK, "dev/kvm" },
	{ FACT(kvm_intel), F_OK, "sys/module/kvm_intel" },
	{ FACT(kvm_amd), F_OK, "sys/module/kvm_amd" },
	{ FACT(kvm_pvm), F_OK, "sys/module/kvm_pvm" },
	{ FACT(iommu_groups), F_OK, "sys/kernel/iommu_groups/0" },
	{ FACT(journal), F_OK, "run/thole/isolation.json" },
};

/* Facts that take more, but are texts all the same. */
static const size_t others[] = { FACT(config), FACT(cgroup_controllers), FACT(cgroup_writable) };

static struct fact *fact_at(struct host_facts *f, size_t at)
{
	return (struct fact *)(void *)((char *)f + at);
}

static void fact_fini(struct fact *f)
{
	free(f->text);
	*f = (struct fact){ 0 };
}

/* Where kernels keep their configuration, by distribution. */
static void config_read(struct host_files *h, struct host_facts *f)
{
	static const char *const paths[] = { "boot/config-%s", "lib/modules/%s/config",
		"usr/lib/modules/%s/config", "usr/lib/modules/%s/build/.config" };
	char path[160];

	f->config = host_files_text(h, "proc/config.gz");
	for (size_t i = 0; i < ARRAY_SIZE(paths) && f->config.state == FACT_ABSENT; i++) {
		const char *mark = strstr(paths[i], "%s");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)(mark - paths[i]), paths[i], fact_text(&f->release),
			mark + 2);
		f->config = host_files_text(h, "%s", path);
	}
}

/* Keep the first processor's lines; see whether the others have the same microcode. */
static void cpuinfo_cut(struct host_facts *f)
{
	char first[32], other[32];
	char *rest;

	if (f->cpuinfo.state != FACT_READ)
		return;
	rest = strstr(f->cpuinfo.text, "\n\n");
	if (!rest)
		return;
	*rest = 0;
	if (ktext_field(f->cpuinfo.text, "microcode", first, sizeof(first)) != 0)
		return;
	for (char *p = rest + 1; (p = strstr(p, "\nmicrocode")) != NULL; p++)
		if (ktext_field(p + 1, "microcode", other, sizeof(other)) == 0)
			f->microcode_mixed |= strcmp(first, other) != 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void vulnerability_read(struct host_files *h, const char *name, struct host_facts *f)
{
	void *grown = host_files_grow(h, f->vulnerability, &f->nr_vulnerabilities, sizeof(*f->vulnerability));
	struct fact_vulnerability *v;

	if (!grown)
		return;
	f->vulnerability = grown;
	v = &f->vulnerability[f->nr_vulnerabilities - 1];
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->state = host_files_text(h, CPU "vulnerabilities/%s", name);
}

static void iommu_read(struct host_files *h, const char *name, struct host_facts *f)
{
	void *grown = host_files_grow(h, f->iommu, &f->nr_iommus, sizeof(*f->iommu));
	struct fact_iommu *u;

	if (!grown)
		return;
	f->iommu = grown;
	u = &f->iommu[f->nr_iommus - 1];
	snprintf(u->name, sizeof(u->name), "%s", name);
	u->cap = host_files_text(h, "sys/class/iommu/%s/intel-iommu/cap", name);
	u->ecap = host_files_text(h, "sys/class/iommu/%s/intel-iommu/ecap", name);
	u->features = host_files_text(h, "sys/class/iommu/%s/amd-iommu/features", name);
}

static void governor_add(struct host_files *h, struct host_facts *f, const char *name, hcpu_t cpu)
{
	struct cpulist *l;
	hcpu_t *grown;
	uint32_t i = 0;

	while (i < f->nr_governors && strcmp(f->governor[i].name, name) != 0)
		i++;
	if (i == f->nr_governors) {
		void *more = host_files_grow(h, f->governor, &f->nr_governors, sizeof(*f->governor));

		if (!more)
			return;
		f->governor = more;
		snprintf(f->governor[i].name, sizeof(f->governor[i].name), "%s", name);
	}
	l = &f->governor[i].cpus;
	grown = host_files_grow(h, l->cpu, &l->nr, sizeof(*l->cpu));
	if (!grown)
		return;
	l->cpu = grown;
	l->cpu[l->nr - 1] = cpu;
}

static void governors_read(struct host_files *h, struct host_facts *f)
{
	struct cpulist online;
	int err = cpulist_parse(&online, fact_text(&f->online), NULL, NULL);

	for (uint32_t i = 0; i < online.nr && !err; i++) {
		struct fact g = host_files_text(h, CPU "cpu%d/cpufreq/scaling_governor", online.cpu[i].os);

		if (g.state == FACT_READ)
			governor_add(h, f, g.text, online.cpu[i]);
		fact_fini(&g);
		if (!f->nr_governors)
			break; /* no CPU has it when the first has not */
	}
	cpulist_fini(&online);
}

/* In the kernel's order, which is from shallow to deep. */
static void idle_read(struct host_files *h, struct host_facts *f)
{
	for (unsigned i = 0; i < 16; i++) {
		struct fact name = host_files_text(h, CPU "cpu0/cpuidle/state%u/name", i);
		struct fact_idle *s;
		void *grown;

		if (name.state != FACT_READ)
			break;
		grown = host_files_grow(h, f->idle, &f->nr_idle, sizeof(*f->idle));
		if (grown) {
			f->idle = grown;
			s = &f->idle[f->nr_idle - 1];
			snprintf(s->name, sizeof(s->name), "%s", name.text);
			s->latency_us = host_files_text(h, CPU "cpu0/cpuidle/state%u/latency", i);
			s->disabled = host_files_text(h, CPU "cpu0/cpuidle/state%u/disable", i);
		}
		fact_fini(&name);
	}
}

static int by_node(const void *a, const void *b)
{
	return ((const struct fact_node *)a)->id.os - ((const struct fact_node *)b)->id.os;
}

static void node_read(struct host_files *h, const char *name, struct host_facts *f)
{
	static const unsigned kb[FACT_PAGES] = { [FACT_PAGE_2M] = 2048, [FACT_PAGE_1G] = 1048576 };
	struct fact_node *n;
	void *grown;

	if (name[4] < '0' || name[4] > '9')
		return;
	grown = host_files_grow(h, f->node, &f->nr_nodes, sizeof(*f->node));
	if (!grown)
		return;
	f->node = grown;
	n = &f->node[f->nr_nodes - 1];
	n->id.os = (int)strtol(name + 4, NULL, 10);
	for (unsigned p = 0; p < FACT_PAGES; p++) {
		n->pages[p] = host_files_text(h, "sys/devices/system/node/%s/hugepages/hugepages-%ukB/nr_hugepages",
			name, kb[p]);
		n->free[p] = host_files_text(h, "sys/devices/system/node/%s/hugepages/hugepages-%ukB/free_hugepages",
			name, kb[p]);
	}
}

static void process_read(struct host_files *h, const char *name, struct host_facts *f)
{
	struct fact comm;
	uint32_t i = 0;
	void *grown;

	if (name[0] < '0' || name[0] > '9' || (h->live && strtol(name, NULL, 10) == getpid()))
		return;
	comm = host_files_text(h, "proc/%s/comm", name);
	while (i < f->nr_processes && strcmp(f->process[i].comm, fact_text(&comm)) != 0)
		i++;
	if (comm.state == FACT_READ && i == f->nr_processes) {
		grown = host_files_grow(h, f->process, &f->nr_processes, sizeof(*f->process));
		if (grown) {
			f->process = grown;
			snprintf(f->process[i].comm, sizeof(f->process[i].comm), "%s", comm.text);
		}
	}
	if (comm.state == FACT_READ && i < f->nr_processes)
		f->process[i].nr++;
	fact_fini(&comm);
}

/* With hidepid= the first process is another user's, and not there to be seen. */
static void processes_read(struct host_files *h, struct host_facts *f)
{
	struct fact first = host_files_access(h, F_OK, "proc/1/comm");

	f->processes_known = first.state == FACT_READ && host_files_each(h, "proc", "", process_read, f);
	fact_fini(&first);
}

/* This process's place in the unified hierarchy: the line "0::/path". */
static void cgroup_read(struct host_files *h, struct host_facts *f)
{
	char path[160];

	if (f->cgroup_root.state != FACT_READ || ktext_field(fact_text(&f->cgroup), "0:", path, sizeof(path)) != 0)
		return;
	f->cgroup_controllers = host_files_text(h, "sys/fs/cgroup%s/cgroup.controllers", path);
	f->cgroup_writable = host_files_access(h, W_OK, "sys/fs/cgroup%s/cgroup.procs", path);
}

int host_facts_read(const char *root, struct host_facts *f)
{
	struct host_files h;
	int err;

	*f = (struct host_facts){ 0 };
	if ((err = host_files_open(&h, root)) != 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*fact_at(f, texts[i].at) = host_files_text(&h, "%s", texts[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		*fact_at(f, accesses[i].at) = host_files_access(&h, accesses[i].mode, "%s", accesses[i].path);
	cpuinfo_cut(f);
	config_read(&h, f);
	host_files_each(&h, CPU "vulnerabilities", "", vulnerability_read, f);
	host_files_each(&h, "sys/class/iommu", "", iommu_read, f);
	host_files_each(&h, "sys/devices/system/node", "node", node_read, f);
	governors_read(&h, f);
	idle_read(&h, f);
	processes_read(&h, f);
	cgroup_read(&h, f);
	host_files_close(&h);
	if (h.err) {
		host_facts_fini(f);
		return h.err;
	}
	if (f->nr_vulnerabilities)
		qsort(f->vulnerability, f->nr_vulnerabilities, sizeof(*f->vulnerability), by_text);
	if (f->nr_iommus)
		qsort(f->iommu, f->nr_iommus, sizeof(*f->iommu), by_text);
	if (f->nr_nodes)
		qsort(f->node, f->nr_nodes, sizeof(*f->node), by_node);
	return 0;
}

static void nodes_fini(struct host_facts *f)
{
	for (uint32_t i = 0; i < f->nr_nodes; i++)
		for (unsigned p = 0; p < FACT_PAGES; p++) {
			fact_fini(&f->node[i].pages[p]);
			fact_fini(&f->node[i].free[p]);
		}
	free(f->node);
}

void host_facts_fini(struct host_facts *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		fact_fini(fact_at(f, texts[i].at));
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		fact_fini(fact_at(f, accesses[i].at));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		fact_fini(fact_at(f, others[i]));
	for (uint32_t i = 0; i < f->nr_vulnerabilities; i++)
		fact_fini(&f->vulnerability[i].state);
	for (uint32_t i = 0; i < f->nr_iommus; i++) {
		fact_fini(&f->iommu[i].cap);
		fact_fini(&f->iommu[i].ecap);
		fact_fini(&f->iommu[i].features);
	}
	for (uint32_t i = 0; i < f->nr_governors; i++)
		cpulist_fini(&f->governor[i].cpus);
	for (uint32_t i = 0; i < f->nr_idle; i++) {
		fact_fini(&f->idle[i].latency_us);
		fact_fini(&f->idle[i].disabled);
	}
	nodes_fini(f);
	free(f->vulnerability);
	free(f->iommu);
	free(f->governor);
	free(f->idle);
	free(f->process);
	*f = (struct host_facts){ 0 };
}

uint32_t host_facts_processes(const struct host_facts *f, const char *comm)
{
	for (uint32_t i = 0; i < f->nr_processes; i++)
		if (strcmp(f->process[i].comm, comm) == 0)
			return f->process[i].nr;
	return 0;
}
