/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - the planner's main line: check, pin, place, and put the plan together.
 *
 *   request_check   what contradicts itself or the machine
 *   pins_seat       vCPUs whose CPU is told
 *   place           nodes, sizes and page size; with idle siblings first, then with siblings, then
 *                   with several vCPUs a CPU, as far as the request allows
 *   cpus_assign     a CPU for every other vCPU, within its node
 *   plan_fill, cores_housekeeping, mirror_make, plan_warnings
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

static bool work_init(struct work *w, const struct host *h, const struct request *r, struct plan *p)
{
	*w = (struct work){ .host = h, .req = r, .plan = p };
	w->usable = calloc(h->nr_pus, sizeof(*w->usable));
	w->load = calloc(h->nr_pus, sizeof(*w->load));
	w->core_load = calloc(h->nr_cores, sizeof(*w->core_load));
	w->core_size = calloc(h->nr_cores, sizeof(*w->core_size));
	w->core_usable = calloc(h->nr_cores, sizeof(*w->core_usable));
	w->pinned = calloc(h->nr_nodes, sizeof(*w->pinned));
	w->room = calloc(h->nr_nodes, sizeof(*w->room));
	w->device = calloc(h->nr_nodes, sizeof(*w->device));
	w->order = calloc(h->nr_nodes, sizeof(*w->order));
	w->pu = calloc(r->nr_vcpus + 1, sizeof(*w->pu));
	w->guest_node = calloc(r->nr_vcpus + 1, sizeof(*w->guest_node));
	return w->usable && w->load && w->core_load && w->core_size && w->core_usable &&
	       w->pinned && w->room && w->device && w->order && w->pu && w->guest_node;
}

static void work_fini(struct work *w)
{
	free(w->usable);
	free(w->load);
	free(w->core_load);
	free(w->core_size);
	free(w->core_usable);
	free(w->pinned);
	free(w->room);
	free(w->device);
	free(w->order);
	free(w->pu);
	free(w->guest_node);
}

static int counts_check(struct work *w)
{
	const struct request *r = w->req;
	uint32_t nodes = r->node.nr ? r->node.nr : r->guest_nodes;

	if (!r->nr_vcpus || r->nr_vcpus > REQUEST_VCPUS_MAX)
		return plan_refuse(w, -EINVAL, "%u vCPUs: ask for 1 to %d", r->nr_vcpus,
			REQUEST_VCPUS_MAX);
	if (nodes > REQUEST_NODES_MAX)
		return plan_refuse(w, -EINVAL, "%u guest nodes: ask for %d at most", nodes,
			REQUEST_NODES_MAX);
	if (r->node.nr && r->guest_nodes && r->node.nr != r->guest_nodes)
		return plan_refuse(w, -EINVAL, "%u guest nodes are asked for, but %u are described",
			r->guest_nodes, r->node.nr);
	if (nodes > 1 && r->policy == PLACE_ONE_NODE)
		return plan_refuse(w, -EINVAL, "policy=one-node makes one guest node, but %u are "
			"asked for: leave out one of the two", nodes);
	return 0;
}

static int memory_check(struct work *w)
{
	const struct request *r = w->req;
	uint64_t grain = page_is_huge(r->page) ? page_bytes(r->page) : KiB(4);
	char mem[24], less[24], more[24], page[24];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->node.nr; i++)
		sum += r->node.at[i].bytes;
	w->bytes = r->memory ? r->memory : sum;
	if (!w->bytes || w->bytes >= TiB(1) << 16)
		return plan_refuse(w, -EINVAL, "memory: ask for some, and for less than 65536T");
	if (r->page == PAGE_THP && thp_missing(w))
		return plan_refuse(w, -EINVAL, "hugepages=thp: the kernel makes no transparent huge pages%s: "
			"echo %s > /sys/kernel/mm/transparent_hugepage/%s",
			r->shared ? " of shared memory, which a guest's with such devices is" : "",
			r->shared ? "advise" : "madvise", r->shared ? "shmem_enabled" : "enabled");
	if (is_aligned(w->bytes, grain))
		return 0;
	return plan_refuse(w, -EINVAL,
		"memory %s is no multiple of the page size %s: ask for %s or %s, "
		"or for hugepages=auto",
		size_text(w->bytes, mem), size_text(grain, page),
		size_text(max(align_down(w->bytes, grain), grain), less),
		size_text(align_down(w->bytes, grain) + grain, more));
}

