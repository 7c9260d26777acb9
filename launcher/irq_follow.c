/* SPDX-License-Identifier: GPL-2.0-or-later */
/* irq_follow.c - a vector's APIC id, the vCPU that has it, the CPU that the plan has for it, or to help it. */
#include "launcher/irq_follow.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ipi/vector_tally.h"
#include "launcher/machine.h"
#include "vmm/log.h"

/* A guest sets its vectors one by one; this waits for the last. */
#define SETTLE_NS 200000000

struct irq_counts {
	pthread_mutex_t lock; /* taken with a device locked, so that none is locked within */
	struct vector_tally tally;
};

static int64_t vcpu_of(const struct machine *m, uint32_t apicid)
{
	for (uint32_t v = 0; v < m->plan.nr_vcpus; v++)
		if (topology_apicid(&m->plan.guest, v).id == apicid)
			return v;
	return -1;
}

/* The vCPU that a host interrupt is for; -1: not one, or not known, as of a line. */
static int64_t target_of(const struct machine *m, const struct vector_irq *irq)
{
	const enum passed_irq kind = strcmp(irq->kind, "msix") == 0 ? PASSED_MSIX
				   : strcmp(irq->kind, "msi") == 0  ? PASSED_MSI : PASSED_NONE;
	uint32_t apicid;

	for (uint32_t i = 0; i < m->nr_passed; i++)
		if (strcmp(m->passed[i].device.name, irq->device) == 0 &&
			passed_target(&m->passed[i], kind, irq->vector, &apicid))
			return vcpu_of(m, apicid);
	return -1;
}

/* Read and kept at once: none may be turned off in between. */
static int look(const struct irq_follow *f, struct vector_irqs *v)
{
	int err;

	pthread_mutex_lock(&f->counts->lock);
	err = vector_irqs_read(v, "");
	for (uint32_t i = 0; !err && i < v->nr; i++)
		if (vector_tally_see(&f->counts->tally, &v->at[i]) != 0)
			log_debug("interrupts of %s are not counted: no memory", v->at[i].device);
	pthread_mutex_unlock(&f->counts->lock);
	return err;
}

static int64_t target_note(const struct irq_follow *f, const struct vector_irq *irq)
{
	int64_t vcpu = target_of(f->m, irq);

	if (vcpu < 0)
		return vcpu;
	pthread_mutex_lock(&f->counts->lock);
	vector_tally_target(&f->counts->tally, irq, vcpu);
	pthread_mutex_unlock(&f->counts->lock);
	return vcpu;
}

static hcpu_t cpu_for(const struct machine *m, int64_t vcpu)
{
	const struct plan_vcpu *p = &m->plan.vcpu[vcpu];

	return m->cfg->device_irqs == CONFIG_IRQS_HOUSEKEEPING ? p->housekeeping : p->cpu;
}

static void follow(struct irq_follow *f)
{
	struct vector_irqs v;

	if (look(f, &v) != 0)
		return;
	for (uint32_t i = 0; i < v.nr; i++) {
		int64_t vcpu = target_note(f, &v.at[i]);
		hcpu_t cpu;
		int err;

		if (vcpu < 0)
			continue;
		cpu = cpu_for(f->m, vcpu);
		if (vector_irq_cpu("", v.at[i].irq).os == cpu.os)
			continue;
		err = vector_irq_move("", v.at[i].irq, cpu);
		if (!err)
			log_debug("interrupt %u (%s, vector %u) goes to CPU %d, for vCPU %d", v.at[i].irq,
				v.at[i].device, v.at[i].vector, cpu.os, (int)vcpu);
		else if (!f->complained)
			log_warn("interrupt %u of %s stays where it is, and does not go to CPU %d, for vCPU %d: %s",
				v.at[i].irq, v.at[i].device, cpu.os, (int)vcpu, strerror(-err));
		f->complained |= err != 0;
	}
	vector_irqs_fini(&v);
}

static void timer_ready(struct loop_source *src, uint32_t events)
{
	struct irq_follow *f = container_of(src, struct irq_follow, timer);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		follow(f);
}

