/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steady.c - see steady.h. A reading has, for each vCPU, thole's counters, its thread's, and then KVM's. */
#include "launcher/steady.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sched/usage.h"
#include "vmm/clock.h"
#include "vmm/exit.h"
#include "vmm/log.h"

#define FIRST_INTERVAL_NS 50000000u

enum { VOLUNTARY, INVOLUNTARY, WAITED_NS, THREAD_COUNTERS };

/* Where they begin in what a vCPU has of a reading. */
#define AT_THREAD ((uint32_t)VCPU_EXIT_REASONS)
#define AT_KVM	  (AT_THREAD + THREAD_COUNTERS)

/* KVM's plain counters; what has more than one value is a histogram. */
static uint32_t kvm_counters(const struct steady *s)
{
	return s->has_stats ? s->stats[0].nr : 0;
}

static uint32_t width_of(const struct steady *s)
{
	return AT_KVM + kvm_counters(s);
}

/* USAGE_UNKNOWN goes there and back. */
static void thread_read(pid_t tid, uint64_t *to)
{
	const struct usage u = usage_of(tid);

	to[VOLUNTARY] = (uint64_t)u.voluntary;
	to[INVOLUNTARY] = (uint64_t)u.involuntary;
	to[WAITED_NS] = (uint64_t)u.waited_ns;
}

static void vcpu_read(struct steady *s, uint32_t v, uint64_t *to)
{
	thread_read(s->vcpus->vcpu[v].tid, to + AT_THREAD);
	for (uint32_t i = 0; i < VCPU_EXIT_REASONS; i++)
		to[i] = __atomic_load_n(&s->vcpus->vcpu[v].exits[i], __ATOMIC_RELAXED);
	to += AT_KVM;
	if (!s->has_stats || stats_read(&s->stats[v]) != 0)
		return;
	for (uint32_t i = 0; i < kvm_counters(s); i++)
		to[i] = stats_at(&s->stats[v], i).values[0];
}

static void reading_take(struct steady *s)
{
	uint64_t *to = series_add(&s->series, clock_now_ns());

	for (uint32_t v = 0; v < s->vcpus->nr; v++)
		vcpu_read(s, v, to + (size_t)v * width_of(s));
}

static void timer_set(const struct steady *s)
{
	const uint64_t ns = s->series.interval_ns;
	const struct itimerspec when = { .it_value = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) } };

	timerfd_settime(s->timer.fd, 0, &when, NULL);
}

static void timer_ready(struct loop_source *src, uint32_t events)
{
	struct steady *s = container_of(src, struct steady, timer);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	reading_take(s);
	timer_set(s);
}

int steady_prepare(struct steady *s, uint32_t nr_vcpus)
{
	*s = (struct steady){ .on = true, .nr_vcpus = nr_vcpus, .timer.fd = -1 };
	s->stats = calloc(nr_vcpus, sizeof(*s->stats));
	for (uint32_t v = 0; s->stats && v < nr_vcpus; v++)
		s->stats[v].fd = -1;
	return s->stats ? 0 : log_errno(-ENOMEM, "report: cannot watch the exits: %m");
}

void steady_vcpu(struct steady *s, uint32_t vcpu, int vcpu_fd)
{
	if (stats_open(&s->stats[vcpu], vcpu_fd) != 0)
		log_debug("vCPU %u: KVM tells nothing about it", vcpu);
}

static bool all_alike(const struct steady *s)
{
	for (uint32_t v = 0; v < s->nr_vcpus; v++)
		if (s->stats[v].fd < 0 || s->stats[v].nr != s->stats[0].nr)
			return false;
	return true;
}

int steady_start(struct steady *s, struct loop *loop, struct vcpus *vcpus)
{
	int err;

	s->vcpus = vcpus;
	s->loop = loop;
	s->begin_ns = clock_now_ns();
	s->has_stats = all_alike(s);
	if ((err = series_init(&s->series, vcpus->nr * width_of(s), FIRST_INTERVAL_NS)) != 0)
		goto err_stop;
	s->timer = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), timer_ready };
	err = s->timer.fd < 0 ? -errno : loop_add(loop, &s->timer, EPOLLIN);
	if (err)
		goto err_stop;
	reading_take(s);
	timer_set(s);
	return 0;
err_stop:
	steady_stop(s);
	return log_errno(err, "report: cannot watch the exits: %m");
}

void steady_stop(struct steady *s)
{
	if (!s->on)
		return;
	if (s->timer.fd >= 0)
		close(s->timer.fd);
	for (uint32_t v = 0; v < s->nr_vcpus; v++)
		stats_close(&s->stats[v]);
	free(s->stats);
	series_fini(&s->series);
	s->on = false;
}

static void rate_set(json_t *o, const char *name, uint64_t before, uint64_t after, double seconds)
{
	double former = json_real_value(json_object_get(o, name));

	if (after > before)
		json_object_set_new(o, name, json_real(former + (double)(after - before) / seconds));
}

/* Counters that only go up; what is a level or a peak has no rate. */
static bool is_counter(struct stats_value v)
{
	return v.count == 1 && (v.flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE;
}

static json_t *thread_rate(const uint64_t *a, const uint64_t *b, uint32_t counter, double seconds)
{
	int64_t nr = usage_delta((int64_t)a[AT_THREAD + counter], (int64_t)b[AT_THREAD + counter]);

	return nr == USAGE_UNKNOWN ? json_null() : json_real((double)nr / seconds);
}

json_t *steady_json(const struct steady *s, uint32_t vcpu)
{
	const size_t at = (size_t)vcpu * width_of(s);
	json_t *exits, *kvm;
	const uint64_t *a, *b;
	uint32_t first, last;
	double seconds;

	if (!s->on || !series_steady(&s->series, s->begin_ns, clock_now_ns(), &first, &last))
		return json_null();
	exits = json_object();
	kvm = s->has_stats ? json_object() : json_null();
	a = series_at(&s->series, first) + at;
	b = series_at(&s->series, last) + at;
	seconds = (double)(s->series.ns[last] - s->series.ns[first]) / 1e9;
	for (uint32_t i = 0; i < VCPU_EXIT_REASONS; i++)
		rate_set(exits, exit_name(i), a[i], b[i], seconds);
	for (uint32_t i = 0; i < kvm_counters(s); i++)
		if (is_counter(stats_at(&s->stats[vcpu], i)))
			rate_set(kvm, stats_at(&s->stats[vcpu], i).name, a[AT_KVM + i], b[AT_KVM + i], seconds);
	return json_pack("{s:f, s:o, s:o, s:o, s:o, s:o}", "seconds", seconds, "exits", exits, "kvm", kvm,
		"voluntary_switches", thread_rate(a, b, VOLUNTARY, seconds), "involuntary_switches",
		thread_rate(a, b, INVOLUNTARY, seconds), "waited_ns", thread_rate(a, b, WAITED_NS, seconds));
}