/* usable[], and that host_cpus names nothing else. */
static int cpus_check(struct work *w)
{
	const struct cpulist *l = &w->req->host_cpus;

	for (uint32_t i = 0; i < l->nr; i++) {
		const struct host_pu *pu = host_find_pu(w->host, l->cpu[i]);

		if (!pu)
			return plan_refuse(w, -EINVAL,
				"host-cpus: there is no CPU %d, or it is offline", l->cpu[i].os);
		if (!pu->allowed)
			return plan_refuse(w, -EINVAL,
				"host-cpus: this process may not run on CPU %d: "
				"see `taskset -p $$`; a batch system gives more with its job "
				"options",
				l->cpu[i].os);
	}
	for (uint32_t i = 0; i < w->host->nr_pus; i++) {
		const struct host_pu *pu = &w->host->pu[i];

		w->usable[i] = pu->allowed && (!l->nr || cpulist_has(l, pu->id));
		w->core_size[pu->core]++;
		w->core_usable[pu->core] += w->usable[i];
	}
	return 0;
}

static void devices_sum(struct work *w)
{
	for (uint32_t i = 0; i < w->req->nr_devices; i++) {
		const struct host_node *n = host_find_node(w->host, w->req->device[i]);

		for (uint32_t j = 0; n && j < w->host->nr_nodes; j++)
			w->device[j] += host_distance(w->host, j, (uint32_t)(n - w->host->node));
	}
}

static int request_check(struct work *w)
{
	int err;

	if ((err = counts_check(w)) != 0 || (err = memory_check(w)) != 0)
		return err;
	if ((err = cpus_check(w)) != 0)
		return err;
	devices_sum(w);
	return 0;
}

static int pin_check(struct work *w, const struct request_pin *pin, const struct host_pu *pu)
{
	const struct host_node *node;

	if (pin->vcpu >= w->req->nr_vcpus)
		return plan_refuse(w, -EINVAL, "pin %u=%d: there is no vCPU %u among %u", pin->vcpu,
			pin->cpu.os, pin->vcpu, w->req->nr_vcpus);
	if (!pu)
		return plan_refuse(w, -EINVAL, "pin %u=%d: there is no CPU %d, or it is offline",
			pin->vcpu, pin->cpu.os, pin->cpu.os);
	if (!w->usable[pu - w->host->pu])
		return plan_refuse(w, -EINVAL,
			"pin %u=%d: CPU %d is not among those that thole may "
			"use: ask for a wider cpuset or host-cpus",
			pin->vcpu, pin->cpu.os, pin->cpu.os);
	if (w->load[pu - w->host->pu] && !w->req->overcommit)
		return plan_refuse(w, -EINVAL,
			"pin %u=%d: another vCPU is pinned to CPU %d: choose "
			"another, or accept it with overcommit=yes",
			pin->vcpu, pin->cpu.os, pin->cpu.os);
	node = &w->host->node[pu->node];
	if (!w->req->node.nr && !w->req->guest_nodes && (!node->allowed || !node->total))
		return plan_refuse(w, -EINVAL,
			"pin %u=%d: that CPU's node %d has no memory that thole "
			"may use: describe the guest nodes, with host= for the memory",
			pin->vcpu, pin->cpu.os, node->id.os);
	return 0;
}

static int pins_seat(struct work *w)
{
	const struct request *r = w->req;

	for (uint32_t v = 0; v < r->nr_vcpus; v++)
		w->pu[v] = NO_PU;
	for (uint32_t i = 0; i < r->pin.nr; i++) {
		const struct host_pu *pu = host_find_pu(w->host, r->pin.at[i].cpu);
		int err = pin_check(w, &r->pin.at[i], pu);

		if (err)
			return err;
		w->pu[r->pin.at[i].vcpu] = (uint32_t)(pu - w->host->pu);
		w->load[pu - w->host->pu]++;
		w->core_load[pu->core]++;
		w->pinned[pu->node]++;
	}
	w->free_vcpus = r->nr_vcpus - r->pin.nr;
	return 0;
}

