/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noise.c - see noise.h. */
#include "sched/noise.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "sched/affinity.h"
#include "sched/osnoise.h"
#include "vmm/clock.h"
#include "vmm/log.h"

#define CALIBRATE_MS 5

enum crew_word { CREW_WAIT, CREW_GO, CREW_LEAVE };

/* Watchers and the one who made them. */
struct crew {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t ready;
	enum crew_word word;
};

struct watch_order {
	const struct cpulist *cpus;
	uint64_t ms;
	const struct noise_tracer *tracer;
};

struct watcher {
	struct noise_cpu *cpu;
	struct crew *crew;
	uint64_t ticks_ms, ms;
	pthread_t thread;
};

/* Ready; wait for the word. */
static enum crew_word crew_wait(struct crew *c)
{
	enum crew_word word;

	pthread_mutex_lock(&c->lock);
	c->ready++;
	pthread_cond_broadcast(&c->changed);
	while (c->word == CREW_WAIT)
		pthread_cond_wait(&c->changed, &c->lock);
	word = c->word;
	pthread_mutex_unlock(&c->lock);
	return word;
}

static void *watch(void *arg)
{
	struct watcher *w = arg;

	pthread_setname_np(pthread_self(), OSNOISE_VICTIM);
	detour_calibrate(&w->cpu->log, w->ticks_ms * CALIBRATE_MS);
	if (crew_wait(w->crew) == CREW_GO)
		detour_watch(&w->cpu->log, w->ticks_ms * w->ms);
	return NULL;
}

static void crew_say(struct crew *c, enum crew_word word)
{
	pthread_mutex_lock(&c->lock);
	c->word = word;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

static void crew_await(struct crew *c, uint32_t nr)
{
	pthread_mutex_lock(&c->lock);
	while (c->ready < nr)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

static int watcher_start(struct watcher *w)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	err = affinity_attr(&attr, w->cpu->cpu);
	if (!err)
		err = -pthread_create(&w->thread, &attr, watch, w);
	pthread_attr_destroy(&attr);
	return err ? log_errno(err, "CPU %d: no thread can be had there: %m; thole may use those of its cpuset only",
			w->cpu->cpu.os) : 0;
}

static int allocate(struct noise *n, const struct cpulist *cpus, uint32_t events)
{
	n->at = calloc(cpus->nr, sizeof(*n->at));
	if (!n->at) {
		log_errno(-ENOMEM, "noise: %m");
		return -ENOMEM;
	}
	for (n->nr = 0; n->nr < cpus->nr; n->nr++) {
		struct detour_log *log = &n->at[n->nr].log;

		n->at[n->nr].cpu = cpus->cpu[n->nr];
		log->event = events ? calloc(events, sizeof(*log->event)) : NULL;
		log->capacity = log->event ? events : 0;
	}
	return 0;
}

/* What goes on while they watch. */
static int culprits_watch(struct noise *n, const struct hostfs *fs, struct crew *crew, struct watcher *w,
	const struct watch_order *order)
{
	struct culprits before, after;
	struct noise_trace trace;
	int err = culprits_read(&before, fs, order->cpus, getpid()), again, traced;
	uint64_t start;

	traced = noise_trace_begin(&trace, order->tracer, order->cpus, &n->traced);
	start = clock_now_ns();
	crew_say(crew, CREW_GO);
	if (!traced)
		traced = noise_trace_wait(&trace, order->ms);
	for (uint32_t i = 0; i < n->nr; i++)
		pthread_join(w[i].thread, NULL);
	n->seconds = (double)(clock_now_ns() - start) / 1e9;
	again = culprits_read(&after, fs, order->cpus, getpid());
	if (!err && !again)
		err = culprits_between(&n->culprits, &before, &after);
	culprits_fini(&after);
	culprits_fini(&before);
	if (noise_trace_end(&trace) != 0 || traced)
		return traced ? traced : -EIO;
	return err || again ? log_errno(-ENOMEM, "noise: %m") : 0;
}

static int run(struct noise *n, const struct hostfs *fs, struct watcher *w, const struct watch_order *order)
{
	struct crew crew = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, CREW_WAIT };
	uint32_t started = 0;
	int err = 0;

	while (started < n->nr && !err) {
		w[started] = (struct watcher){ &n->at[started], &crew, n->tsc_hz / 1000, order->ms, 0 };
		err = watcher_start(&w[started]);
		started += !err;
	}
	if (!err) {
		crew_await(&crew, started);
		return culprits_watch(n, fs, &crew, w, order);
	}
	crew_say(&crew, CREW_LEAVE);
	while (started--)
		pthread_join(w[started].thread, NULL);
	return err;
}

int noise_measure(struct noise *n, const struct cpulist *cpus, uint64_t ms, uint32_t events,
	const struct noise_tracer *tracer)
{
	const struct watch_order order = { cpus, ms, tracer };
	struct watcher *w = calloc(max(cpus->nr, 1u), sizeof(*w));
	struct hostfs fs = { .root = -1 };
	int err;

	*n = (struct noise){ .tsc_hz = detour_tsc_hz() };
	if (!w)
		return log_errno(-ENOMEM, "noise: %m");
	if ((err = hostfs_open(&fs, "/")) != 0)
		log_errno(err, "/: %m");
	if (!err)
		err = allocate(n, cpus, events);
	if (!err)
		err = run(n, &fs, w, &order);
	hostfs_close(&fs);
	free(w);
	if (err)
		noise_fini(n);
	return err;
}

void noise_fini(struct noise *n)
{
	for (uint32_t i = 0; i < n->nr; i++)
		free(n->at[i].log.event);
	free(n->at);
	culprits_fini(&n->culprits);
	noise_traced_fini(&n->traced);
	*n = (struct noise){ 0 };
}
