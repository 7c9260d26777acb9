/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurm.c - what Slurm says of a job in its environment, which whoever starts a program can say, too. */
#include <stdlib.h>
#include <string.h>

#include "launcher/exec_slurm.h"
#include "tests/fuzz/fuzz.h"
#include "vmm/util.h"

#define NAME_ROOM 64

/* The input is their values, in this order, each ended by a newline; those that it has none for are not set. */
static const char *const variables[] = { "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_CPU_BIND_TYPE", "SLURM_CPU_BIND_LIST",
	"SLURM_STEP_TASKS_PER_NODE", "SLURM_NODEID", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE" };

static void variables_set(char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		char *value = text ? strsep(&text, "\n") : NULL;

		if (value)
			setenv(variables[i], value, 1);
		else
			unsetenv(variables[i]);
	}
}

/* A name that is a file's, and no way out of its directory. */
static void name_check(const char *name)
{
	if (strlen(name) >= NAME_ROOM - 1 || strchr(name, '/') || strncmp(name, "slurm-", 6) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), name[NAME_ROOM];
	cpu_set_t cpus;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	variables_set(text);
	if (slurm_job_name(name, sizeof(name)))
		name_check(name);
	if (slurm_step_name(name, sizeof(name)))
		name_check(name);
	if (slurm_step_cpus(&cpus) && CPU_COUNT(&cpus) == 0)
		abort();
	(void)slurm_tasks_here();
	(void)slurm_memory();
	free(text);
	return 0;
}