static uint32_t fills_list(const struct request *r, enum fill fill[3])
{
	uint32_t nr = 0;

	if (r->smt != SMT_USE)
		fill[nr++] = FILL_CORES;
	if (r->smt != SMT_NEVER)
		fill[nr++] = FILL_SIBLINGS;
	if (r->overcommit)
		fill[nr++] = FILL_DOUBLE;
	return nr;
}

static int place(struct work *w)
{
	bool given = w->req->node.nr || w->req->guest_nodes;
	enum fill fill[3];
	uint32_t nr = fills_list(w->req, fill);

	for (uint32_t i = 0; i < nr; i++) {
		int err;

		w->fill = fill[i];
		cores_count(w);
		err = !given ? plan_nodes(w) ? 0 : -ENOSPC : plan_given(w, false);
		if (!err && !given)
			plan_nodes_seat(w);
		if (err != -ENOSPC)
			return err;
	}
	return given ? plan_given(w, true) : plan_nodes_refuse(w);
}

/* The CPUs of each guest node, ascending, to its vCPUs that are not pinned, ascending. */
static int cpus_assign(struct work *w)
{
	uint32_t *cpu = calloc(w->req->nr_vcpus, sizeof(*cpu));
	int err = cpu ? 0 : -ENOMEM;

	for (uint32_t g = 0; g < w->nr_shares && !err; g++) {
		uint32_t nr = 0, at = 0;

		for (uint32_t v = 0; v < w->req->nr_vcpus; v++)
			nr += w->guest_node[v] == g && w->pu[v] == NO_PU;
		if (!nr)
			continue;
		err = cores_choose(w, w->share[g].node, nr, cpu);
		for (uint32_t v = 0; v < w->req->nr_vcpus && !err; v++)
			if (w->guest_node[v] == g && w->pu[v] == NO_PU)
				w->pu[v] = cpu[at++];
	}
	free(cpu);
	return err;
}

static int plan_fill(struct work *w)
{
	const struct host *h = w->host;
	struct plan *p = w->plan;

	p->nr_vcpus = w->req->nr_vcpus;
	p->page = w->page;
	p->shared = w->req->shared;
	p->vcpu = calloc(p->nr_vcpus, sizeof(*p->vcpu));
	p->memory = calloc(w->nr_shares, sizeof(*p->memory));
	p->node_host = calloc(w->nr_shares, sizeof(*p->node_host));
	if (!p->vcpu || !p->memory || !p->node_host)
		return -ENOMEM;
	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		const struct host_pu *pu = &h->pu[w->pu[v]];

		p->vcpu[v] = (struct plan_vcpu){ pu->id, pu->core, h->node[pu->node].id,
			w->guest_node[v], pu->id };
		p->overcommit |= w->load[w->pu[v]] > 1;
		p->smt |= w->core_load[pu->core] > w->load[w->pu[v]];
	}
	for (uint32_t g = 0; g < w->nr_shares; g++) {
		const struct share *s = &w->share[g];

		p->node_host[g] = h->node[s->node].id;
		if (s->bytes)
			p->memory[p->nr_memory++] = (struct plan_memory){ g, h->node[s->node].id,
				s->bytes, page_bytes(w->page) };
	}
	return 0;
}

static int plan_build(struct work *w)
{
	int err;

	if ((err = request_check(w)) != 0 || (err = pins_seat(w)) != 0)
		return err;
	if ((err = place(w)) != 0 || (err = cpus_assign(w)) != 0)
		return err;
	if ((err = plan_fill(w)) != 0 || (err = cores_housekeeping(w)) != 0)
		return err;
	if ((err = mirror_make(w)) != 0)
		return err;
	return plan_warnings(w);
}

int plan_make(const struct host *host, const struct request *request, struct plan *plan)
{
	struct work w;
	int err = -ENOMEM;

	*plan = (struct plan){ 0 };
	if (work_init(&w, host, request, plan))
		err = plan_build(&w);
	work_fini(&w);
	if (err) {
		struct plan_refusal refusal = plan->refusal;

		plan_fini(plan);
		plan->refusal = refusal;
	}
	return err;
}

void plan_fini(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->nr_warnings; i++)
		free(plan->warning[i]);
	free(plan->warning);
	free(plan->vcpu);
	free(plan->memory);
	free(plan->node_host);
	cpulist_fini(&plan->housekeeping);
	topology_fini(&plan->guest);
	*plan = (struct plan){ 0 };
}
