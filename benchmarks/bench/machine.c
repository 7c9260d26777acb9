/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.c - see machine.h. */
#include "benchmarks/bench/machine.h"

#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"
#include "launcher/kernel_list.h"
#include "sched/affinity.h"
#include "vmm/cpuid.h"
#include "vmm/kvm.h"
#include "vmm/log.h"

#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_PAGE_1G    (1u << 26) /* 0x80000001 EDX */

char *machine_path(const struct machine *m, const char *name, const char *suffix)
{
	return text_format("%s/%s%s", m->programs, name, suffix);
}

/* QEMU's TCG says so in the hypervisor's leaf. */
static bool is_emulated(void)
{
	unsigned a, b, c, d;
	char name[13] = "";

	__cpuid(1, a, b, c, d);
	if (!(c & 1u << 31))
		return false;
	__cpuid(CPUID_HYPERVISOR, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	return strcmp(name, "TCGTCGTCGTCG") == 0;
}

static int kvm_look(struct machine *m)
{
	struct kvm_cpuid2 *supported;
	const struct kvm_cpuid_entry2 *e;
	struct kvm kvm;
	int err = kvm_open(&kvm, "/dev/kvm");

	if (err)
		return err;
	snprintf(m->backend, sizeof(m->backend), "%s", kvm.backend.name);
	m->nested_paging = kvm.backend.nested_paging;
	supported = kvm_supported_cpuid(&kvm, &err);
	e = supported ? cpuid_find(supported, 0x80000001, 0) : NULL;
	m->page_1g = e && e->edx & CPUID_PAGE_1G;
	free(supported);
	kvm_close(&kvm);
	return err;
}

/* --cpus, each of which must be one of ours; without it, all of ours. */
static int cpus_choose(struct machine *m, const char *cpus)
{
	struct affinity a;
	const char *why;
	size_t at;
	int err = affinity_get(&a);

	if (err)
		return log_errno(err, "cannot tell on which CPUs this process may run: %m");
	if (cpus && cpulist_parse(&m->cpus, cpus, &why, &at) != 0)
		return log_errno(-EINVAL, "--cpus: %s at \"%.32s\"; a list looks like 0-7,16-23", why, cpus + at);
	for (int i = 0; i < CPULIST_MAX && !cpus; i++) {
		if (!CPU_ISSET_S((size_t)i, sizeof(a.set), a.set))
			continue;
		m->cpus.cpu = grow(m->cpus.cpu, m->cpus.nr, sizeof(*m->cpus.cpu));
		m->cpus.cpu[m->cpus.nr++].os = i;
	}
	for (uint32_t i = 0; i < m->cpus.nr; i++)
		if (!CPU_ISSET_S((size_t)m->cpus.cpu[i].os, sizeof(a.set), a.set))
			return log_errno(-EINVAL, "--cpus: this process may not run on CPU %d; `taskset -pc $$` shows on "
				"which it may", m->cpus.cpu[i].os);
	return m->cpus.nr ? 0 : log_errno(-EINVAL, "--cpus: there is no CPU in the list");
}

static void nodes_find(struct machine *m)
{
	for (uint32_t i = 0; i < m->cpus.nr; i++) {
		int of_cpu = numa_available() < 0 ? 0 : numa_node_of_cpu(m->cpus.cpu[i].os);
		hcpu_t node = { of_cpu < 0 ? 0 : of_cpu };
		uint32_t at;

		if (cpulist_has(&m->nodes, node))
			continue;
		m->nodes.cpu = grow(m->nodes.cpu, m->nodes.nr, sizeof(*m->nodes.cpu));
		for (at = m->nodes.nr++; at && m->nodes.cpu[at - 1].os > node.os; at--)
			m->nodes.cpu[at] = m->nodes.cpu[at - 1];
		m->nodes.cpu[at] = node;
	}
}

static uint64_t node_free_mib(int node, const char *size, uint64_t mib_each)
{
	char *path = text_format("/sys/devices/system/node/node%d/hugepages/hugepages-%s/free_hugepages", node, size);
	char *text = text_file(path);
	uint64_t n = text ? strtoull(text, NULL, 10) : 0;

	free(path);
	free(text);
	return n * mib_each;
}

/* proc(5): "MemAvailable:   12345 kB" */
static uint64_t available_mib(void)
{
	static const char name[] = "MemAvailable:";
	char *text = text_file("/proc/meminfo"), *line = text ? strstr(text, name) : NULL;
	uint64_t kib = line ? strtoull(line + strlen(name), NULL, 10) : 0;

	free(text);
	return kib >> 10;
}

void machine_look_pages(struct machine *m)
{
	m->free_2m_mib = m->free_1g_mib = UINT64_MAX;
	for (uint32_t i = 0; i < m->nodes.nr; i++) {
		m->free_2m_mib = min(m->free_2m_mib, node_free_mib(m->nodes.cpu[i].os, "2048kB", 2));
		m->free_1g_mib = min(m->free_1g_mib, node_free_mib(m->nodes.cpu[i].os, "1048576kB", 1024));
	}
	m->available_mib = available_mib();
}

static int programs_find(struct machine *m)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *probe;
	int err = 0;

	if (n < 0)
		return log_errno(-errno, "cannot find out where this program is: %m");
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	m->programs = text_format("%s", self);
	probe = machine_path(m, "kernels/stream", ".elf");
	if (access(probe, R_OK) < 0)
		err = log_errno(-errno, "%s: %m; `make benches` builds the benchmarks, `make install` installs them", probe);
	free(probe);
	return err;
}

