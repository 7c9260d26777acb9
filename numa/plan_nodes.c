/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_nodes.c - which host nodes a guest gets by policy, and how much of each.
 *
 * For k = 1, 2, … nodes, every usable node is tried as the seed of a set: the k nodes nearest to
 * it. The first k for which some set has room for the vCPUs and the memory wins, and among its
 * sets the best by struct score. Greedy, so a set of unequal nodes may not be the best there is,
 * but it is quick (milliseconds for 64 nodes), equal for equal input, and easy to explain.
 *
 * vCPUs fill the set node by node, seed first; memory follows in proportion. When that leaves a
 * node without vCPUs (memory alone made it part of the set) or short of memory, vCPUs are spread
 * evenly, and at last memory moves to where there is room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

enum split { SPLIT_FILL, SPLIT_EVEN, SPLIT_UNEVEN_FILL, SPLIT_UNEVEN, SPLITS };

/* Less is better, the first difference decides. */
struct score {
	uint64_t split;  /* in proportion before out of it */
	uint64_t device; /* distance from vCPUs to devices */
	uint64_t page;   /* larger pages */
	uint64_t span;   /* distances within the set */
	uint64_t cores;  /* the most room for vCPUs, negated */
	uint64_t memory; /* the most free memory, in eighths, negated: no jitter from a few pages */
	uint64_t first;  /* lowest number */
};

struct set {
	struct score score;
	enum page_policy page;
	bool uneven;
	uint32_t nr;
	struct share share[TOPO_NODES_MAX];
};

static int score_cmp(const struct score *a, const struct score *b)
{
	const uint64_t ka[] = { a->split, a->device, a->page, a->span, a->cores, a->memory,
		a->first };
	const uint64_t kb[] = { b->split, b->device, b->page, b->span, b->cores, b->memory,
		b->first };

	for (size_t i = 0; i < ARRAY_SIZE(ka); i++)
		if (ka[i] != kb[i])
			return ka[i] < kb[i] ? -1 : 1;
	return 0;
}

static bool node_serves(const struct work *w, uint32_t node)
{
	return (w->room[node] || w->pinned[node]) && w->host->node[node].allowed &&
	       w->host->node[node].total;
}

/* Is a a better neighbour of seed than b? Pinned vCPUs' nodes come first, whatever their
 * distance. */
static bool neighbour_before(const struct work *w, uint32_t seed, uint32_t a, uint32_t b)
{
	uint32_t da = host_distance(w->host, seed, a), db = host_distance(w->host, seed, b);

	if (!w->pinned[a] != !w->pinned[b])
		return w->pinned[a];
	if (a == seed || b == seed)
		return a == seed;
	if (da != db)
		return da < db;
	if (w->device[a] != w->device[b])
		return w->device[a] < w->device[b];
	return a < b;
}

