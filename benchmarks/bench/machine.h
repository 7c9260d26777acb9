/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - this host, as far as it decides what can be measured, and where the programs are.
 *
 * Threads: one. machine_look() fills it, machine_fini() frees it. Errors: negative errno, reported.
 */
#ifndef BENCHMARKS_BENCH_MACHINE_H
#define BENCHMARKS_BENCH_MACHINE_H

#include "vmm/cpulist.h"
#include "vmm/util.h"

struct machine {
	char *thole;	    /* the program */
	char *programs;	    /* where native and the payloads are, in the build tree or installed */
	struct cpulist cpus; /* to be used: --cpus, or those that this process may run on */
	struct cpulist nodes; /* with memory, and one of those CPUs */
	char backend[32];   /* KVM's */
	bool nested_paging;
	bool page_1g;	    /* guests may have 1 GiB pages */
	bool emulated;	    /* this host is an emulator: its times mean nothing */
	char kernel[256];   /* a Linux that can be booted; "" if none */
	char mpiexec[64];    /* MPICH's; "" if none */
	bool kernel_installed; /* as thole exec wants one */
	uint64_t free_2m_mib, free_1g_mib; /* in the pools, after pool_take() */
	uint64_t available_mib;		   /* beside them: what the kernel can make free */
};

/* cpus: --cpus, or NULL. thole: the program's path. */
int machine_look(struct machine *m, const char *cpus, const char *thole, const char *kernel) must_check;

/* Read the pools of huge pages, and the rest (again). */
void machine_look_pages(struct machine *m);

void machine_fini(struct machine *m);

/* "programs/name" as a path; the caller frees it. Ends the process without memory. */
char *machine_path(const struct machine *m, const char *name, const char *suffix);

/* Interrupts that those CPUs have taken since boot, of every kind. */
uint64_t machine_interrupts(const struct cpulist *cpus);

/* Milliseconds that a hypervisor below this host has kept those CPUs from it since boot, in steps of about 10 ms. */
uint64_t machine_steal_ms(const struct cpulist *cpus);

#endif
