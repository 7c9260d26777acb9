/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_answer.c - the machine's state as values; nothing here changes it. */
#include "launcher/control_answer.h"

#include <stdio.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "launcher/exec_given.h"
#include "launcher/machine.h"
#include "launcher/stats_file.h"
#include "sched/usage.h"
#include "vmm/clock.h"

json_t *control_answer_error(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

json_t *control_answer_stopping(void)
{
	return json_pack("{s:s, s:b}", "error", "the machine is being stopped", "stopping", 1);
}

json_t *control_answer_done(void)
{
	return json_pack("{s:b}", "done", 1);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* Guest memory that the host has given so far, with all that thole has of its own. */
static json_t *resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long size, pages;
	int n = f ? fscanf(f, "%llu %llu", &size, &pages) : 0; /* NOLINT(cert-err34-c): the kernel's own numbers */

	if (f)
		fclose(f);
	return n == 2 ? json_integer((json_int_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE))) : json_null();
}

static json_t *vsock_json(const struct machine *m)
{
	return m->has_vsock ? json_integer((json_int_t)m->vsock.cid) : json_null();
}

json_t *control_answer_status(const struct control *c)
{
	const struct machine *m = c->m;

	return json_pack("{s:s, s:i, s:s, s:f, s:i, s:I, s:o, s:o, s:i, s:i, s:b, s:b}", "name", c->berth->name, "pid",
		(int)getpid(), "state", m->stopper.pressed ? "stopping" : "running", "seconds",
		seconds(clock_now_ns() - c->started_ns), "cpus", (int)m->plan.nr_vcpus, "memory",
		(json_int_t)m->cfg->memory, "resident", resident(), "vsock", vsock_json(m), "programs", (int)c->nr_joined,
		"programs_so_far", (int)c->nr_programs, "transient", c->berth->transient, "keep", c->berth->keep);
}

/* Without its histograms. */
static json_t *kvm_json(const struct control *c, uint32_t vcpu)
{
	json_t *all, *value;
	const char *name;
	void *next;

	if (!c->kvm[vcpu].nr || stats_read(&c->kvm[vcpu]) != 0)
		return json_null();
	all = stats_json(&c->kvm[vcpu]);
	json_object_foreach_safe(all, next, name, value)
		if (!json_is_integer(value))
			json_object_del(all, name);
	return all;
}

static json_t *count_json(int64_t n)
{
	return n == USAGE_UNKNOWN ? json_null() : json_integer((json_int_t)n);
}

/* How often a vCPU's thread gave its CPU away by itself, how often it had to, and how long it waited for it. */
static json_t *thread_json(pid_t tid)
{
	const struct usage u = usage_of(tid);

	return json_pack("{s:o, s:o, s:o}", "voluntary_switches", count_json(u.voluntary), "involuntary_switches",
		count_json(u.involuntary), "waited_ns", count_json(u.waited_ns));
}

static json_t *vcpus_json(const struct control *c)
{
	const struct machine *m = c->m;
	json_t *list = json_array();

	for (uint32_t i = 0; i < m->vcpus.nr; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:o, s:o, s:o}", "index", (int)i, "host_cpu",
			m->plan.vcpu[i].cpu.os, "exits", stats_exits(&m->vcpus.vcpu[i]), "kvm", kvm_json(c, i), "thread",
			thread_json(m->vcpus.vcpu[i].tid)));
	return list;
}

json_t *control_answer_stat(const struct control *c)
{
	const struct machine *m = c->m;
	uint64_t now = clock_now_ns();

	return json_pack("{s:s, s:s, s:f, s:f, s:i, s:{s:I, s:o}, s:o, s:o}", "schema", "thole-stat/1", "name",
		c->berth->name, "clock", seconds(now), "seconds", seconds(now - c->started_ns), "programs",
		(int)c->nr_joined, "memory", "bytes", (json_int_t)m->cfg->memory, "resident", resident(), "vcpus",
		vcpus_json(c), "devices", irq_follow_json(&m->irq_follow));
}

static json_t *host_cpus(const struct machine *m)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < m->plan.nr_vcpus; i++)
		json_array_append_new(list, json_integer(m->plan.vcpu[i].cpu.os));
	return list;
}

json_t *control_answer_join(struct control *c)
{
	const struct machine *m = c->m;
	char key[2 * FRAME_KEY_BYTES + 1];

	if (!m->has_vsock)
		return control_answer_error("it has no vsock device, so no program can be run in it: start it with "
			"--vsock auto and an agent");
	for (uint32_t i = 0; i < FRAME_KEY_BYTES; i++)
		snprintf(key + 2 * (size_t)i, 3, "%02x", c->berth->key[i]);
	if (!c->options)
		c->options = exec_given_read(m->cfg);
	return json_pack("{s:I, s:i, s:s, s:o, s:O}", "vsock", (json_int_t)m->vsock.cid, "port", CONTROL_AGENT_PORT, "key",
		key, "cpus", host_cpus(m), "options", c->options);
}
