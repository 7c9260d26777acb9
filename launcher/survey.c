/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey.c - see survey.h. */
#include "launcher/survey.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "numa/host_sysfs.h"
#include "sched/affinity.h"

#define LOOKS 4000 /* some two milliseconds */

/* If they are not told, a guest is told what KVM reports of the host's. */
static void caches_find(struct survey *s, const struct host_cache_at *at)
{
	struct host h = { 0 };

	if (host_load_sysfs_caches(&h, "", at) != 0)
		return;
	s->nr_caches = h.nr_caches;
	memcpy(s->cache, h.cache, sizeof(s->cache));
	s->has_caches = true;
}

/* Says nothing of the host: an error is told once, by who needs it. */
static void *survey_thread(void *arg)
{
	struct survey *s = arg;
	struct host_cache_at at;
	bool known;

	s->host_err = host_load_sysfs_places(&s->host, "", &at);
	known = !s->host_err;
	sem_post(&s->host_there); /* from here on it is another's */
	if (known)
		caches_find(s, &at);
	cpuid_brand_read(s->brand);
	return NULL;
}

void survey_begin(struct survey *s)
{
	pthread_attr_t attr;

	*s = (struct survey){ .host_err = -EAGAIN };
	sem_init(&s->host_there, 0, 0);
	pthread_attr_init(&attr);
	s->begun = affinity_attr_elsewhere(&attr) == 0 && pthread_create(&s->thread, &attr, survey_thread, s) == 0;
	pthread_attr_destroy(&attr);
}

/*
 * It takes some hundred microseconds, and a caller that sleeps may be woken on the thread's CPU, to run when that is
 * done with all else. So it looks for a while, and lets others run who want to.
 */
static void host_await(struct survey *s)
{
	for (unsigned looks = 0; looks < LOOKS; looks++) {
		if (sem_trywait(&s->host_there) == 0)
			return;
		sched_yield();
	}
	while (sem_wait(&s->host_there) != 0)
		; /* a signal */
}

static void thread_join(struct survey *s)
{
	if (s->begun)
		pthread_join(s->thread, NULL);
	s->begun = false;
}

int survey_host(struct survey *s, struct host *h)
{
	if (s->begun)
		host_await(s);
	if (s->host_err)
		return host_load(h);
	*h = s->host;
	s->host_err = -EAGAIN; /* taken */
	return 0;
}

const uint32_t *survey_cpu(struct survey *s, struct topology *t)
{
	if (s->begun)
		thread_join(s);
	else if (!s->brand[0])
		cpuid_brand_read(s->brand);
	if (s->has_caches && !t->nr_caches) {
		t->nr_caches = s->nr_caches;
		memcpy(t->cache, s->cache, sizeof(t->cache));
	}
	return s->brand;
}

void survey_end(struct survey *s)
{
	thread_join(s);
	if (!s->host_err)
		host_fini(&s->host);
	sem_destroy(&s->host_there);
}
