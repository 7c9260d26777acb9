/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker.c - see worker.h. */
#include "sched/worker.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/affinity.h"

/* A kernel thread has its process's number at the end, and has it all (Linux 5.17); a thread has 15 bytes. */
static const struct {
	const char *prefix, *thread; /* thread: all there is of the name of one of ours; NULL: it has the number, too */
} names[] = {
	[WORKER_VHOST] = { "vhost-", NULL },
	[WORKER_PAGES] = { "kvm-nx-lpage-recovery-", "kvm-nx-lpage-re" },
	[WORKER_PAGES_THREAD] = { "kvm-nx-lpage-recovery-", "kvm-nx-lpage-re" },
};

static bool ends(const char *at)
{
	return *at == '\0' || *at == '\n';
}

bool worker_named(const char *comm, enum worker_kind kind, pid_t pid)
{
	const char *prefix = names[kind].prefix, *thread = names[kind].thread, *number = comm + strlen(prefix);
	char *end;
	long n;

	if (thread && !pid && strncmp(comm, thread, strlen(thread)) == 0 && ends(comm + strlen(thread)))
		return true;
	if (strncmp(comm, prefix, strlen(prefix)) != 0 || !isdigit((unsigned char)*number))
		return false;
	n = strtol(number, &end, 10);
	return ends(end) && (!pid || n == pid);
}

static bool comm_read(const char *dir, const char *tid, char comm[static 32])
{
	char path[512];
	FILE *in;
	bool got;

	snprintf(path, sizeof(path), "%s/%s/comm", dir, tid);
	in = fopen(path, "re");
	got = in && fgets(comm, 32, in);
	if (in)
		fclose(in);
	return got; /* the thread may be gone by now */
}

/* Anybody may call a process so; the children of process 2 are the kernel's. */
static bool kernel_thread(const char *dir, const char *tid)
{
	char path[512], line[256];
	FILE *in;
	int parent = 0;

	snprintf(path, sizeof(path), "%s/%s/status", dir, tid);
	in = fopen(path, "re");
	while (in && !parent && fgets(line, sizeof(line), in))
		if (sscanf(line, "PPid: %d", &parent) != 1)
			parent = 0;
	if (in)
		fclose(in);
	return parent == 2;
}

struct search {
	enum worker_kind kind;
	pid_t name_pid; /* 0: whatever its number, it is one of our threads */
	void (*found)(void *ctx, pid_t tid);
	void *ctx;
};

static int dir_search(const char *dir, const struct search *s)
{
	const struct dirent *entry;
	DIR *all = opendir(dir);
	int nr = 0;

	if (!all)
		return -errno;
	while ((entry = readdir(all))) {
		char comm[32];

		if (!isdigit((unsigned char)entry->d_name[0]) || !comm_read(dir, entry->d_name, comm) ||
			!worker_named(comm, s->kind, s->name_pid) ||
			(s->name_pid && !kernel_thread(dir, entry->d_name)))
			continue;
		s->found(s->ctx, (pid_t)strtol(entry->d_name, NULL, 10));
		nr++;
	}
	closedir(all);
	return nr;
}

int worker_each(const char *proc, pid_t pid, enum worker_kind kind, void (*found)(void *ctx, pid_t tid), void *ctx)
{
	struct search s = { kind, 0, found, ctx };
	char tasks[512];
	int nr;

	/* A thread of ours is ours, whatever number is in its name. */
	snprintf(tasks, sizeof(tasks), "%s/%d/task", proc, pid);
	nr = dir_search(tasks, &s);
	if (nr || kind == WORKER_PAGES_THREAD)
		return nr;
	s.name_pid = pid;
	return dir_search(proc, &s);
}

struct binding {
	struct affinity to;
	int (*leave)(void *ctx, pid_t tid);
	void *ctx;
	int err;
};

static void bind_one(void *ctx, pid_t tid)
{
	struct binding *b = ctx;
	int err = b->leave ? b->leave(b->ctx, tid) : 0;

	if (!err && sched_setaffinity(tid, sizeof(b->to.set), b->to.set) < 0)
		err = -errno;
	if (!b->err)
		b->err = err;
}

int worker_bind(enum worker_kind kind, const struct cpulist *cpus, int (*leave)(void *ctx, pid_t tid), void *ctx)
{
	struct binding b = { .leave = leave, .ctx = ctx };
	int nr;

	if (!cpus->nr)
		return 0;
	for (uint32_t i = 0; i < cpus->nr; i++)
		affinity_add(&b.to, cpus->cpu[i]);
	nr = worker_each("/proc", getpid(), kind, bind_one, &b);
	return b.err ? b.err : nr;
}
