/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_facts.h - what a host's /proc and /sys say about its fitness for guests, as a value.
 *
 *   host_facts_read() -> doctor_check() (doctor.h) -> host_facts_fini()
 *
 * Reading decides nothing: a fact is the text of a file, or the knowledge that there is no such file,
 * or neither. It needs no rights; what an ordinary user may not read is not known.
 *
 * Where numa/host.h tells the planner the shape of the machine, this tells its condition.
 *
 * Threads: a value; read once, then any. Ownership: the facts own their texts; host_facts_fini() frees
 * them. Errors: -ENOMEM, -ELIBACC without zlib, or -errno of opening the root; not reported.
 */
#ifndef SCHED_HOST_FACTS_H
#define SCHED_HOST_FACTS_H

#include "vmm/cpulist.h"
#include "vmm/types.h"
#include "vmm/util.h"

enum fact_state {
	FACT_UNKNOWN, /* may be there, but could not be read */
	FACT_ABSENT,  /* there is no such file: the kernel or the machine has no such thing */
	FACT_READ,
};

struct fact {
	enum fact_state state;
	char *text; /* READ: without a newline at the end; else NULL */
};

/* "" if it was not read. */
static inline const char *fact_text(const struct fact *f)
{
	return f->state == FACT_READ ? f->text : "";
}

enum fact_page { FACT_PAGE_2M, FACT_PAGE_1G, FACT_PAGES };

struct fact_node {
	hnode_t id;
	struct fact pages[FACT_PAGES]; /* nr_hugepages */
	struct fact free[FACT_PAGES];  /* free_hugepages */
};


struct fact_iommu {
	char name[24];
	struct fact cap, ecap; /* Intel: hexadecimal registers of VT-d */
	struct fact features;  /* AMD: the extended feature register */
};

struct fact_vulnerability {
	char name[40];
	struct fact state;
};

struct fact_governor {
	char name[24];
	struct cpulist cpus;
};

struct fact_idle {
	char name[24];
	struct fact latency_us, disabled; /* of the first CPU */
};

struct fact_process {
	char comm[24]; /* the kernel keeps 15 characters */
	uint32_t nr;
};

struct host_facts {
	/* The processor and the kernel. */
	struct fact cpuinfo;  /* the first processor's lines only */
	bool microcode_mixed; /* processors differ in their microcode */
	struct fact release, cmdline, config, product;
	struct fact clocksource, clocksources;

	/* KVM and what it is given. */
	struct fact dev;        /* "" if there is a /dev */
	struct fact kvm_device; /* "" if it can be opened for reading and writing */
	struct fact kvm_intel, kvm_amd, kvm_pvm; /* "" if the module is there */
	struct fact ept, npt, apicv, avic, ipiv, pmu, pi_timer;
	struct fact interrupts;   /* /proc/interrupts */
	struct fact iommu_groups; /* "" if there is at least one */
	uint32_t nr_iommus;
	struct fact_iommu *iommu;

	/* CPUs. */
	struct fact online, isolated, nohz_full, partitions, smt_active, smt_control;
	struct fact no_turbo, boost, idle_driver;
	uint32_t nr_governors;
	struct fact_governor *governor; /* none: the kernel doesn't manage frequencies */
	uint32_t nr_idle;
	struct fact_idle *idle;
	uint32_t nr_vulnerabilities;
	struct fact_vulnerability *vulnerability;

	/* Memory. */
	uint32_t nr_nodes;
	struct fact_node *node; /* ascending */
	struct fact thp, thp_shmem, numa_balancing, ksm, swaps;

	/* Who else runs, and what this process may do. */
	bool processes_known; /* are other users' processes to be seen? */
	uint32_t nr_processes;
	struct fact_process *process;
	struct fact tuned, limits, status, rt_runtime, rt_period, nmi_watchdog;
	struct fact journal;            /* "" if thole has changed settings here (journal.h) */
	struct fact cgroup;             /* /proc/self/cgroup */
	struct fact cgroup_root;        /* cgroup.controllers of the root: there in version 2 only */
	struct fact cgroup_controllers; /* of this process's own */
	struct fact cgroup_writable;    /* "" if this process may make cgroups below its own */
};

/* root: "/" for this machine, or a directory that holds a copy of its proc/ and sys/. A copy of a file
 * that could not be read is a symbolic link to itself. */
int host_facts_read(const char *root, struct host_facts *f) must_check;

void host_facts_fini(struct host_facts *f);

/* The processes of that name. */
uint32_t host_facts_processes(const struct host_facts *f, const char *comm);

#endif
