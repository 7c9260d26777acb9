/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_json.c - a plan as JSON, for programs. Sizes are bytes; CPUs and host nodes are the kernel's
 * numbers.
 */
#include <errno.h>
#include <jansson.h>

#include "numa/plan.h"

/* Every json_* call takes NULL for "that failed" and passes it on, so one check at the end does. */

static json_t *vcpus_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		const struct plan_vcpu *c = &p->vcpu[v];
		json_t *o = json_pack("{s:i, s:i, s:i, s:i, s:i}", "index", (int)v, "cpu",
			c->cpu.os, "core", (int)c->core, "node", c->node.os, "guest_node",
			(int)c->guest_node);

		if (json_array_append_new(list, o) != 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *memory_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->nr_memory; i++) {
		const struct plan_memory *m = &p->memory[i];
		bool thp = p->page == PAGE_THP; /* what is sure is 4K, as in the report */
		json_t *o = json_pack("{s:i, s:i, s:I, s:I}", "guest_node", (int)m->guest_node,
			"host_node", m->node.os, "bytes", (json_int_t)m->bytes, "page_size",
			(json_int_t)(thp ? KiB(4) : m->page_size));

		if (thp)
			json_object_set_new(o, "joined_page_size", json_integer((json_int_t)m->page_size));
		if (json_array_append_new(list, o) != 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *housekeeping_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->housekeeping.nr; i++)
		if (json_array_append_new(list, json_integer(p->housekeeping.cpu[i].os)) != 0)
			goto fail;
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *warnings_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->nr_warnings; i++)
		if (json_array_append_new(list, json_string(p->warning[i])) != 0)
			goto fail;
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *guest_cpus_json(const struct topology *t)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < t->nr_cpus; i++) {
		const struct topo_cpu *c = &t->cpu[i];
		json_t *o = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "index", (int)i, "package",
			(int)c->package, "complex", (int)c->complex, "core", (int)c->core, "thread",
			(int)c->thread, "node", (int)c->node);

		if (json_array_append_new(list, o) != 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *guest_nodes_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->guest.nr_nodes; i++) {
		json_t *o =
			json_pack("{s:i, s:i}", "index", (int)i, "host_node", p->node_host[i].os);

		if (json_array_append_new(list, o) != 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *distances_json(const struct topology *t)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < t->nr_nodes; i++) {
		json_t *row = json_array();

		for (uint32_t j = 0; j < t->nr_nodes; j++)
			if (json_array_append_new(row,
				    json_integer(t->distance[i * t->nr_nodes + j])) != 0)
				goto fail;
		if (json_array_append_new(rows, row) != 0)
			goto fail;
		continue;
fail:
		json_decref(row);
		json_decref(rows);
		return NULL;
	}
	return rows;
}

static json_t *caches_json(const struct topology *t)
{
	static const char *const type[] = { "", "data", "instruction", "unified" };
	static const char *const level[TOPO_LEVELS] = { "thread", "core", "complex", "package" };
	json_t *list = json_array();

	for (uint32_t i = 0; i < t->nr_caches; i++) {
		const struct topo_cache *c = &t->cache[i];
		json_t *o = json_pack("{s:i, s:s, s:I, s:i, s:i, s:s}", "level", c->level, "type",
			type[c->type], "bytes", (json_int_t)c->size, "line", (int)c->line, "ways",
			(int)c->ways, "shared", level[c->shared]);

		if (json_array_append_new(list, o) != 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

int plan_json(const struct plan *plan, const struct host *host, FILE *out)
{
	json_t *o = json_pack(
		"{s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:b, s:{s:o, s:o, s:o, s:b, s:o}, "
		"s:o, s:s}",
		"machine", host->name, "vcpus", vcpus_json(plan), "memory", memory_json(plan),
		"pages", page_policy_name(plan->page), "housekeeping", housekeeping_json(plan),
		"housekeeping_shared", plan->housekeeping_shared, "smt", plan->smt, "overcommit",
		plan->overcommit, "guest", "cpus", guest_cpus_json(&plan->guest), "nodes",
		guest_nodes_json(plan), "distances", distances_json(&plan->guest),
		"distances_known", host->distances_known, "caches", caches_json(&plan->guest),
		"warnings", warnings_json(plan), "note", plan->note);
	int err = 0;

	if (!o)
		return -ENOMEM;
	if (json_dumpf(o, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF)
		err = -EIO;
	json_decref(o);
	return err;
}
