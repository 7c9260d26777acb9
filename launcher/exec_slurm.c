/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_slurm.c - names, masks and counts out of SLURM_... */
#include "launcher/exec_slurm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/berth.h"
#include "vmm/util.h"

/* Steps from here on are none of srun's: the batch script's, an interactive shell's, and others' (slurm.h). */
#define STEP_OWN 0xfffffff0u

static const char *text_of(const char *name)
{
	const char *text = getenv(name);

	return text && *text ? text : NULL;
}

/* UINT32_MAX: there is none. */
static uint32_t number_of(const char *name)
{
	const char *text = text_of(name);
	char *end;
	unsigned long v = text ? strtoul(text, &end, 10) : 0;

	return text && end != text && !*end && v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static void name_print(char *name, size_t size, const char *job, const char *step)
{
	snprintf(name, size, "slurm-%.20s%s%.20s", job, step ? "." : "", step ? step : "");
	berth_name_clean(name);
}

bool slurm_job_name(char *name, size_t size)
{
	const char *job = text_of("SLURM_JOB_ID");

	if (job)
		name_print(name, size, job, NULL);
	return job != NULL;
}

bool slurm_step_name(char *name, size_t size)
{
	const char *job = text_of("SLURM_JOB_ID"), *step = text_of("SLURM_STEP_ID");
	uint32_t number = number_of("SLURM_STEP_ID");

	if (!job || !step || (number >= STEP_OWN && number != UINT32_MAX))
		return false;
	name_print(name, size, job, step);
	return true;
}

/* A mask in hexadecimal, of which the last digit is CPUs 0 to 3. */
static bool mask_add(const char *text, size_t len, cpu_set_t *set)
{
	if (len > 2 && text[0] == '0' && text[1] == 'x') {
		text += 2;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++) {
		char digit[2] = { text[len - 1 - i], 0 };
		unsigned long bits = strtoul(digit, NULL, 16);

		if (!isxdigit((unsigned char)*digit) || (bits && 4 * i + 3 >= CPU_SETSIZE))
			return false;
		for (size_t bit = 0; bit < 4; bit++)
			if (bits >> bit & 1)
				CPU_SET(4 * i + bit, set);
	}
	return len > 0;
}

static bool number_add(const char *text, size_t len, cpu_set_t *set)
{
	char *end;
	unsigned long cpu = strtoul(text, &end, 0);

	if (!len || end != text + len || cpu >= CPU_SETSIZE)
		return false;
	CPU_SET(cpu, set);
	return true;
}

bool slurm_step_cpus(cpu_set_t *set)
{
	const char *type = text_of("SLURM_CPU_BIND_TYPE"), *list = text_of("SLURM_CPU_BIND_LIST");
	bool masks = type && strncmp(type, "mask_cpu", 8) == 0;

	CPU_ZERO(set);
	if (!list || (!masks && (!type || strncmp(type, "map_cpu", 7) != 0)))
		return false;
	for (size_t len;; list += len + 1) {
		size_t word;

		len = strcspn(list, ",");
		word = min(len, strcspn(list, "*")); /* "0x3*2": for two tasks */
		if (!(masks ? mask_add : number_add)(list, word, set))
			return false;
		if (!list[len])
			return CPU_COUNT(set) > 0;
	}
}

/* "2(x3),1": 2 on each of the first three nodes, 1 on the next. */
uint32_t slurm_tasks_here(void)
{
	const char *list = text_of("SLURM_STEP_TASKS_PER_NODE");
	uint32_t node = number_of("SLURM_NODEID");

	for (uint64_t at = 0; list && node != UINT32_MAX;) {
		char *end;
		unsigned long tasks = strtoul(list, &end, 10), nodes = 1;

		if (end == list || tasks > UINT32_MAX)
			return 0;
		if (strncmp(end, "(x", 2) == 0) {
			nodes = strtoul(end + 2, &end, 10);
			if (*end++ != ')' || !nodes || nodes > UINT32_MAX)
				return 0;
		}
		at += nodes;
		if (node < at)
			return (uint32_t)tasks;
		if (*end != ',')
			return 0;
		list = end + 1;
	}
	return 0;
}

uint64_t slurm_memory(void)
{
	uint32_t node = number_of("SLURM_MEM_PER_NODE"), cpu = number_of("SLURM_MEM_PER_CPU");
	uint32_t cpus = number_of("SLURM_CPUS_ON_NODE");

	if (node != UINT32_MAX)
		return (uint64_t)node << 20;
	return cpu != UINT32_MAX && cpus != UINT32_MAX ? ((uint64_t)cpu << 20) * cpus : 0;
}
