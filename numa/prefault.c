/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefault.c - see prefault.h. */
#include "numa/prefault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "vmm/clock.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* uapi/asm-generic/mman-common.h */
#endif

#define STACK_BYTES KiB(64)
#define TICK_NS     200000000

/* What the threads of a node share. */
struct queue {
	struct work *work;
	const struct prefault_workers *workers;
	_Atomic uint64_t next;
	_Atomic uint64_t done;
	uint32_t nr_threads;
	pthread_t thread[PREFAULT_THREADS_MAX];
};

struct work {
	const struct prefault_job *job;
	struct queue *queue; /* [job->nr_workers] */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t running;
	_Atomic bool stop;
	int err;           /* the first */
	uint32_t failed;
	uint64_t have;
};

static uint64_t chunk_size(const struct prefault_range *r)
{
	return max(r->page_size, PREFAULT_CHUNK);
}

static uint64_t chunk_count(const struct prefault_range *r)
{
	return (r->size + chunk_size(r) - 1) / chunk_size(r);
}

bool prefault_chunk(const struct prefault_range *range, uint32_t nr, hnode_t node, uint64_t index,
	struct prefault_chunk *chunk)
{
	for (uint32_t i = 0; i < nr; i++) {
		const struct prefault_range *r = &range[i];

		if (r->node.os != node.os)
			continue;
		if (index < chunk_count(r)) {
			uint64_t at = index * chunk_size(r);
			uint64_t size = min(chunk_size(r), r->size - at);

			*chunk = (struct prefault_chunk){ i, at, size };
			return true;
		}
		index -= chunk_count(r);
	}
	return false;
}

/*
 * Kernels before 5.14: what can be short is short in fallocate(), and a read then only maps. Private memory is
 * zero and stays so; no SIGBUS can come of it.
 */
static int populate_by_touch(const struct prefault_range *r, const struct prefault_chunk *c)
{
	if (r->fd < 0) {
		for (uint64_t at = 0; at < c->size; at += r->page_size)
			*(volatile uint8_t *)(r->addr + c->offset + at) = 0;
		return 0;
	}
	if (fallocate(r->fd, 0, (off_t)(r->fd_offset + c->offset), (off_t)c->size) < 0)
		return -errno;
	for (uint64_t at = 0; at < c->size; at += r->page_size)
		(void)*(volatile uint8_t *)(r->addr + c->offset + at);
	return 0;
}

static int populate(const struct prefault_range *r, const struct prefault_chunk *c)
{
	int err;

	do
		err = madvise(r->addr + c->offset, c->size, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
	while (err == -EINTR || err == -EAGAIN);
	if (err == -EINVAL)
		err = populate_by_touch(r, c);
	/* EFAULT stands for the SIGBUS that a touch would be: for hugetlb, no page is left. */
	return err == -EFAULT || err == -ENOMEM ? -ENOSPC : err;
}

static void fail(struct queue *q, int err, uint32_t range)
{
	struct work *w = q->work;

	pthread_mutex_lock(&w->lock);
	if (!w->err) {
		w->err = err;
		w->failed = range;
		w->have = atomic_load(&q->done);
	}
	pthread_mutex_unlock(&w->lock);
	atomic_store(&w->stop, true);
}

static void *worker_thread(void *arg)
{
	struct queue *q = arg;
	struct work *w = q->work;
	const struct prefault_job *job = w->job;
	struct prefault_chunk c;

	pthread_setname_np(pthread_self(), "thole/prefault");
	while (!atomic_load(&w->stop) &&
		prefault_chunk(job->range, job->nr_ranges, q->workers->node, atomic_fetch_add(&q->next, 1), &c)) {
		int err = populate(&job->range[c.range], &c);

		if (err)
			fail(q, err, c.range);
		else
			atomic_fetch_add(&q->done, c.size);
	}
	pthread_mutex_lock(&w->lock);
	w->running--;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* A thread on that CPU. */
static int worker_create(struct queue *q, hcpu_t cpu)
{
	cpu_set_t set[CPULIST_MAX / CPU_SETSIZE];
	pthread_attr_t attr;
	int err;

	memset(set, 0, sizeof(set));
	CPU_SET_S((size_t)cpu.os, sizeof(set), set);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_attr_setaffinity_np(&attr, sizeof(set), set);
	if (!err)
		err = -pthread_create(&q->thread[q->nr_threads], &attr, worker_thread, q);
	if (!err)
		q->nr_threads++;
	pthread_attr_destroy(&attr);
	return err;
}

/* As many threads as CPUs, but none without a chunk. */
static int workers_create(struct queue *q)
{
	struct work *w = q->work;
	const struct prefault_job *job = w->job;
	struct prefault_chunk c;
	int err = 0;

	for (uint32_t i = 0; i < min(q->workers->cpus.nr, (uint32_t)PREFAULT_THREADS_MAX) && !err; i++) {
		if (!prefault_chunk(job->range, job->nr_ranges, q->workers->node, i, &c))
			break;
		pthread_mutex_lock(&w->lock);
		w->running++;
		pthread_mutex_unlock(&w->lock);
		err = worker_create(q, q->workers->cpus.cpu[i]);
		pthread_mutex_lock(&w->lock);
		w->running -= err != 0;
		pthread_mutex_unlock(&w->lock);
	}
	return err;
}

static uint64_t done_bytes(const struct work *w)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < w->job->nr_workers; i++)
		done += atomic_load(&w->queue[i].done);
	return done;
}