/* Serving nodes by nearness to seed (insertion sort: tens of them). */
static uint32_t neighbours_sort(const struct work *w, uint32_t seed, uint32_t *order)
{
	uint32_t nr = 0;

	for (uint32_t node = 0; node < w->host->nr_nodes; node++) {
		uint32_t at = nr;

		if (!node_serves(w, node))
			continue;
		for (; at && neighbour_before(w, seed, node, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = node;
		nr++;
	}
	return nr;
}

/* Pinned vCPUs are seated; fill the rest in, node by node. False: too little room. */
static bool vcpus_fill(const struct work *w, struct share *share, uint32_t nr)
{
	uint32_t left = w->free_vcpus;

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t n = min(left, w->room[share[i].node]);

		share[i].nr_vcpus = w->pinned[share[i].node] + n;
		left -= n;
		if (!share[i].nr_vcpus)
			return false;
	}
	return !left;
}

/* As evenly as room and pins allow: always to the one that has the fewest. */
static bool vcpus_even(const struct work *w, struct share *share, uint32_t nr)
{
	uint64_t room = 0;

	for (uint32_t i = 0; i < nr; i++) {
		share[i].nr_vcpus = w->pinned[share[i].node];
		room += w->room[share[i].node];
	}
	if (room < w->free_vcpus)
		return false;
	for (uint32_t left = w->free_vcpus; left; left--) {
		struct share *least = NULL;

		for (uint32_t i = 0; i < nr; i++) {
			uint32_t node = share[i].node;

			if (share[i].nr_vcpus - w->pinned[node] < w->room[node] &&
				(!least || share[i].nr_vcpus < least->nr_vcpus))
				least = &share[i];
		}
		if (!least)
			return false;
		least->nr_vcpus++;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (!share[i].nr_vcpus)
			return false;
	return true;
}

static uint64_t free_eighths(const struct host_node *n)
{
	if (n->total == HOST_PLENTY || !n->total)
		return 8;
	return min(n->free, n->total) / ((n->total + 7) / 8);
}

static void set_score(const struct work *w, struct set *s, uint64_t split, uint32_t page_rank)
{
	s->score = (struct score){ .split = split, .page = page_rank, .first = s->share[0].node };
	for (uint32_t i = 0; i < s->nr; i++) {
		const struct share *a = &s->share[i];

		s->score.device += (uint64_t)w->device[a->node] * a->nr_vcpus;
		s->score.cores -= w->room[a->node];
		s->score.memory -= free_eighths(&w->host->node[a->node]);
		for (uint32_t j = 0; j < s->nr; j++)
			s->score.span += host_distance(w->host, a->node, s->share[j].node);
	}
}

/* Memory for a set whose vCPUs are seated, in the largest pages that do. */
static bool set_memory(const struct work *w, struct set *s, bool uneven, uint32_t *rank)
{
	enum page_policy choice[3];
	uint32_t nr = page_choices(w, choice);
	uint64_t limit[TOPO_NODES_MAX];

	for (*rank = 0; *rank < nr; ++*rank) {
		for (uint32_t i = 0; i < s->nr; i++)
			limit[i] = node_bytes(w, s->share[i].node, choice[*rank]);
		if (!memory_split(w, s->share, s->nr, w->bytes, choice[*rank], limit, uneven))
			continue;
		s->page = choice[*rank];
		s->uneven = uneven;
		return true;
	}
	return false;
}

/* All nodes alike? Also when CPUs are short: then no node's are to be crowded more than others'. */
static bool spreads(const struct work *w)
{
	return w->req->policy == PLACE_SPREAD ||
	       (w->req->policy == PLACE_LIKE_HOST && w->fill == FILL_DOUBLE);
}

/* The k nodes at the head of order, split in the best way that works. */
static bool set_try(const struct work *w, const uint32_t *order, uint32_t k, struct set *s)
{
	s->nr = k;
	for (uint32_t i = 0; i < k; i++)
		s->share[i] = (struct share){ .node = order[i] };
	for (enum split split = spreads(w) ? SPLIT_EVEN : SPLIT_FILL; split < SPLITS; split++) {
		bool even = split == SPLIT_EVEN || split == SPLIT_UNEVEN;
		bool uneven = split == SPLIT_UNEVEN_FILL || split == SPLIT_UNEVEN;
		uint32_t rank;

		if (even ? !vcpus_even(w, s->share, k) : !vcpus_fill(w, s->share, k))
			continue;
		if (!set_memory(w, s, uneven, &rank))
			continue;
		set_score(w, s, split, rank);
		return true;
	}
	return false;
}

static uint32_t nodes_pinned(const struct work *w)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < w->host->nr_nodes; i++)
		nr += w->pinned[i] != 0;
	return nr;
}

/* How many nodes the policy allows. False: none does. */
static bool set_sizes(const struct work *w, uint32_t *least, uint32_t *most)
{
	uint32_t serving = 0;

	for (uint32_t i = 0; i < w->host->nr_nodes; i++)
		serving += node_serves(w, i);
	*least = max(nodes_pinned(w), 1u);
	*most = min(serving, nodes_pinned(w) + w->free_vcpus); /* each has a vCPU */
	*most = min(*most, (uint32_t)TOPO_NODES_MAX);
	if (w->req->policy == PLACE_ONE_NODE)
		*most = min(*most, 1u);
	if (spreads(w))
		*least = max(*least, *most);
	return *least <= *most;
}

static int share_cmp(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return (x->node > y->node) - (x->node < y->node);
}

/* Guest nodes are in the order of their host nodes: the image is not mirrored. */
static void set_take(struct work *w, struct set *s)
{
	qsort(s->share, s->nr, sizeof(*s->share), share_cmp);
	memcpy(w->share, s->share, s->nr * sizeof(*s->share));
	w->nr_shares = s->nr;
	w->page = s->page;
	w->uneven = s->uneven;
}

/* The best set of k nodes. */
static bool sets_try(const struct work *w, uint32_t k, uint32_t *order, struct set *best)
{
	bool found = false;

	for (uint32_t seed = 0; seed < w->host->nr_nodes; seed++) {
		struct set s;

		if (!node_serves(w, seed))
			continue;
		neighbours_sort(w, seed, order);
		if (!set_try(w, order, k, &s))
			continue;
		if (!found || score_cmp(&s.score, &best->score) < 0)
			*best = s;
		found = true;
	}
	return found;
}

bool plan_nodes(struct work *w)
{
	uint32_t *order = w->order;
	uint32_t least, most;
	struct set best;

	if (!set_sizes(w, &least, &most))
		return false;
	for (uint32_t k = least; k <= most; k++) {
		if (!sets_try(w, k, order, &best))
			continue;
		set_take(w, &best);
		return true;
	}
	return false;
}

