/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_given.c - guest nodes that the user describes (or counts): find each a host node.
 *
 * Nodes with host= are settled first, then those with pinned vCPUs (they go where the pins are),
 * then the others in order (and if that doesn't work out, the largest first). Each takes the best
 * host node with enough left: one that no guest node is on, near the devices, near the nodes
 * chosen so far, with the most room. Only when no empty one is left do two guest nodes share a
 * host node.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

/* A guest node while its host node is looked for. */
struct want {
	const struct request_node *asked; /* NULL: only counted (guest_nodes=) */
	uint32_t node;        /* NO_NODE until settled */
	uint32_t nr_vcpus;    /* with the pinned ones */
	uint32_t free_vcpus;  /* without */
	uint32_t pin_node;    /* host node of its first pinned vCPU, or NO_NODE */
};

struct given {
	struct work *w;
	bool explain;
	bool by_size;
	uint32_t nr;
	struct want want[TOPO_NODES_MAX];
	uint32_t *cpus_used;  /* [host nodes] */
	uint64_t *bytes_used; /* [host nodes] */
	uint32_t *guests;     /* [host nodes] guest nodes on it */
};

/* vCPUs that nodes list, and the rest evenly and in order to those without a list. */
static int vcpus_assign(struct given *g)
{
	struct work *w = g->w;
	uint32_t open = 0, left = w->req->nr_vcpus, at = 0;

	for (uint32_t v = 0; v < w->req->nr_vcpus; v++)
		w->guest_node[v] = NO_NODE;
	for (uint32_t i = 0; i < g->nr; i++) {
		const struct request_node *n = g->want[i].asked;

		open += !n || !n->has_vcpus;
		for (uint32_t j = 0; n && j < n->nr_vcpus; j++) {
			if (n->vcpu[j] >= w->req->nr_vcpus)
				return plan_refuse(w, -EINVAL, "guest node %u: there is no vCPU %u "
					"among %u", n->index, n->vcpu[j], w->req->nr_vcpus);
			if (w->guest_node[n->vcpu[j]] != NO_NODE)
				return plan_refuse(w, -EINVAL, "vCPU %u is on two guest nodes, %u "
					"and %u", n->vcpu[j], w->guest_node[n->vcpu[j]], n->index);
			w->guest_node[n->vcpu[j]] = i;
			left--;
		}
	}
	if (left && !open)
		return plan_refuse(w, -EINVAL, "%u of %u vCPUs are on no guest node: add them to a "
			"node's cpus=, or leave cpus= out of one node", left, w->req->nr_vcpus);
	if (left < open)
		return plan_refuse(w, -EINVAL,
			"%u vCPUs are left for %u guest nodes without cpus=: "
			"ask for fewer nodes, or say cpus= and host= for one of memory only",
			left, open);
	for (uint32_t i = 0; i < g->nr; i++) {
		const struct request_node *n = g->want[i].asked;
		uint32_t share;

		if (n && n->has_vcpus)
			continue;
		share = (left + open - 1) / open;
		open--;
		left -= share;
		for (; share; at++) {
			if (w->guest_node[at] != NO_NODE)
				continue;
			w->guest_node[at] = i;
			share--;
		}
	}
	return 0;
}

static void vcpus_count(struct given *g)
{
	const struct work *w = g->w;

	for (uint32_t v = 0; v < w->req->nr_vcpus; v++) {
		struct want *want = &g->want[w->guest_node[v]];

		want->nr_vcpus++;
		if (w->pu[v] == NO_PU)
			want->free_vcpus++;
		else if (want->pin_node == NO_NODE)
			want->pin_node = w->host->pu[w->pu[v]].node;
	}
}

/* share[].bytes for one page size: what nodes ask for, and the rest in proportion to vCPUs. False:
 * not in such pages; refused if explain. */
static int bytes_assign(struct given *g, enum page_policy page)
{
	struct work *w = g->w;
	struct share rest[TOPO_NODES_MAX];
	uint64_t limit[TOPO_NODES_MAX], given = 0, grain = page_bytes(page);
	uint32_t nr = 0;

	for (uint32_t i = 0; i < g->nr; i++) {
		const struct request_node *n = g->want[i].asked;
		char mem[24], page_text[24];

		w->share[i].bytes = n && n->has_bytes ? n->bytes : 0;
		if (!n || !n->has_bytes) {
			limit[nr] = HOST_PLENTY;
			rest[nr++].nr_vcpus = g->want[i].nr_vcpus;
			continue;
		}
		given += n->bytes;
		if (!is_aligned(n->bytes, page_is_huge(page) ? grain : KiB(4)))
			return !g->explain ? -ENOSPC
					   : plan_refuse(w, -EINVAL,
						     "guest node %u: mem=%s is "
						     "no multiple of the page size %s: ask for a "
						     "multiple, or for hugepages=auto",
						     n->index, size_text(n->bytes, mem),
						     size_text(page_is_huge(page) ? grain : KiB(4),
							     page_text));
	}
	if (given > w->bytes || (!nr && given != w->bytes))
		return plan_refuse(w, -EINVAL, "guest nodes' memory sums up to %llu bytes, but the "
			"guest's is %llu: leave out one of them, or make them equal",
			(unsigned long long)given, (unsigned long long)w->bytes);
	if (nr && !memory_split(w, rest, nr, w->bytes - given, page, limit, false))
		return !g->explain ? -ENOSPC
				   : plan_refuse(w, -EINVAL,
					     "the memory does not make a "
					     "page for each of %u nodes without mem=: ask for "
					     "more, or for smaller pages",
					     nr);
	nr = 0;
	for (uint32_t i = 0; i < g->nr; i++)
		if (!g->want[i].asked || !g->want[i].asked->has_bytes)
			w->share[i].bytes = rest[nr++].bytes;
	return 0;
}

static uint64_t bytes_left(const struct given *g, uint32_t node, enum page_policy page)
{
	uint64_t have = node_bytes(g->w, node, page);

	return have == HOST_PLENTY ? have : have - min(g->bytes_used[node], have);
}

static uint32_t cpus_left(const struct given *g, uint32_t node)
{
	uint32_t room = g->w->room[node];

	if (room && g->w->fill == FILL_DOUBLE) /* where the user wants them, whatever the crowd */
		room = REQUEST_VCPUS_MAX;
	return room - min(g->cpus_used[node], room);
}

/* Has the node enough for guest node i? If not and explain, say so. */
static int node_check(struct given *g, uint32_t i, uint32_t node, enum page_policy page)
{
	const struct want *want = &g->want[i];
	uint64_t bytes = g->w->share[i].bytes;

	if (want->free_vcpus > cpus_left(g, node))
		return g->explain ? refuse_cpus(g->w, node, want->free_vcpus, cpus_left(g, node)) :
				    -ENOSPC;
	if (bytes > bytes_left(g, node, page))
		return g->explain ? refuse_memory(g->w, node, bytes + g->bytes_used[node],
					    node_bytes(g->w, node, page)) : -ENOSPC;
	return 0;
}

static void node_settle(struct given *g, uint32_t i, uint32_t node)
{
	g->want[i].node = node;
	g->w->share[i].node = node;
	g->w->share[i].nr_vcpus = g->want[i].nr_vcpus;
	g->cpus_used[node] += g->want[i].free_vcpus;
	g->bytes_used[node] += g->w->share[i].bytes;
	g->guests[node]++;
}

/* Less is better. */
static int node_cmp(const struct given *g, uint32_t a, uint32_t b)
{
	const struct work *w = g->w;
	uint64_t ka[4] = { g->guests[a], w->device[a], 0, cpus_left(g, b) };
	uint64_t kb[4] = { g->guests[b], w->device[b], 0, cpus_left(g, a) };

	for (uint32_t i = 0; i < g->nr; i++) {
		if (g->want[i].node == NO_NODE)
			continue;
		ka[2] += host_distance(w->host, g->want[i].node, a);
		kb[2] += host_distance(w->host, g->want[i].node, b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ka); i++)
		if (ka[i] != kb[i])
			return ka[i] < kb[i] ? -1 : 1;
	return 0;
}

/* The best host node with enough of everything, or the best of all to complain about. */
static int node_find(struct given *g, uint32_t i, enum page_policy page)
{
	bool explain = g->explain;
	uint32_t best = NO_NODE, roomiest = NO_NODE;

	g->explain = false;
	for (uint32_t node = 0; node < g->w->host->nr_nodes; node++) {
		if (!g->w->room[node] || !g->w->host->node[node].allowed)
			continue;
		if (roomiest == NO_NODE || cpus_left(g, node) > cpus_left(g, roomiest))
			roomiest = node;
		if (node_check(g, i, node, page) == 0 && (best == NO_NODE ||
			node_cmp(g, node, best) < 0))
			best = node;
	}
	g->explain = explain;
	if (best != NO_NODE) {
		node_settle(g, i, best);
		return 0;
	}
	if (!explain)
		return -ENOSPC;
	if (roomiest == NO_NODE)
		return refuse_cpus(g->w, NO_NODE, g->want[i].free_vcpus, 0);
	return node_check(g, i, roomiest, page);
}

/* The host node that is asked for. */
static int node_named(struct given *g, uint32_t i, uint32_t *node)
{
	const struct request_node *n = g->want[i].asked;
	const struct host_node *found = host_find_node(g->w->host, n->host);

	if (!found)
		return plan_refuse(g->w, -EINVAL, "guest node %u: host=%d: there is no such node "
			"(see `lstopo`)", n->index, n->host.os);
	if (!found->allowed)
		return plan_refuse(g->w, -EINVAL,
			"guest node %u: host=%d: this process may not use "
			"that node's memory (cpuset.mems): ask the batch system or the "
			"administrator",
			n->index, n->host.os);
	*node = (uint32_t)(found - g->w->host->node);
	return 0;
}

/* Settle those whose place is told: by host=, or by pins. */
static int nodes_told(struct given *g, enum page_policy page)
{
	for (uint32_t i = 0; i < g->nr; i++) {
		struct want *want = &g->want[i];
		uint32_t node = want->pin_node;
		int err;

		if (want->asked && want->asked->host.os != REQUEST_ANY_HOST &&
			(err = node_named(g, i, &node)) != 0)
			return err;
		if (node == NO_NODE)
			continue;
		if ((err = node_check(g, i, node, page)) != 0)
			return err;
		node_settle(g, i, node);
	}
	return 0;
}

/* Does guest node a ask for more than b, in vCPUs, then in memory? */
static bool want_is_larger(const struct given *g, uint32_t a, uint32_t b)
{
	if (g->want[a].nr_vcpus != g->want[b].nr_vcpus)
		return g->want[a].nr_vcpus > g->want[b].nr_vcpus;
	return g->w->share[a].bytes > g->w->share[b].bytes;
}

/* Settle the others in order, or by size. */
static int nodes_free(struct given *g, enum page_policy page)
{
	for (;;) {
		uint32_t next = NO_NODE;
		int err;

		for (uint32_t i = 0; i < g->nr; i++) {
			if (g->want[i].node != NO_NODE)
				continue;
			if (next == NO_NODE || (g->by_size && want_is_larger(g, i, next)))
				next = i;
		}
		if (next == NO_NODE)
			return 0;
		if ((err = node_find(g, next, page)) != 0)
			return err;
	}
}

static int page_try(struct given *g, enum page_policy page)
{
	uint32_t nr_nodes = g->w->host->nr_nodes;
	int err;

	memset(g->cpus_used, 0, nr_nodes * sizeof(*g->cpus_used));
	memset(g->bytes_used, 0, nr_nodes * sizeof(*g->bytes_used));
	memset(g->guests, 0, nr_nodes * sizeof(*g->guests));
	for (uint32_t i = 0; i < g->nr; i++)
		g->want[i].node = NO_NODE;
	g->w->page = page;
	if ((err = bytes_assign(g, page)) != 0)
		return err;
	if ((err = nodes_told(g, page)) != 0)
		return err;
	if ((err = nodes_free(g, page)) != 0)
		return err;
	for (uint32_t i = 0; i < g->nr; i++)
		if (!g->want[i].nr_vcpus && !g->w->share[i].bytes)
			return plan_refuse(g->w, -EINVAL,
				"guest node %u has neither vCPUs nor memory: "
				"leave it out, or give it mem=",
				i);
	return 0;
}

/* Guest node numbers are 0, 1, 2, …: wants by index. */
static int wants_list(struct given *g)
{
	const struct request *req = g->w->req;

	g->nr = req->node.nr ? req->node.nr : req->guest_nodes;
	for (uint32_t i = 0; i < g->nr; i++) {
		const struct request_node *n = req->node.nr ? &req->node.at[i] : NULL;

		if (n && n->index != i)
			return plan_refuse(g->w, -EINVAL,
				"guest nodes are numbered 0, 1, 2, …: node %u "
				"is missing",
				i);
		g->want[i] = (struct want){ .asked = n, .node = NO_NODE, .pin_node = NO_NODE };
	}
	return 0;
}

static int pages_try(struct given *g)
{
	enum page_policy choice[3];
	uint32_t nr = page_choices(g->w, choice);
	int err = -ENOSPC;

	if (g->explain)
		return page_try(g, choice[nr - 1]);
	for (uint32_t i = 0; i < 2 * nr && err == -ENOSPC; i++) {
		g->by_size = i % 2;
		err = page_try(g, choice[i / 2]);
	}
	return err;
}

int plan_given(struct work *w, bool explain)
{
	struct given g = { .w = w, .explain = explain };
	int err = -ENOMEM;

	g.cpus_used = calloc(w->host->nr_nodes, sizeof(*g.cpus_used));
	g.bytes_used = calloc(w->host->nr_nodes, sizeof(*g.bytes_used));
	g.guests = calloc(w->host->nr_nodes, sizeof(*g.guests));
	if (!g.cpus_used || !g.bytes_used || !g.guests)
		goto out;
	if ((err = wants_list(&g)) != 0 || (err = vcpus_assign(&g)) != 0)
		goto out;
	vcpus_count(&g);
	if ((err = pages_try(&g)) == 0)
		w->nr_shares = g.nr;
out:
	free(g.cpus_used);
	free(g.bytes_used);
	free(g.guests);
	return err;
}