int irq_follow_start(struct irq_follow *f, struct machine *m)
{
	int err;

	*f = (struct irq_follow){ .counts = calloc(1, sizeof(*f->counts)) };
	if (!f->counts)
		return log_errno(-ENOMEM, "interrupts of devices: %m");
	f->timer = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), timer_ready };
	err = f->timer.fd < 0 ? -errno : loop_add(&m->vm.loop, &f->timer, EPOLLIN);
	if (err && f->timer.fd >= 0)
		close(f->timer.fd);
	if (err) {
		free(f->counts);
		return log_errno(err, "interrupts of devices: %m");
	}
	pthread_mutex_init(&f->counts->lock, NULL);
	f->m = m;
	return 0;
}

void irq_follow_stop(struct irq_follow *f)
{
	close(f->timer.fd);
	vector_tally_fini(&f->counts->tally);
	pthread_mutex_destroy(&f->counts->lock);
	free(f->counts);
	*f = (struct irq_follow){ 0 };
}

void irq_follow_routed(void *ctx)
{
	const struct irq_follow *f = ctx;
	const struct itimerspec soon = { .it_value.tv_nsec = SETTLE_NS };

	timerfd_settime(f->timer.fd, 0, &soon, NULL);
}

void irq_follow_leaving(const struct irq_follow *f, const char *device)
{
	struct vector_irqs v;

	if (look(f, &v) == 0)
		vector_irqs_fini(&v);
	pthread_mutex_lock(&f->counts->lock);
	vector_tally_gone(&f->counts->tally, device);
	pthread_mutex_unlock(&f->counts->lock);
}

static json_t *vcpu_or_null(int64_t vcpu)
{
	return vcpu < 0 ? json_null() : json_integer((json_int_t)vcpu);
}

static json_t *vector_json(const struct irq_follow *f, const struct vector_irq *irq)
{
	int64_t vcpu = target_note(f, irq);
	hcpu_t cpu = vector_irq_cpu("", irq->irq);
	uint64_t taken;

	pthread_mutex_lock(&f->counts->lock);
	taken = vector_tally_taken(&f->counts->tally, irq);
	pthread_mutex_unlock(&f->counts->lock);
	return json_pack("{s:s, s:i, s:i, s:o, s:I, s:o}", "kind", irq->kind, "vector", (int)irq->vector, "irq", (int)irq->irq,
		"cpu", cpu.os < 0 ? json_null() : json_integer(cpu.os), "taken", (json_int_t)taken, "vcpu",
		vcpu_or_null(vcpu));
}

json_t *irq_follow_json(const struct irq_follow *f)
{
	const struct machine *m = f->m;
	json_t *list = json_array();
	struct vector_irqs v = { 0 };
	bool known = m && look(f, &v) == 0;

	for (uint32_t i = 0; m && i < m->nr_passed; i++) {
		const char *name = m->passed[i].device.name;
		json_t *vectors = json_array();

		for (uint32_t k = 0; known && k < v.nr; k++)
			if (strcmp(v.at[k].device, name) == 0)
				json_array_append_new(vectors, vector_json(f, &v.at[k]));
		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:o}", "address", name, "best",
						    ipi_device_text(m->ipi.device), "way", (int)m->ipi.device, "vectors", vectors));
	}
	vector_irqs_fini(&v);
	return list;
}

static json_t *device_totals(const struct vector_tally *t, const char *name)
{
	json_t *vectors = json_array();

	for (uint32_t i = 0; i < t->nr; i++) {
		const struct vector_total *v = &t->at[i];

		if (strcmp(v->device, name) == 0)
			json_array_append_new(vectors, json_pack("{s:s, s:i, s:I, s:o}", "kind", v->kind, "vector",
							       (int)v->vector, "taken", (json_int_t)v->taken, "vcpu",
							       vcpu_or_null(v->vcpu)));
	}
	return vectors;
}

json_t *irq_follow_totals(const struct irq_follow *f)
{
	const struct machine *m = f->m;
	json_t *list = json_array();
	struct vector_irqs v;

	if (m && look(f, &v) == 0)
		vector_irqs_fini(&v);
	for (uint32_t i = 0; m && i < m->nr_passed; i++) {
		const char *name = m->passed[i].device.name;
		json_t *vectors;

		pthread_mutex_lock(&f->counts->lock);
		vectors = device_totals(&f->counts->tally, name);
		pthread_mutex_unlock(&f->counts->lock);
		json_array_append_new(list, json_pack("{s:s, s:o}", "address", name, "vectors", vectors));
	}
	return list;
}
