/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_host.h - a host of files, with a hook that does what its kernel would, counts the steps, and at one of them
 * fails or ends the process.
 */
#ifndef TESTS_UNIT_FAKE_HOST_H
#define TESTS_UNIT_FAKE_HOST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/hostfs.h"
#include "tests/unit/unit.h"

enum fault { FAULT_NONE, FAULT_FAIL, FAULT_DIE };

#define FAKE_DIED 77

struct fake_host {
	char dir[64];
	enum fault fault;
	bool kvm_thread;
	bool lost_count; /* of the fair servers, so that they can't be turned off */
	const char *trace; /* lines of the osnoise tracer's */
	unsigned at, step; /* the step of the fault, and the one that we are at */
};

/* At most one newline at the end, as the kernel has it. */
static unused_fn void fake_put(const struct fake_host *h, const char *path, const char *text)
{
	char whole[600];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s", h->dir);
	for (const char *at = path, *slash; (slash = strchr(at + 1, '/')) != NULL; at = slash) {
		snprintf(whole, sizeof(whole), "%s%.*s", h->dir, (int)(slash - path), path);
		mkdir(whole, 0755);
	}
	snprintf(whole, sizeof(whole), "%s%s", h->dir, path);
	f = fopen(whole, "w");
	assert_non_null(f);
	fprintf(f, "%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
	fclose(f);
}

static unused_fn char *fake_get(const struct fake_host *h, const char *path)
{
	static char text[4096];
	char whole[600];
	size_t len = 0;
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", h->dir, path);
	f = fopen(whole, "r");
	if (f) {
		len = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[len] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

static unused_fn bool fake_has(const struct fake_host *h, const char *path)
{
	char whole[600];

	snprintf(whole, sizeof(whole), "%s%s", h->dir, path);
	return access(whole, F_OK) == 0;
}

static bool ends_in(const char *path, const char *end)
{
	return strlen(path) >= strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0;
}

/* A step of the code under test: true if it is to fail. */
static bool fake_step(struct fake_host *h)
{
	bool now = h->fault != FAULT_NONE && h->step == h->at;

	h->step++;
	if (now && h->fault == FAULT_DIE)
		_exit(FAKE_DIED);
	return now;
}

static int fake_remove_below(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level ? remove(path) : 0;
}

/* A cgroup's files go with it, and all that is in an instance of tracing. */
static void fake_group_empty(const struct fake_host *h, const char *path)
{
	char whole[600], file[900];
	DIR *d;

	snprintf(whole, sizeof(whole), "%s%s", h->dir, path);
	if (strstr(path, "/tracing/instances/"))
		nftw(whole, fake_remove_below, 16, FTW_DEPTH | FTW_PHYS);
	d = opendir(whole);
	for (const struct dirent *e; d && (e = readdir(d));) {
		snprintf(file, sizeof(file), "%s/%s", whole, e->d_name);
		unlink(file);
	}
	if (d)
		closedir(d);
}

/* KVM's own thread is in it until it is moved to the cgroup above. */
static bool fake_group_busy(const struct fake_host *h, const char *path)
{
	char file[500], above[500];

	if (!h->kvm_thread)
		return false;
	snprintf(file, sizeof(file), "%s/cgroup.threads", path);
	snprintf(above, sizeof(above), "%.*s/cgroup.threads", (int)(strrchr(path, '/') - path), path);
	if (strcmp(fake_get(h, above), "4711") == 0)
		return false;
	fake_put(h, file, "4711");
	return true;
}

static int fake_before(void *ctx, enum hostfs_op op, const char *path, const char *text)
{
	struct fake_host *h = ctx;

	(void)text;
	if (fake_step(h))
		return -EIO;
	if (op == HOSTFS_WRITE && strcmp(path, "/proc/irq/0/smp_affinity_list") == 0)
		return -EIO; /* of a timer, which is one CPU's */
	if (op == HOSTFS_WRITE && h->lost_count && strstr(path, "/fair_server/"))
		return -EBUSY;
	if (op == HOSTFS_RMDIR && fake_group_busy(h, path))
		return -EBUSY;
	if (op == HOSTFS_RMDIR)
		fake_group_empty(h, path);
	return 0;
}

/* What is in force lacks the CPUs of partitions. */
static void fake_workqueues(const struct fake_host *h, const char *text)
{
	char force[24];

	snprintf(force, sizeof(force), "%lx", strtoul(text, NULL, 16) & ~8ul);
	fake_put(h, "/sys/devices/virtual/workqueue/cpumask_requested", text);
	fake_put(h, "/sys/devices/virtual/workqueue/cpumask", force);
}

/* What an instance's tracer says once it is turned on. */
static void fake_traced(const struct fake_host *h, const char *path, const char *text)
{
	char file[500];

	fake_put(h, path, text);
	snprintf(file, sizeof(file), "%.*s/trace_pipe", (int)(strrchr(path, '/') - path), path);
	if (*text == '1' && h->trace)
		fake_put(h, file, h->trace);
}

static void fake_written(struct fake_host *h, const char *path, const char *text)
{
	if (ends_in(path, "cgroup.subtree_control"))
		fake_put(h, path, *text == '+' ? "cpuset cpu memory" : "cpu memory");
	else if (ends_in(path, "osnoise/options"))
		fake_put(h, path, *text == 'N' ? "DEFAULTS NO_OSNOISE_WORKLOAD" : "DEFAULTS OSNOISE_WORKLOAD");
	else if (ends_in(path, "tracing_on"))
		fake_traced(h, path, text);
	else if (ends_in(path, "workqueue/cpumask"))
		fake_workqueues(h, text);
	else if (ends_in(path, "transparent_hugepage/defrag"))
		fake_put(h, path, strcmp(text, "madvise") == 0 ? "always defer [madvise] never" :
			"[always] defer madvise never");
	else
		fake_put(h, path, text);
}

static void fake_after(void *ctx, enum hostfs_op op, const char *path, const char *text)
{
	static const char *const group[] = { "cgroup.type", "cgroup.threads", "cpuset.cpus", "cpuset.cpus.exclusive",
		"cpuset.cpus.partition" };
	static const char *const instance[] = { "current_tracer", "events/osnoise/enable", "trace_pipe", "tracing_cpumask",
		"tracing_on" };
	const char *const *files = strstr(path, "/tracing/instances/") ? instance : group;
	struct fake_host *h = ctx;
	char file[500];

	static_assert(ARRAY_SIZE(group) == ARRAY_SIZE(instance), "one loop for both");

	if (op == HOSTFS_WRITE)
		fake_written(h, path, text);
	for (size_t i = 0; op == HOSTFS_MKDIR && i < ARRAY_SIZE(group); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		fake_put(h, file, "");
	}
	(void)fake_step(h);
}

static unused_fn struct hostfs_hook fake_hook(struct fake_host *h)
{
	return (struct hostfs_hook){ fake_before, fake_after, h };
}

/* Four CPUs, everything as distributions have it, and a little worse. */
static unused_fn void fake_host_make(struct fake_host *h)
{
	static const char *const files[][2] = {
		{ "/run/.keep", "" },
		{ "/proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555" },
		{ "/proc/self/cgroup", "0::/" },
		{ "/sys/devices/system/cpu/online", "0-3" },
		{ "/sys/devices/system/cpu/isolated", "" },
		{ "/proc/irq/default_smp_affinity", "f" },
		{ "/proc/irq/0/smp_affinity_list", "0-3" },
		{ "/proc/irq/1/smp_affinity_list", "0-1" },
		{ "/proc/irq/24/smp_affinity_list", "2" },
		{ "/proc/irq/25/smp_affinity_list", "0-3" },
		{ "/sys/devices/virtual/workqueue/cpumask", "7" }, /* somebody has a partition of CPU 3 */
		{ "/sys/devices/virtual/workqueue/cpumask_requested", "f" },
		{ "/proc/sys/kernel/watchdog_cpumask", "0-3" },
		{ "/proc/sys/vm/stat_interval", "1" },
		{ "/proc/sys/kernel/timer_migration", "0" },
		{ "/proc/sys/kernel/numa_balancing", "1" },
		{ "/sys/kernel/mm/ksm/run", "1" },
		{ "/proc/sys/vm/compaction_proactiveness", "20" },
		{ "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "1" },
		{ "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "10000" },
		{ "/sys/kernel/mm/transparent_hugepage/defrag", "[always] defer madvise never" },
		{ "/sys/devices/system/cpu/cpufreq/policy0/related_cpus", "0 1" },
		{ "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave" },
		{ "/sys/devices/system/cpu/cpufreq/policy2/related_cpus", "2 3" },
		{ "/sys/devices/system/cpu/cpufreq/policy2/scaling_governor", "schedutil" },
		{ "/sys/kernel/debug/sched/fair_server/cpu1/runtime", "50000000" },
		{ "/sys/kernel/debug/sched/fair_server/cpu2/runtime", "50000000" },
		{ "/sys/kernel/debug/sched/fair_server/cpu3/runtime", "40000000" },
		{ "/proc/sys/kernel/sched_rt_runtime_us", "950000" },
		{ "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory" },
		{ "/sys/fs/cgroup/cgroup.subtree_control", "cpu memory" },
		{ "/sys/fs/cgroup/cgroup.threads", "" },
		{ "/sys/fs/cgroup/cpuset.cpus.effective", "0-3" },
	};

	/* The journal is synced to the disk hundreds of times; in memory that takes no time. */
	*h = (struct fake_host){ .dir = "/dev/shm/thole-fake.XXXXXX" };
	if (!mkdtemp(h->dir)) {
		strcpy(h->dir, "/tmp/thole-fake.XXXXXX");
		assert_non_null(mkdtemp(h->dir));
	}
	chmod(h->dir, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_put(h, files[i][0], files[i][1]);
}

/* With a kernel that has the osnoise tracer. */
static unused_fn void fake_host_trace(struct fake_host *h)
{
	static const char *const files[][2] = {
		{ "/sys/kernel/tracing/available_tracers", "timerlat osnoise hwlat function nop" },
		{ "/sys/kernel/tracing/current_tracer", "function" },
		{ "/sys/kernel/tracing/osnoise/cpus", "0-3" },
		{ "/sys/kernel/tracing/osnoise/options", "DEFAULTS OSNOISE_WORKLOAD" },
		{ "/sys/kernel/tracing/instances/somebody/current_tracer", "hwlat" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_put(h, files[i][0], files[i][1]);
}

/* This process in a cgroup of a batch system's. */
static unused_fn void fake_host_nest(struct fake_host *h)
{
	static const char *const dirs[] = { "/sys/fs/cgroup/job", "/sys/fs/cgroup/job/step" };
	char file[300];

	fake_put(h, "/proc/self/cgroup", "0::/job/step");
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(file, sizeof(file), "%s/cgroup.subtree_control", dirs[i]);
		fake_put(h, file, "cpu memory");
		snprintf(file, sizeof(file), "%s/cpuset.cpus.exclusive", dirs[i]);
		fake_put(h, file, "");
		snprintf(file, sizeof(file), "%s/cgroup.threads", dirs[i]);
		fake_put(h, file, "");
	}
}

static int fake_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static unused_fn void fake_host_end(struct fake_host *h)
{
	nftw(h->dir, fake_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Every file of proc and sys, its name and its bytes. */
static FILE *fake_out;

static unused_fn int fake_print_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char bytes[4096];
	size_t n;
	FILE *f;

	(void)st;
	(void)ftw;
	fprintf(fake_out, "%s\n", path);
	f = type == FTW_F && !ends_in(path, "cgroup.threads") ? fopen(path, "r") : NULL;
	if (!f)
		return 0;
	n = fread(bytes, 1, sizeof(bytes), f);
	fwrite(bytes, 1, n, fake_out);
	fclose(f);
	return 0;
}

static unused_fn int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, since a file that is made again may be at another place of its directory. To be freed. */
static unused_fn char *fake_snapshot(const struct fake_host *h)
{
	static const char *const tops[] = { "proc", "sys" };
	char *text = NULL, *sorted, **line, *save, dir[128];
	size_t size, nr = 0;

	fake_out = open_memstream(&text, &size);
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		snprintf(dir, sizeof(dir), "%s/%s", h->dir, tops[i]);
		nftw(dir, fake_print_one, 16, FTW_PHYS);
	}
	fclose(fake_out);
	/* A file's bytes follow its name: one line for both. */
	for (char *p = text; *p; p++)
		if (*p == '\n' && p[1] && strncmp(p + 1, h->dir, strlen(h->dir)) != 0)
			*p = '|';
	line = calloc(size + 1, sizeof(*line));
	for (char *p = strtok_r(text, "\n", &save); p; p = strtok_r(NULL, "\n", &save))
		line[nr++] = p;
	qsort(line, nr, sizeof(*line), by_line);
	sorted = calloc(1, size + nr + 1);
	for (size_t i = 0; i < nr; i++)
		strcat(strcat(sorted, line[i]), "\n");
	free(line);
	free(text);
	return sorted;
}

#endif