/* Returns how many there were. */
static uint32_t workers_wait(struct work *w, uint64_t total)
{
	const struct prefault_job *job = w->job;
	uint32_t nr = 0;

	pthread_mutex_lock(&w->lock);
	while (w->running) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_cond_timedwait(&w->changed, &w->lock, &until) != ETIMEDOUT || !job->progress)
			continue;
		if (job->progress(job->ctx, done_bytes(w), total) || w->err)
			continue;
		w->err = -EINTR;
		atomic_store(&w->stop, true);
	}
	pthread_mutex_unlock(&w->lock);
	for (uint32_t i = 0; i < job->nr_workers; i++)
		for (uint32_t t = 0; t < w->queue[i].nr_threads; t++, nr++)
			pthread_join(w->queue[i].thread[t], NULL);
	return nr;
}

static void work_init(struct work *w, const struct prefault_job *job)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&w->lock, NULL);
	for (uint32_t i = 0; i < job->nr_workers; i++) {
		w->queue[i].work = w;
		w->queue[i].workers = &job->workers[i];
	}
}

int prefault_run(const struct prefault_job *job, struct prefault_result *result)
{
	struct work w = { .job = job, .queue = calloc(job->nr_workers + 1, sizeof(*w.queue)) };
	uint64_t start = clock_now_ns(), total = 0;
	sigset_t all, before;
	uint32_t threads;
	int err = 0;

	*result = (struct prefault_result){ 0 };
	if (!w.queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < job->nr_ranges; i++)
		total += job->range[i].size;
	work_init(&w, job);
	sigfillset(&all); /* signals are the caller's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t i = 0; i < job->nr_workers && !err; i++)
		err = workers_create(&w.queue[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		atomic_store(&w.stop, true);
	threads = workers_wait(&w, total);
	*result = (struct prefault_result){ done_bytes(&w), clock_now_ns() - start, threads, w.failed, w.have };
	pthread_cond_destroy(&w.changed);
	pthread_mutex_destroy(&w.lock);
	free(w.queue);
	return w.err ? w.err : err;
}

/* The allowed node nearest to node that has CPUs to work on; host.nr_nodes if there is none. */
static uint32_t nearest_with_cpus(const struct host *h, const struct cpulist *only, uint32_t node)
{
	uint32_t best = h->nr_nodes;

	for (uint32_t i = 0; i < h->nr_pus; i++) {
		const struct host_pu *pu = &h->pu[i];

		if (!pu->allowed || (only->nr && !cpulist_has(only, pu->id)))
			continue;
		if (best == h->nr_nodes || host_distance(h, node, pu->node) < host_distance(h, node, best))
			best = pu->node;
	}
	return best;
}

static int cpu_cmp(const void *pa, const void *pb)
{
	const hcpu_t *a = pa, *b = pb;

	return (a->os > b->os) - (a->os < b->os);
}

int prefault_cpus(const struct host *h, const struct cpulist *only, hnode_t node, struct cpulist *cpus)
{
	const struct host_node *n = host_find_node(h, node);
	uint32_t from, core = UINT32_MAX;

	*cpus = (struct cpulist){ .cpu = calloc(PREFAULT_THREADS_MAX, sizeof(*cpus->cpu)) };
	if (!cpus->cpu)
		return -ENOMEM;
	from = n ? nearest_with_cpus(h, only, (uint32_t)(n - h->node)) : h->nr_nodes;
	for (uint32_t i = 0; i < h->nr_pus && cpus->nr < PREFAULT_THREADS_MAX; i++) {
		const struct host_pu *pu = &h->pu[i];

		if (!pu->allowed || pu->node != from || pu->core == core || (only->nr && !cpulist_has(only, pu->id)))
			continue;
		core = pu->core; /* PUs of a core are neighbours */
		cpus->cpu[cpus->nr++] = pu->id;
	}
	if (!cpus->nr) {
		cpulist_fini(cpus);
		return -ENOENT;
	}
	qsort(cpus->cpu, cpus->nr, sizeof(*cpus->cpu), cpu_cmp);
	return 0;
}
