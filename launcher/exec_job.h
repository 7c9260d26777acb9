/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_job.h - which job a program belongs to, and so which machine; and what of this host is the job's.
 *
 *   --job ID, else Slurm's (exec_slurm.h), else the Hydra proxy that started us, else none: then the machine is
 *   this program's alone.
 *
 * Threads: main. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_EXEC_JOB_H
#define LAUNCHER_EXEC_JOB_H

#include <sched.h>
#include <sys/types.h>

#include "launcher/berth.h"
#include "launcher/config.h"

struct exec_job {
	char name[BERTH_NAME_MAX + 1]; /* of its machine on this host */
	char job[BERTH_NAME_MAX + 1];  /* without what tells its machines here apart */
	uint32_t rank;       /* in the job; 0 if it has none */
	uint32_t local_rank; /* among those of this host */
	uint32_t local_size; /* how many there are here; 1 if it isn't known */
	pid_t launcher;      /* who started the job's ranks here; 0: not known */
	bool swept;	     /* what is left when the last rank ends is killed: by Slurm */
	cpu_set_t own;       /* CPUs that this process may use */
	cpu_set_t all;       /* and those of the whole job here */
};

/* id: --job's, or NULL. */
int exec_job_find(struct exec_job *j, const char *id, enum config_granularity granularity) must_check;

/* The name of a job's machine from environment variables, and what runs here; false: they name no job. */
bool exec_job_from_batch(char name[static BERTH_NAME_MAX + 1]);

/* The CPUs that the machine of j gets: all, those of its node, or its rank's share. */
void exec_job_cpus(const struct exec_job *j, enum config_granularity granularity, cpu_set_t *cpus);

/*
 * The address of a machine with a network, of the job and of the rank that started it, which no two of a
 * job's machines have in common: "10.J.R.R/8". Pure.
 */
void exec_job_address(const char *name, uint32_t rank, char text[static 32]);

/* What isn't given follows from the job: CPUs, memory, kernel, root, agent, vsock. */
int exec_job_defaults(const struct exec_job *j, struct run_config *c) must_check;

/* The nr'th of size equal parts of a set; the whole if it has fewer CPUs than parts. Pure. */
void exec_cpus_share(const cpu_set_t *set, uint32_t nr, uint32_t size, cpu_set_t *share);

#endif
