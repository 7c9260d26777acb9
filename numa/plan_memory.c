/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_memory.c - what a node can give in pages of a size, and splits of memory over nodes.
 *
 * A split starts in proportion to vCPUs, so that each vCPU has the same amount of local memory,
 * and is rounded to grains by largest remainder: the sum is exact and no node is off by a grain
 * or more.
 */
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

/* With page=auto, rounding may move 1/16 of a node's memory; smaller pages rather than more. */
#define AUTO_ROUNDING 16

bool thp_missing(const struct work *w)
{
	return w->req->shared ? w->host->no_thp_shared : w->host->no_thp;
}

uint32_t page_choices(const struct work *w, enum page_policy choice[3])
{
	if (w->req->page != PAGE_AUTO) {
		choice[0] = w->req->page;
		return 1;
	}
	choice[0] = PAGE_1G;
	choice[1] = PAGE_2M;
	choice[2] = thp_missing(w) ? PAGE_NONE : PAGE_THP;
	return 3;
}

bool page_is_huge(enum page_policy page)
{
	return page == PAGE_1G || page == PAGE_2M;
}

uint64_t page_bytes(enum page_policy page)
{
	switch (page) {
	case PAGE_1G: return GiB(1);
	case PAGE_2M:
	case PAGE_THP: return MiB(2);
	default: return KiB(4);
	}
}

/* Small pages go in 2 MiB grains too where that comes out even: borders between nodes then leave
 * the kernel free to join pages. */
uint64_t page_grain(enum page_policy page, uint64_t total)
{
	if (page_is_huge(page))
		return page_bytes(page);
	return is_aligned(total, MiB(2)) ? MiB(2) : KiB(4);
}

uint64_t node_bytes(const struct work *w, uint32_t node, enum page_policy page)
{
	const struct host_node *n = &w->host->node[node];
	const struct host_pool *pool;
	uint64_t left = n->total;

	if (!n->allowed)
		return 0;
	if (page_is_huge(page)) {
		pool = &n->pool[page == PAGE_1G ? HOST_PAGE_1G : HOST_PAGE_2M];
		return pool->free == HOST_PLENTY ? align_down(n->total, page_bytes(page)) :
						   pool->free * page_bytes(page);
	}
	if (left == HOST_PLENTY)
		return left;
	for (enum host_page p = 0; p < HOST_PAGES; p++) {
		uint64_t held = n->pool[p].total == HOST_PLENTY ? 0 :
			n->pool[p].total * host_page_bytes(p);

		left -= min(held, left);
	}
	return left;
}

/* Hand out the grains that rounding down left over, one each, by largest remainder. */
static void remainders_give(struct share *share, uint32_t nr, const uint64_t *remainder,
	uint64_t grain, uint64_t over)
{
	bool given[TOPO_NODES_MAX] = { false };

	for (; over; over--) {
		uint32_t best = NO_NODE;

		for (uint32_t i = 0; i < nr; i++)
			if (!given[i] && remainder[i] &&
				(best == NO_NODE || remainder[i] > remainder[best]))
				best = i;
		if (best == NO_NODE)
			return; /* there is no more over than nodes have remainders */
		given[best] = true;
		share[best].bytes += grain;
	}
}

static bool rounding_is_fair(const struct share *s, uint64_t total, uint64_t vcpus)
{
	uint64_t exact = (uint64_t)((__uint128_t)total * s->nr_vcpus / vcpus);
	uint64_t off = s->bytes > exact ? s->bytes - exact : exact - s->bytes;

	return off <= exact / AUTO_ROUNDING;
}

/* Move what is above a limit to where there is room, in order. False: there is too little. */
static bool excess_move(struct share *share, uint32_t nr, const uint64_t *limit, uint64_t grain)
{
	uint64_t excess = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t most = align_down(limit[i], grain);

		if (share[i].bytes > most) {
			excess += share[i].bytes - most;
			share[i].bytes = most;
		}
	}
	for (uint32_t i = 0; i < nr && excess; i++) {
		uint64_t step = min(align_down(limit[i], grain) - share[i].bytes, excess);

		share[i].bytes += step;
		excess -= step;
	}
	return !excess;
}

bool memory_split(const struct work *w, struct share *share, uint32_t nr, uint64_t total,
	enum page_policy page, const uint64_t *limit, bool uneven)
{
	uint64_t grain = page_grain(page, total), units = total / grain;
	uint64_t remainder[TOPO_NODES_MAX];
	uint64_t over = units, vcpus = 0;

	if (!is_aligned(total, grain))
		return false;
	for (uint32_t i = 0; i < nr; i++)
		vcpus += share[i].nr_vcpus;
	if (!vcpus)
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		__uint128_t exact = (__uint128_t)units * share[i].nr_vcpus;

		remainder[i] = (uint64_t)(exact % vcpus);
		share[i].bytes = (uint64_t)(exact / vcpus) * grain;
		over -= (uint64_t)(exact / vcpus);
	}
	remainders_give(share, nr, remainder, grain, over);
	for (uint32_t i = 0; i < nr; i++)
		if (page_is_huge(page) && w->req->page == PAGE_AUTO &&
			!rounding_is_fair(&share[i], total, vcpus))
			return false;
	if (uneven && !excess_move(share, nr, limit, grain))
		return false;
	for (uint32_t i = 0; i < nr; i++)
		if (share[i].bytes > limit[i] || (share[i].nr_vcpus && !share[i].bytes))
			return false;
	return true;
}
