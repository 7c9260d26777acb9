/* SPDX-License-Identifier: GPL-2.0-or-later */
/* manifest.c - what the figures depend on: the host as `thole doctor` knows it, and thole's plan and proof. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/bench/document.h"
#include "benchmarks/bench/text.h"
#include "sched/detour.h"
#include "sched/host_facts.h"
#include "sched/ktext.h"
#include "vmm/log.h"

static json_t *fact_json(const struct fact *f)
{
	return f->state == FACT_READ ? json_string(f->text) : json_null();
}

static json_t *field_json(const struct host_facts *f, const char *name)
{
	char value[128];

	return ktext_field(fact_text(&f->cpuinfo), name, value, sizeof(value)) == 0 ? json_string(value) : json_null();
}

static json_t *mitigations_json(const struct host_facts *f)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < f->nr_vulnerabilities; i++)
		json_object_set_new(o, f->vulnerability[i].name, fact_json(&f->vulnerability[i].state));
	return o;
}

/* {"performance": "0-63"}; empty: the kernel does not manage frequencies. */
static json_t *governors_json(const struct host_facts *f)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < f->nr_governors; i++) {
		char *cpus = text_cpus(&f->governor[i].cpus);

		json_object_set_new(o, f->governor[i].name, json_string(cpus));
		free(cpus);
	}
	return o;
}

static json_t *pages_json(const struct host_facts *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->nr_nodes; i++) {
		const struct fact_node *n = &f->node[i];

		json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o, s:o}", "node", n->id.os, "total_2m",
			fact_json(&n->pages[FACT_PAGE_2M]), "free_2m", fact_json(&n->free[FACT_PAGE_2M]), "total_1g",
			fact_json(&n->pages[FACT_PAGE_1G]), "free_1g", fact_json(&n->free[FACT_PAGE_1G])));
	}
	return list;
}

static json_t *isolation_json(const struct host_facts *f)
{
	return json_pack("{s:o, s:o, s:o}", "isolated", fact_json(&f->isolated), "nohz_full", fact_json(&f->nohz_full),
		"partitions", fact_json(&f->partitions));
}

static json_t *kvm_json(const struct machine *m)
{
	return json_pack("{s:s, s:b}", "backend", m->backend, "nested_paging", m->nested_paging);
}

json_t *manifest_make(const struct suite *s, const json_t *report)
{
	const struct machine *m = s->machine;
	char *cpus = text_cpus(&m->cpus), *load = text_file("/proc/loadavg");
	struct host_facts f;
	json_t *o = NULL;
	int err = host_facts_read("/", &f);

	if (err) {
		log_errno(err, "cannot read what this host is like: %m");
	} else {
		o = json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:f, s:o, s:o}", "cpu",
			field_json(&f, "model name"), "microcode", field_json(&f, "microcode"), "online", fact_json(&f.online),
			"smt", fact_json(&f.smt_active), "cpus_used", cpus, "kernel", fact_json(&f.release), "cmdline",
			fact_json(&f.cmdline), "mitigations", mitigations_json(&f), "governors", governors_json(&f),
			"huge_pages", pages_json(&f), "isolation", isolation_json(&f), "kvm", kvm_json(m), "emulated",
			m->emulated, "tsc_hz", (double)detour_tsc_hz(), "load", load ? json_string(load) : json_null(), "report",
			report ? json_deep_copy(report) : json_null());
		host_facts_fini(&f);
	}
	free(cpus);
	free(load);
	return o;
}
