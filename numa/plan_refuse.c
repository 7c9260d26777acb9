/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_refuse.c - refusals: what is short, where, and the command that provides it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

char *size_text(uint64_t bytes, char buf[static 24])
{
	static const char units[] = "KMGT";
	unsigned unit = 0;

	while (unit < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, 24, unit ? "%" PRIu64 "%c" : "%" PRIu64, bytes, unit ? units[unit - 1] : 0);
	return buf;
}

int plan_refuse(struct work *w, int err, const char *fmt, ...)
{
	struct plan_refusal *r = &w->plan->refusal;
	va_list ap;

	*r = (struct plan_refusal){ .err = err, .node = { -1 } };
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return err;
}

static void cpus_usable(const struct work *w, uint32_t node, uint32_t *pus, uint32_t *cores)
{
	const struct host *h = w->host;

	*pus = *cores = 0;
	for (uint32_t i = 0; i < h->nr_pus; i++) {
		if (!w->usable[i] || (node != NO_NODE && h->pu[i].node != node))
			continue;
		++*pus;
		*cores += !i || h->pu[i - 1].core != h->pu[i].core || !w->usable[i - 1];
	}
}

/* What else the user could do, by what the request rules out. */
static const char *cpus_remedy(const struct work *w, uint32_t node, uint32_t wanted, uint32_t pus)
{
	if (w->req->smt == SMT_NEVER && wanted <= pus)
		return "smt=use puts vCPUs on siblings too";
	if (node != NO_NODE && w->req->policy == PLACE_ONE_NODE)
		return "policy=like-host takes several nodes";
	return "ask for fewer vCPUs, give thole more CPUs (srun --cpus-per-task=N, taskset -c "
	       "LIST, "
	       "a wider host-cpus or cpuset), or accept several vCPUs on a CPU with overcommit=yes";
}

/* A node whose CPUs are of no use for want of memory: " (node 1's are left out: …)". */
static const char *cpus_left_out(const struct work *w, uint32_t node, char *buf, size_t size)
{
	*buf = 0;
	for (uint32_t i = 0; i < w->host->nr_nodes && node == NO_NODE; i++) {
		const struct host_node *n = &w->host->node[i];

		if (!w->room[i] || (n->allowed && n->total))
			continue;
		snprintf(buf, size,
			"; node %d's are left out, for it has no memory that thole may use "
			"(node= with host= and pin= can mix nodes)",
			n->id.os);
		break;
	}
	return buf;
}

int refuse_cpus(struct work *w, uint32_t node, uint32_t wanted, uint32_t have)
{
	struct plan_refusal *r = &w->plan->refusal;
	const char *unit = w->req->smt == SMT_NEVER ? "cores" : "CPUs";
	char where[32] = " on this machine", left_out[128];
	uint32_t pus, cores;

	cpus_usable(w, node, &pus, &cores);
	if (node != NO_NODE)
		snprintf(where, sizeof(where), " on node %d", w->host->node[node].id.os);
	if (node != NO_NODE && !pus)
		plan_refuse(w, -ENOSPC,
			"node %d has no CPUs that thole may use: put the vCPUs on a guest "
			"node with another host=, or give thole CPUs there",
			w->host->node[node].id.os);
	else
		plan_refuse(w, -ENOSPC,
			"%u vCPUs need %u %s%s, but %u can be had there (thole may use "
			"%u CPU%s on %u core%s%s): %s",
			wanted, wanted, unit, where, have, pus, pus == 1 ? "" : "s", cores, cores == 1 ? "" : "s",
			cpus_left_out(w, node, left_out, sizeof(left_out)),
			cpus_remedy(w, node, wanted, pus));
	r->what = PLAN_SHORT_CPUS;
	r->node.os = node == NO_NODE ? -1 : w->host->node[node].id.os;
	r->wanted = wanted;
	r->have = have;
	return -ENOSPC;
}

static int refuse_pages(struct work *w, uint32_t node, uint64_t wanted, uint64_t have)
{
	struct plan_refusal *r = &w->plan->refusal;
	const struct host_node *n = &w->host->node[node];
	uint64_t size = page_bytes(w->page), total;
	const struct host_pool *pool = &n->pool[w->page == PAGE_1G ? HOST_PAGE_1G : HOST_PAGE_2M];
	char page[24];

	wanted = (wanted + size - 1) / size;
	have /= size;
	total = (pool->total == HOST_PLENTY ? 0 : pool->total) + (wanted - have);
	plan_refuse(w, -ENOSPC,
		"node %d: %" PRIu64 " free pages of %s are needed, %" PRIu64 " are "
		"there: echo %" PRIu64 " > /sys/devices/system/node/node%d/hugepages/"
		"hugepages-%" PRIu64 "kB/nr_hugepages, and read it back; %sor use hugepages=auto",
		n->id.os, wanted, size_text(size, page), have, total, n->id.os, size / 1024,
		w->page == PAGE_1G
			? "1G pages are surest as hugepagesz=1G hugepages= on the kernel's "
			  "command line; "
			: "");
	r->what = PLAN_SHORT_PAGES;
	r->node = n->id;
	r->wanted = wanted;
	r->have = have;
	r->page_size = size;
	return -ENOSPC;
}

int refuse_memory(struct work *w, uint32_t node, uint64_t wanted, uint64_t have)
{
	struct plan_refusal *r = &w->plan->refusal;
	const struct host_node *n = &w->host->node[node];
	char need[24], total[24];

	if (!n->allowed)
		return plan_refuse(w, -EINVAL, "node %d: this process may not use its memory "
			"(cpuset.mems): ask the batch system or the administrator", n->id.os);
	if (page_is_huge(w->page) && (n->total == HOST_PLENTY || wanted <= n->total))
		return refuse_pages(w, node, wanted, have);
	plan_refuse(w, -ENOSPC, "node %d: %s of memory are needed, it has %s%s: ask for less%s",
		n->id.os, size_text(wanted, need), size_text(have, total),
		have < n->total ? " beside its huge pages" : "",
		w->host->nr_nodes > 1 ? ", or for more nodes" : "");
	r->what = PLAN_SHORT_MEMORY;
	r->node = n->id;
	r->wanted = wanted;
	r->have = have;
	r->page_size = page_bytes(w->page);
	return -ENOSPC;
}

int refuse_memory_all(struct work *w, uint64_t have, uint64_t have_nodes, uint32_t nodes)
{
	struct plan_refusal *r = &w->plan->refusal;
	char need[24], total[24], rest[24], more[128] = "";

	if (have_nodes > have)
		snprintf(more, sizeof(more),
			"; %s are on nodes that vCPUs don't reach: ask for them with "
			"node=N:mem=SIZE,cpus=,host=NODE",
			size_text(have_nodes - have, rest));
	plan_refuse(w, -ENOSPC,
		"%s of memory are needed, %u node%s with vCPUs can have %s: ask for "
		"less%s",
		size_text(w->bytes, need), nodes, nodes == 1 ? "" : "s", size_text(have, total),
		more);
	r->what = PLAN_SHORT_MEMORY;
	r->wanted = w->bytes;
	r->have = have;
	r->page_size = page_bytes(w->page);
	return -ENOSPC;
}