/* The set that would have been, had there been memory: the one to talk about. */
static uint32_t set_refused(const struct work *w, struct set *best)
{
	uint32_t least, most;
	bool found = false;

	if (!set_sizes(w, &least, &most))
		return 0;
	for (uint32_t k = least; k <= most && !found; k++) {
		for (uint32_t seed = 0; seed < w->host->nr_nodes; seed++) {
			struct set s = { .nr = k };

			if (!node_serves(w, seed))
				continue;
			neighbours_sort(w, seed, w->order);
			for (uint32_t i = 0; i < k; i++)
				s.share[i].node = w->order[i];
			if (spreads(w) ? !vcpus_even(w, s.share, k) : !vcpus_fill(w, s.share, k))
				continue;
			set_score(w, &s, 0, 0);
			if (!found || score_cmp(&s.score, &best->score) < 0)
				*best = s;
			found = true;
		}
	}
	return found ? best->nr : 0;
}

static int refuse_set_memory(struct work *w, struct set *s)
{
	uint64_t limit[TOPO_NODES_MAX], have[TOPO_NODES_MAX] = { 0 }, worst = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->nr; i++) {
		limit[i] = HOST_PLENTY;
		have[i] = node_bytes(w, s->share[i].node, w->page);
	}
	if (!memory_split(w, s->share, s->nr, w->bytes, w->page, limit, false))
		return plan_refuse(w, -EINVAL,
			"the memory does not make a page for each of %u nodes: "
			"ask for more, for smaller pages, or for policy=one-node",
			s->nr);
	for (uint32_t i = 0; i < s->nr; i++) {
		uint64_t lack = s->share[i].bytes - min(have[i], s->share[i].bytes);

		if (lack > worst) {
			worst = lack;
			at = i;
		}
	}
	return refuse_memory(w, s->share[at].node, s->share[at].bytes, have[at]);
}

static uint64_t sum_up_to_plenty(uint64_t a, uint64_t b)
{
	return a > HOST_PLENTY - b ? HOST_PLENTY : a + b;
}

/* Is it the machine's memory rather than a node's that is short? Then refuse; else 0. */
static int refuse_all_memory(struct work *w)
{
	uint64_t best[TOPO_NODES_MAX] = { 0 }, have = 0, all = 0;
	uint32_t least, most;

	if (w->req->policy == PLACE_ONE_NODE || !set_sizes(w, &least, &most) || most == 1)
		return 0;
	for (uint32_t i = 0; i < w->host->nr_nodes; i++) {
		uint64_t bytes = node_bytes(w, i, PAGE_NONE);

		all = sum_up_to_plenty(all, bytes);
		if (!node_serves(w, i))
			continue;
		for (uint32_t j = 0; j < most; j++) { /* the most largest ones, descending */
			uint64_t other = best[j];

			if (bytes <= other)
				continue;
			best[j] = bytes;
			bytes = other;
		}
	}
	for (uint32_t j = 0; j < most; j++)
		have = sum_up_to_plenty(have, best[j]);
	return have < w->bytes ? refuse_memory_all(w, have, all, most) : 0;
}

int plan_nodes_refuse(struct work *w)
{
	enum page_policy choice[3] = { PAGE_NONE };
	uint32_t room = 0, best = 0;
	bool one = w->req->policy == PLACE_ONE_NODE;
	struct set s = { 0 };

	w->page = choice[page_choices(w, choice) - 1];
	if (one && nodes_pinned(w) > 1)
		return plan_refuse(w, -EINVAL,
			"policy=one-node, but pins name CPUs of %u nodes: pin "
			"within one node, or use policy=like-host",
			nodes_pinned(w));
	for (uint32_t i = 0; i < w->host->nr_nodes; i++) {
		if (!node_serves(w, i) || (one && nodes_pinned(w) && !w->pinned[i]))
			continue;
		room += w->room[i];
		if (w->room[i] > w->room[best] || !node_serves(w, best))
			best = i;
	}
	if (one && room && w->free_vcpus > w->room[best])
		return refuse_cpus(w, best, w->free_vcpus, w->room[best]);
	if (w->free_vcpus > room)
		return refuse_cpus(w, NO_NODE, w->free_vcpus, room);
	if (!set_refused(w, &s))
		return refuse_cpus(w, NO_NODE, w->free_vcpus, room);
	if (refuse_all_memory(w) != 0)
		return -ENOSPC;
	return refuse_set_memory(w, &s);
}

void plan_nodes_seat(struct work *w)
{
	uint32_t left[TOPO_NODES_MAX] = { 0 }, g = 0;

	for (uint32_t i = 0; i < w->nr_shares; i++)
		left[i] = w->share[i].nr_vcpus - w->pinned[w->share[i].node];
	for (uint32_t v = 0; v < w->req->nr_vcpus; v++) {
		if (w->pu[v] != NO_PU) {
			for (uint32_t i = 0; i < w->nr_shares; i++)
				if (w->share[i].node == w->host->pu[w->pu[v]].node)
					w->guest_node[v] = i;
			continue;
		}
		while (g + 1 < w->nr_shares && !left[g])
			g++;
		left[g]--;
		w->guest_node[v] = g;
	}
}
