/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_json.c - see report_json.h.
 *
 * Sizes are bytes, times seconds; null is "not known". jansson's functions take NULL for "that
 * failed" and pass it on, so one check at the end does.
 */
#include "launcher/report_json.h"

#include <stdio.h>

#include "launcher/irq_follow.h"
#include "launcher/isolation_print.h"
#include "launcher/stats_file.h"
#include "vmm/stats.h"

static json_t *count_or_null(int64_t n)
{
	return n == USAGE_UNKNOWN ? json_null() : json_integer((json_int_t)n);
}

/* {"0": 512, "1": 512}: pages by host node. */
static json_t *nodes_json(const struct proof_region *r)
{
	json_t *o = json_object();
	char name[16];

	for (int n = 0; n < PROOF_NODES; n++) {
		if (!r->on_node[n])
			continue;
		snprintf(name, sizeof(name), "%d", n);
		json_object_set_new(o, name, json_integer((json_int_t)r->on_node[n]));
	}
	return o;
}

static json_t *region_json(const struct proof_region *r)
{
	return json_pack("{s:I, s:I, s:i, s:{s:i, s:I}, s:o, s:o, s:o, s:o, s:I}", "base", (json_int_t)r->gpa.base,
		"bytes", (json_int_t)r->gpa.size, "guest_node", (int)r->guest_node, "planned", "host_node", r->node.os,
		"page_size", (json_int_t)r->page_size, "page_size", r->kernel_page ?
		json_integer((json_int_t)r->kernel_page) : json_null(), "pages_on_node",
		r->nodes_known ? nodes_json(r) : json_null(), "pages_absent",
		r->nodes_known ? json_integer((json_int_t)r->absent) : json_null(), "pages_unknown",
		json_integer((json_int_t)(r->nodes_known ? r->failed : r->gpa.size / r->page_size)),
		"bytes_joined", (json_int_t)r->joined);
}

static json_t *proof_json(const struct proof *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->nr; i++)
		json_array_append_new(list, region_json(&p->region[i]));
	return list;
}

static json_t *memory_json(const struct report *r, const struct report_machine *m, const struct proof *end)
{
	const struct prefault_result *f = &m->backing->prefault;

	return json_pack("{s:b, s:f, s:i, s:b, s:o, s:o}", "filled", m->filled, "fill_seconds", (double)f->ns / 1e9,
		"fill_threads", (int)f->threads, "locked", m->backing->locked, "start", proof_json(&r->memory), "end",
		proof_json(end));
}

/* KVM's own view: how many entries of each size its page tables have. */
static json_t *kvm_json(const struct vm *vm)
{
	static const char *const names[] = { "pages_4k", "pages_2m", "pages_1g" };
	json_t *o = json_object();
	struct stats s;
	bool opened = stats_open(&s, vm->fd) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t n;
		bool known = opened && stats_find(&s, names[i], &n);

		json_object_set_new(o, names[i], known ? json_integer((json_int_t)n) : json_null());
	}
	if (opened)
		stats_close(&s);
	return o;
}

static uint64_t exits_sum(const struct vcpu *v)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < VCPU_EXIT_REASONS; i++)
		sum += v->exits[i];
	return sum;
}

/* {"io": {"count": 12, "per_second": 3.4}} */
static json_t *exits_json(const struct vcpu *v, double seconds)
{
	json_t *counts = stats_exits(v), *o = json_object(), *count;
	const char *name;

	json_object_foreach(counts, name, count)
		json_object_set_new(o, name, json_pack("{s:O, s:f}", "count", count, "per_second",
			(double)json_integer_value(count) / seconds));
	json_decref(counts);
	return o;
}

static json_t *vcpu_json(const struct report *r, const struct report_machine *m, uint32_t v, double seconds)
{
	const struct report_vcpu *u = &r->vcpu[v];
	const struct vcpu *vcpu = &m->vcpus->vcpu[v];

	return json_pack("{s:i, s:{s:i}, s:i, s:o, s:o, s:o, s:o, s:i, s:f, s:o, s:o}", "index", (int)v, "planned", "cpu",
		m->plan->vcpu[v].cpu.os, "cpu", u->end.cpu.os, "migrations",
		count_or_null(usage_delta(u->start.migrations, u->end.migrations)), "voluntary_switches",
		count_or_null(usage_delta(u->start.voluntary, u->end.voluntary)), "involuntary_switches",
		count_or_null(usage_delta(u->start.involuntary, u->end.involuntary)), "waited_ns",
		count_or_null(usage_delta(u->start.waited_ns, u->end.waited_ns)), "fifo_priority",
		(int)(r->cfg->sched.fifo ? r->cfg->sched.priority : 0), "exits_per_second",
		(double)exits_sum(vcpu) / seconds, "exits", exits_json(vcpu, seconds), "steady",
		steady_json(m->steady, v));
}

/* Exits that were turned off, and those that KVM offers to turn off and then didn't. */
static json_t *quiet_json(const struct report_machine *m)
{
	const struct exits_off *x = m->exits_off;
	json_t *off = json_array(), *refused = json_array();

	for (unsigned i = 0; i < EXITS_OFF_BITS; i++) {
		if (x->off & 1u << i)
			json_array_append_new(off, json_string(exits_off_name(i)));
		else if (x->offered & x->wanted & 1u << i)
			json_array_append_new(refused, json_string(exits_off_name(i)));
	}
	return json_pack("{s:s, s:o, s:o, s:b, s:o}", "idle", m->idle == QUIET_IDLE_GUEST ? "guest" : "host", "exits_off", off,
		"exits_refused", refused, "halt_poll_off", (int)x->no_halt_poll, "isolation",
		isolation_json(m->isolation));
}

/* What this host's processors and IOMMU do about interrupts, and what follows from it. */
static json_t *interrupts_json(const struct report_machine *m)
{
	const struct ipi_host *h = m->ipi_host;
	const struct ipi_policy *p = m->ipi;

	return json_pack("{s:s, s:b, s:b, s:s, s:{s:b, s:b, s:b, s:b, s:b, s:b}}", "between_vcpus", p->why, "pv_ipi",
		p->pv_ipi, "physical_destinations", p->physical, "devices_at_best", ipi_device_text(p->device), "host", "apicv",
		h->apicv, "ipi_virtualization", h->ipiv, "avic", h->avic, "x2avic", h->x2avic, "remapping", h->remapping,
		"iommu_posts", h->device_posting);
}

char *report_json(const struct report *r, const struct report_machine *m, const struct proof *end, uint64_t ns)
{
	double seconds = (double)(ns ? ns : 1) / 1e9;
	json_t *vcpus = json_array(), *root;
	char *text;

	for (uint32_t v = 0; v < m->plan->nr_vcpus; v++)
		json_array_append_new(vcpus, vcpu_json(r, m, v, seconds));
	root = json_pack("{s:s, s:s, s:b, s:O, s:O, s:f, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "thole-report/1", "version",
		THOLE_VERSION, "as_planned", json_array_size(r->deviations) == 0, "deviations", r->deviations,
		"unknown", r->unknown, "seconds", seconds, "plan", r->plan, "memory", memory_json(r, m, end), "kvm",
		kvm_json(m->vm), "quiet", quiet_json(m), "noise", run_noise_json(m->noise), "interrupts",
		interrupts_json(m), "devices", irq_follow_totals(m->irq_follow), "vcpus", vcpus);
	text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(root);
	return text;
}
