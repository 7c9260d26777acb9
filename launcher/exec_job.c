/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_job.c - environment variables of batch systems, ancestors in /proc, and CPU sets. */
#include "launcher/exec_job.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/exec_slurm.h"
#include "launcher/option.h"
#include "vmm/log.h"

/* As many as a kernel can have. */
#define NODES_MAX 1024u

static uint32_t env_number(const char *const *names, uint32_t otherwise)
{
	for (; *names; names++) {
		const char *text = getenv(*names);
		char *end;
		unsigned long v = text ? strtoul(text, &end, 10) : 0;

		if (text && end != text && v < 1u << 30)
			return (uint32_t)v;
	}
	return otherwise;
}

/* Does a machine of that name run here? */
static bool runs(const char *name)
{
	char path[PATH_MAX];
	int harbour = harbour_open(path), fd;

	if (harbour < 0)
		return false;
	fd = berth_connect(harbour, name);
	close(harbour);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool exec_job_from_batch(char name[static BERTH_NAME_MAX + 1])
{
	char step[BERTH_NAME_MAX + 1];

	if (!slurm_job_name(name, BERTH_NAME_MAX + 1))
		return false;
	if (slurm_step_name(step, sizeof(step)) && !runs(name))
		memcpy(name, step, sizeof(step));
	return true;
}

/* The name, the parent and the start of a process: /proc/PID/stat, proc(5). */
static bool process_read(pid_t pid, char comm[static 32], pid_t *parent, unsigned long long *start)
{
	char path[32], text[1024], *open_p, *close_p;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	open_p = strchr(text, '(');
	close_p = strrchr(text, ')');
	if (!open_p || !close_p || close_p < open_p)
		return false;
	snprintf(comm, 32, "%.*s", (int)(close_p - open_p - 1), open_p + 1);
	return sscanf(close_p + 2, /* NOLINT(cert-err34-c): the kernel's own numbers */
		       "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", parent, start) == 2;
}

/* The one who started the ranks here: Hydra's proxy or Slurm's step daemon, the next above us. */
static void launcher_find(struct exec_job *j, unsigned long long *start)
{
	unsigned long long began;
	pid_t pid = getppid(), parent;
	char comm[32];

	for (int depth = 0; pid > 1 && depth < 32 && process_read(pid, comm, &parent, &began); depth++) {
		bool slurm = strncmp(comm, "slurmstepd", 10) == 0;

		if (!j->launcher && (slurm || strcmp(comm, "hydra_pmi_proxy") == 0)) {
			j->launcher = pid;
			*start = began;
		}
		j->swept |= slurm;
		pid = parent;
	}
}

static void job_name(struct exec_job *j, const char *id)
{
	unsigned long long start = 0;

	launcher_find(j, &start);
	if (id)
		snprintf(j->name, sizeof(j->name), "job-%.48s", id);
	else if (exec_job_from_batch(j->name))
		return;
	else if (j->launcher && (getenv("PMI_FD") || getenv("PMI_PORT")))
		snprintf(j->name, sizeof(j->name), "mpi-%d-%llu", j->launcher, start);
	else
		snprintf(j->name, sizeof(j->name), "exec-%d", getpid());
	berth_name_clean(j->name);
}

static bool node_has(uint32_t node, size_t cpu)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpu%zu", node, cpu);
	return access(path, F_OK) == 0;
}

/* Those of a set's CPUs that a host node has. */
static void node_cpus(uint32_t node, const cpu_set_t *of, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, of) && node_has(node, cpu))
			CPU_SET(cpu, set);
}

/* The host node of a set's first CPU. */
static uint32_t node_of(const cpu_set_t *set)
{
	size_t cpu = 0;

	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, set))
		cpu++;
	for (uint32_t node = 0; node < NODES_MAX; node++)
		if (node_has(node, cpu))
			return node;
	return 0;
}

/* On how many host nodes a set's CPUs are; 1 if the host says nothing of nodes. */
static uint32_t nodes_count(const cpu_set_t *set)
{
	cpu_set_t left = *set, of;
	uint32_t nr = 0;

	for (uint32_t node = 0; node < NODES_MAX && CPU_COUNT(&left); node++) {
		node_cpus(node, &left, &of);
		nr += CPU_COUNT(&of) != 0;
		CPU_XOR(&left, &left, &of);
	}
	return max(nr, 1u);
}

void exec_cpus_share(const cpu_set_t *set, uint32_t nr, uint32_t size, cpu_set_t *share)
{
	uint32_t count = (uint32_t)CPU_COUNT(set), at = 0;

	*share = *set;
	if (size < 2 || count < size)
		return;
	CPU_ZERO(share);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, set))
			continue;
		if (at++ * size / count == nr % size)
			CPU_SET(cpu, share);
	}
}

/* Bound by its launcher to a part of the job's CPUs, or free? */
static void rank_cpus(const struct exec_job *j, cpu_set_t *cpus)
{
	if (CPU_COUNT(&j->own) < CPU_COUNT(&j->all))
		*cpus = j->own;
	else
		exec_cpus_share(&j->all, j->local_rank, j->local_size, cpus);
}

