/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolation_cgroup.c - CPUs on which nothing else is scheduled: an isolated partition of cgroup version 2.
 *
 * The process stays in its cgroup, whose limits and accounting (a batch system's, say) so remain. Below that a
 * threaded cgroup is made; the vCPUs' threads go into it, and it becomes a partition:
 *
 *   /sys/fs/cgroup            cgroup.subtree_control: +cpuset
 *     └ job_7                 the same; cpuset.cpus.exclusive: 2-3       (a "remote" partition, Linux 6.7)
 *         └ step_0            the same; home: thole's own threads, and whoever else was there
 *             └ thole-ID      cgroup.type threaded; cpuset.cpus 2-3; cpuset.cpus.partition isolated
 *
 * With home at the top the middle part is not needed, and older kernels do. What was enabled on the way is undone
 * like any other change. See Documentation/admin-guide/cgroup-v2.rst, "Threads" and "Cpuset".
 *
 * Not done: a partition of CPUs that isolcpus= has taken already, which the kernel declares invalid, and one that
 * would leave no CPU to the rest, which has been seen to crash a kernel.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sched/cpus.h"
#include "sched/isolation_parts.h"
#include "sched/ktext.h"
#include "vmm/log.h"

#define TOP "/sys/fs/cgroup"

const struct knob knob_partition = { .name = "partition",
	.what = "which threads are scheduled on the CPUs at all (an isolated cgroup partition)",
	.worth = "no other thread runs there, and the scheduler doesn't look at them",
	.path = TOP };

/* Numbers of a file; empty if there is none. */
static int list_read(const struct hostfs *t, const char *path, struct cpulist *l)
{
	int err;
	char *text = hostfs_read(t, path, &err);
	const char *at = text ? text + strspn(text, " ") : "";

	*l = (struct cpulist){ 0 };
	if (text && strncmp(at, "(null)", 6) != 0)
		err = cpulist_parse(l, at, NULL, NULL);
	free(text);
	return err == -ENOMEM ? err : 0;
}

static int refuse(struct job *job, enum isolation_status status, const char *fmt, ...) printf_like(3, 4);

static int refuse(struct job *job, enum isolation_status status, const char *fmt, ...)
{
	va_list ap;

	job->result->status = status;
	va_start(ap, fmt);
	vsnprintf(job->result->detail, sizeof(job->result->detail), fmt, ap);
	va_end(ap);
	return 1;
}

/* CPUs of isolcpus=, without those that partitions have, which newer kernels show there too. */
static int boot_isolated(const struct hostfs *t, struct cpulist *l)
{
	struct cpulist all, partitions = { 0 };
	int err = list_read(t, "/sys/devices/system/cpu/isolated", &all);

	*l = (struct cpulist){ 0 };
	if (!err)
		err = list_read(t, TOP "/cpuset.cpus.isolated", &partitions);
	if (!err)
		err = cpus_minus(l, &all, &partitions);
	cpulist_fini(&all);
	cpulist_fini(&partitions);
	return err;
}

/* 0: go on; 1: no partition is needed, or none is possible, says the result; -ENOMEM. */
static int cpus_check(struct job *job)
{
	const struct hostfs *t = &job->iso->tree;
	const struct cpulist *cpus = job->iso->ask.cpus;
	struct cpulist boot, have, rest = { 0 };
	int err = boot_isolated(t, &boot);

	if (err)
		return err;
	if (cpus_within(cpus, &boot)) {
		job->iso->isolated = true;
		err = refuse(job, ISOLATION_ALREADY, "isolated when the kernel was booted (isolcpus)");
	} else if (cpus_meet(cpus, &boot)) {
		err = refuse(job, ISOLATION_REFUSED, "isolcpus has some of these CPUs, so the kernel makes no partition of them; "
			"give isolcpus all, or none");
	}
	cpulist_fini(&boot);
	if (err || (err = list_read(t, TOP "/cpuset.cpus.effective", &have)) != 0)
		return err;
	err = have.nr ? cpus_minus(&rest, &have, cpus) : 0;
	if (!err && have.nr && !rest.nr)
		err = refuse(job, ISOLATION_REFUSED, "no CPU would be left for everything else");
	cpulist_fini(&have);
	cpulist_fini(&rest);
	return err;
}

static int hierarchy_check(struct job *job)
{
	int err;
	char *text = hostfs_read(&job->iso->tree, TOP "/cgroup.controllers", &err);

	if (!text)
		return refuse(job, ISOLATION_ABSENT, "cgroup version 1, or none: boot with systemd.unified_cgroup_hierarchy=1, "
			"or with isolcpus=");
	err = ktext_word(text, "cpuset") ? 0 : refuse(job, ISOLATION_ABSENT, "version 2's hierarchy has no cpuset controller: "
		"it is with version 1, or not in the kernel");
	free(text);
	return err;
}

/* The cgroup of this process, as a directory. */
static int home_find(struct job *job)
{
	struct isolation *iso = job->iso;
	char path[160] = "";
	int err;
	char *text = hostfs_read(&iso->tree, "/proc/self/cgroup", &err);

	if (text)
		err = ktext_field(text, "0:", path, sizeof(path));
	free(text);
	if (err || *path != '/' || strstr(path, ".."))
		return refuse(job, ISOLATION_ABSENT, "this process's cgroup is not to be seen; is this a container?");
	snprintf(iso->home, sizeof(iso->home), "%s%s", TOP, strcmp(path, "/") == 0 ? "" : path);
	if (!hostfs_exists(&iso->tree, iso->home))
		return refuse(job, ISOLATION_ABSENT, "%s isn't there; is this a container?", iso->home);
	return 0;
}

/* Call fn for each cgroup from the top to home, or without the top. */
static int levels(struct job *job, bool top, int (*fn)(struct job *job, const char *dir))
{
	const char *home = job->iso->home;
	char dir[256];
	int err = top ? fn(job, TOP) : 0;

	for (size_t at = strlen(TOP); home[at] && !err;) {
		at += 1 + strcspn(home + at + 1, "/");
		snprintf(dir, sizeof(dir), "%.*s", (int)at, home);
		err = fn(job, dir);
	}
	return err;
}

/* One after the other: each makes the next one's files. */
static int controller_enable(struct job *job, const char *dir)
{
	char path[320];
	int err;

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	err = job_file(job, path, CHANGE_CONTROLLER, "");
	return err || job->iso->ask.show ? err : job_make(job);
}

static int exclusive_add(struct job *job, const char *dir)
{
	char path[320];
	int err;

	snprintf(path, sizeof(path), "%s/cpuset.cpus.exclusive", dir);
	err = job_file(job, path, CHANGE_ADD, "");
	return err || job->iso->ask.show ? err : job_make(job);
}

static int group_write(struct job *job, const char *file, const char *text)
{
	char path[400];
	int err;

	snprintf(path, sizeof(path), "%s/%s", job->iso->group, file);
	err = hostfs_write(&job->iso->tree, path, text);
	if (err && !*job->result->detail)
		snprintf(job->result->detail, sizeof(job->result->detail), "%s: %s", path, strerror(-err));
	return err;
}

/* What became of it: "isolated", or "isolated invalid (why)". */
static int group_judge(struct job *job)
{
	char path[400], *text;
	int err;

	snprintf(path, sizeof(path), "%s/cpuset.cpus.partition", job->iso->group);
	text = hostfs_read(&job->iso->tree, path, &err);
	if (!text)
		return err;
	err = strcmp(text, "isolated\n") == 0 ? 0 : -EINVAL;
	if (err)
		snprintf(job->result->detail, sizeof(job->result->detail), "the kernel says: %.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return err;
}

static int group_fill(struct job *job)
{
	char *cpus = cpus_to_list(job->iso->ask.cpus);
	int err = cpus ? hostfs_mkdir(&job->iso->tree, job->iso->group) : -ENOMEM;

	if (!err)
		err = group_write(job, "cgroup.type", "threaded");
	if (!err)
		err = group_write(job, "cpuset.cpus", cpus);
	if (!err && strcmp(job->iso->home, TOP) != 0)
		err = group_write(job, "cpuset.cpus.exclusive", cpus);
	if (!err)
		err = group_write(job, "cpuset.cpus.partition", "isolated");
	if (!err)
		err = group_judge(job);
	free(cpus);
	return err;
}

/* Written down, made, and known to be made. */
static int group_make(struct job *job)
{
	struct isolation *iso = job->iso;
	struct change *c;
	int err;

	snprintf(iso->group, sizeof(iso->group), "%s/thole-%s", iso->home, iso->id);
	c = journal_add(job->journal, knob_partition.name, iso->group, CHANGE_GROUP, "", "");
	if (!c)
		return -ENOMEM;
	c->owners = job_bit(job);
	if ((err = state_save(&iso->state, job->journal)) != 0)
		return err;
	if ((err = group_fill(job)) != 0)
		return err;
	c->set = strdup("isolated");
	return c->set ? state_save(&iso->state, job->journal) : -ENOMEM;
}

static int partition_try(struct job *job)
{
	int err = levels(job, true, controller_enable);

	if (!err && strcmp(job->iso->home, TOP) != 0)
		err = levels(job, false, exclusive_add);
	if (err || job->iso->ask.show)
		return err;
	if (job->result->rights || job->result->refused)
		return -EPERM;
	return group_make(job);
}

/* The words of a result that is not one of a file. */
static void failure_tell(struct job *job, int err)
{
	struct isolation_result *r = job->result;
	char path[400];

	snprintf(path, sizeof(path), "%s/cpuset.cpus.exclusive", job->iso->home);
	r->status = r->rights || err == -EACCES || err == -EROFS ? ISOLATION_RIGHTS : ISOLATION_REFUSED;
	snprintf(r->command, sizeof(r->command), "run thole as root, or boot with isolcpus=");
	if (r->status == ISOLATION_REFUSED && strcmp(job->iso->home, TOP) != 0 && !hostfs_exists(&job->iso->tree, path))
		snprintf(r->detail, sizeof(r->detail), "below the topmost cgroup it takes Linux 6.7: %s", job->iso->home);
	else if (!*r->detail)
		snprintf(r->detail, sizeof(r->detail), "%s: %s", job->iso->group, strerror(-err));
	if (r->status == ISOLATION_REFUSED)
		*r->command = 0;
}

int partition_make(struct job *job)
{
	struct isolation *iso = job->iso;
	int err;

	*iso->group = 0;
	if ((err = cpus_check(job)) != 0 || (err = hierarchy_check(job)) != 0 || (err = home_find(job)) != 0)
		return err == 1 ? 0 : err;
	err = partition_try(job);
	if (err == -ENOMEM)
		return err;
	job->result->files = 1;
	if (iso->ask.show) {
		job->result->status = ISOLATION_WOULD;
		snprintf(job->result->command, sizeof(job->result->command), "run thole as root, or boot with isolcpus=");
		return 0;
	}
	if (!err) {
		job->result->status = ISOLATION_SET;
		*job->result->command = 0;
		iso->isolated = true;
		return 0;
	}
	failure_tell(job, err);
	*iso->group = 0;
	return job_release(job, knob_partition.name);
}

/* To the cgroup above: KVM has threads of its own in a process, which are where the vCPU was that they were made by. */
static void threads_evict(const struct hostfs *t, const char *path)
{
	char from[400], to[400], *text, *save = NULL;
	int err;

	snprintf(from, sizeof(from), "%s/cgroup.threads", path);
	snprintf(to, sizeof(to), "%.*s/cgroup.threads", (int)(strrchr(path, '/') - path), path);
	text = hostfs_read(t, from, &err);
	for (char *tid = text ? strtok_r(text, "\n", &save) : NULL; tid; tid = strtok_r(NULL, "\n", &save))
		if (hostfs_write(t, to, tid) != 0)
			log_debug("isolation: thread %s stays in %s", tid, path);
	free(text);
}

/* Threads that have ended are in it for a moment more. */
int partition_group_remove(const struct hostfs *t, const char *path)
{
	const struct timespec pause = { 0, 5000000 };
	int err;

	for (int i = 0; (err = hostfs_rmdir(t, path)) == -EBUSY && i < 200; i++) {
		threads_evict(t, path);
		nanosleep(&pause, NULL);
	}
	return err == -ENOENT ? 0 : err;
}

static int thread_move(const struct isolation *iso, const char *dir, pid_t thread)
{
	char path[400], tid[24];

	if (!*iso->group)
		return 0;
	snprintf(path, sizeof(path), "%s/cgroup.threads", dir);
	snprintf(tid, sizeof(tid), "%d", (int)thread);
	return hostfs_write(&iso->tree, path, tid);
}

static int self_move(const struct isolation *iso, const char *dir)
{
	int err = thread_move(iso, dir, gettid());

	return err ? log_errno(err, "isolation: %s/cgroup.threads: %m", dir) : 0;
}

int isolation_enter(const struct isolation *iso)
{
	return self_move(iso, iso->group);
}

int isolation_leave(const struct isolation *iso)
{
	return self_move(iso, iso->home);
}

int isolation_evict(const struct isolation *iso, pid_t tid)
{
	return thread_move(iso, iso->home, tid);
}
