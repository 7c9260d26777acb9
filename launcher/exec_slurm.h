/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_slurm.h - what Slurm tells of a job in environment variables: srun(1), "OUTPUT ENVIRONMENT VARIABLES".
 *
 * Slurm ends what a step has left behind by SIGKILL, the step's machine too. So each step has a machine of its own,
 * but where the batch script has started one for the whole job (thole exec --keep), in which steps then join.
 *
 * Threads: main. All are pure but for getenv().
 */
#ifndef LAUNCHER_EXEC_SLURM_H
#define LAUNCHER_EXEC_SLURM_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "slurm-JOB", the machine of a whole job; false: there is no job. */
bool slurm_job_name(char *name, size_t size);

/* "slurm-JOB.STEP"; false: this is no step of srun's, but the batch script or an interactive shell. */
bool slurm_step_name(char *name, size_t size);

/* The CPUs of all tasks of the step here, where srun binds them; false: it does not say. */
bool slurm_step_cpus(cpu_set_t *set);

/* How many tasks of the step are here; 0: it does not say. */
uint32_t slurm_tasks_here(void);

/* The job's limit here, in bytes; 0: it does not say. */
uint64_t slurm_memory(void);

#endif