void exec_job_cpus(const struct exec_job *j, enum config_granularity granularity, cpu_set_t *cpus)
{
	*cpus = j->all;
	if (granularity == CONFIG_GRANULARITY_NODE)
		return;
	rank_cpus(j, cpus);
	if (granularity == CONFIG_GRANULARITY_NUMA)
		node_cpus(node_of(cpus), &j->all, cpus);
	if (!CPU_COUNT(cpus)) /* a host that says nothing of nodes */
		*cpus = j->all;
}

/* As srun says; else those of whoever has started the ranks: slurmstepd itself is bound only where cgroups bind it. */
static int cpus_find(struct exec_job *j)
{
	if (sched_getaffinity(0, sizeof(j->own), &j->own) < 0)
		return log_errno(-errno, "cannot read the CPUs of this process: %m");
	if (!slurm_step_cpus(&j->all) && (!j->launcher || sched_getaffinity(j->launcher, sizeof(j->all), &j->all) < 0))
		j->all = j->own;
	CPU_OR(&j->all, &j->all, &j->own);
	return 0;
}

int exec_job_find(struct exec_job *j, const char *id, enum config_granularity granularity)
{
	uint32_t here = slurm_tasks_here();
	cpu_set_t cpus;
	size_t len;
	int err;

	*j = (struct exec_job){
		.rank = env_number((const char *[]){ "PMI_RANK", "PMI_ID", "SLURM_PROCID", NULL }, 0),
		.local_rank = env_number((const char *[]){ "MPI_LOCALRANKID", "SLURM_LOCALID", NULL }, 0),
		.local_size = env_number((const char *[]){ "MPI_LOCALNRANKS", NULL }, here ? here : 1),
	};
	job_name(j, id);
	if ((err = cpus_find(j)) != 0)
		return err;
	exec_job_cpus(j, granularity, &cpus);
	len = strlen(j->name);
	memcpy(j->job, j->name, sizeof(j->job));
	if (granularity == CONFIG_GRANULARITY_RANK)
		snprintf(j->name + len, sizeof(j->name) - len, "-r%u", j->rank);
	else if (granularity == CONFIG_GRANULARITY_NUMA)
		snprintf(j->name + len, sizeof(j->name) - len, "-n%u", node_of(&cpus));
	return 0;
}

static int set(struct run_config *c, const char *name, const char *text)
{
	struct complaint why;
	int err = option_set(c, option_find(name), text, &why);

	return err ? log_errno(err, "%s=%s: %s", name, text, why.text) : 0;
}

/* Half of what is free, in equal parts for the machines that may be started here; Slurm's limit in mind. */
static uint64_t memory_share(const struct exec_job *j, enum config_granularity granularity)
{
	unsigned long long kib = 2 << 20;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t slurm = slurm_memory();
	uint64_t bytes;
	uint32_t machines = granularity == CONFIG_GRANULARITY_NODE ? 1 :
			    granularity == CONFIG_GRANULARITY_NUMA ? nodes_count(&j->all) : max(j->local_size, 1u);

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1) /* NOLINT(cert-err34-c): the kernel's own number */
			break;
	if (f)
		fclose(f);
	bytes = kib * 1024 / 2;
	if (slurm && slurm - slurm / 8 < bytes)
		bytes = slurm - slurm / 8;
	return max(align_down(bytes / machines, MiB(2)), MiB(256));
}

void exec_job_address(const char *name, uint32_t rank, char text[static 32])
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	rank++; /* no network's own address */
	snprintf(text, 32, "10.%u.%u.%u/8", hash % 254 + 1, rank >> 8 & 255, rank & 255);
}

/* What the agent gives to the guest's first network device. */
static int address_add(const struct exec_job *j, struct run_config *c)
{
	char address[32], text[2048];

	if (!c->net.nr || (c->append && strstr(c->append, "thole.address=")))
		return 0;
	exec_job_address(j->job, j->rank, address);
	snprintf(text, sizeof(text), "%s%sthole.address=%s", c->append ? c->append : "", c->append ? " " : "", address);
	return set(c, "append", text);
}

int exec_job_defaults(const struct exec_job *j, struct run_config *c)
{
	char text[32];
	cpu_set_t cpus;
	int err = 0;

	exec_job_cpus(j, c->granularity, &cpus);
	if (!c->cpus && !c->host_cpus.nr) {
		snprintf(text, sizeof(text), "%d", CPU_COUNT(&cpus));
		err = set(c, "cpus", text);
	}
	if (!err && !c->memory && !c->node.nr) {
		snprintf(text, sizeof(text), "%lluM", (unsigned long long)(memory_share(j, c->granularity) >> 20));
		err = set(c, "memory", text);
	}
	if (!err && !c->kernel && !c->payload && (err = set(c, "kernel", "auto")) == 0 && !c->root)
		err = set(c, "root", "host");
	if (!err && !c->agent && c->kernel && strcmp(c->kernel, "auto") == 0)
		err = set(c, "agent", "builtin");
	if (!err && c->quiet_guest == CONFIG_AUTO)
		err = set(c, "quiet-guest", "yes");
	if (!err && c->vsock.kind == CONFIG_VSOCK_NONE)
		err = set(c, "vsock", "auto");
	if (!err)
		err = address_add(j, c);
	return err ? err : set(c, "name", j->name);
}