/* What --kernel names, or the one that runs here. */
static void kernel_find(struct machine *m, const char *kernel)
{
	struct utsname u;

	if (kernel) {
		snprintf(m->kernel, sizeof(m->kernel), "%s", kernel);
	} else if (uname(&u) == 0) {
		snprintf(m->kernel, sizeof(m->kernel), "/boot/vmlinuz-%s", u.release);
		if (access(m->kernel, R_OK) < 0)
			m->kernel[0] = '\0';
	}
}

/* Another MPI may be the default one. */
static void mpi_find(struct machine *m)
{
	static const char *const places[] = { "/usr/bin/mpiexec.mpich", "/usr/bin/mpiexec.hydra", "/usr/local/bin/mpiexec.hydra",
		"/usr/lib64/mpich/bin/mpiexec" };

	for (size_t i = 0; i < ARRAY_SIZE(places) && !*m->mpiexec; i++)
		if (access(places[i], X_OK) == 0)
			snprintf(m->mpiexec, sizeof(m->mpiexec), "%s", places[i]);
}

static bool kernel_is_installed(void)
{
	struct kernel_list list;
	bool is = kernel_list_make(&list, "") == 0 && list.nr;

	kernel_list_fini(&list);
	return is;
}

int machine_look(struct machine *m, const char *cpus, const char *thole, const char *kernel)
{
	int err;

	*m = (struct machine){ .thole = text_format("%s", thole), .emulated = is_emulated() };
	if ((err = programs_find(m)) != 0 || (err = cpus_choose(m, cpus)) != 0 || (err = kvm_look(m)) != 0)
		return err;
	nodes_find(m);
	machine_look_pages(m);
	kernel_find(m, kernel);
	mpi_find(m);
	m->kernel_installed = m->nested_paging && kernel_is_installed();
	return 0;
}

void machine_fini(struct machine *m)
{
	cpulist_fini(&m->cpus);
	cpulist_fini(&m->nodes);
	free(m->thole);
	free(m->programs);
	*m = (struct machine){ 0 };
}

/* A line of /proc/interrupts: "  1:   5   7  IO-APIC ..."; columns are those CPUs that are online. */
static uint64_t line_sum(const char *line, const struct cpulist *cpus, const int *column, uint32_t nr_columns)
{
	const char *at = strchr(line, ':');
	uint64_t sum = 0;

	for (uint32_t i = 0; at && i < nr_columns; i++) {
		char *end;
		uint64_t n = strtoull(at + 1, &end, 10);

		if (end == at + 1)
			break;
		if (cpulist_has(cpus, (hcpu_t){ column[i] }))
			sum += n;
		at = end - 1;
	}
	return sum;
}

uint64_t machine_interrupts(const struct cpulist *cpus)
{
	char *text = text_file("/proc/interrupts"), *at = text, *line;
	int column[CPULIST_MAX];
	uint32_t nr = 0;
	uint64_t sum = 0;

	line = text ? strsep(&at, "\n") : NULL;
	for (char *p = line; p && (p = strstr(p, "CPU")) && nr < ARRAY_SIZE(column); p += 3)
		column[nr++] = atoi(p + 3);
	while (at && (line = strsep(&at, "\n")))
		sum += line_sum(line, cpus, column, nr);
	free(text);
	return sum;
}

/* proc(5): "cpu3 user nice system idle iowait irq softirq steal ...", in clock ticks. */
uint64_t machine_steal_ms(const struct cpulist *cpus)
{
	char *text = text_file("/proc/stat"), *at = text, *line;
	unsigned long long steal, sum = 0;
	int cpu;

	while (at && (line = strsep(&at, "\n")))
		if (sscanf(line, "cpu%d %*u %*u %*u %*u %*u %*u %*u %llu", &cpu, &steal) == 2 && line[3] != ' ' &&
			cpulist_has(cpus, (hcpu_t){ cpu }))
			sum += steal;
	free(text);
	return sum * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}
