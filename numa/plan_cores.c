/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_cores.c - which CPUs of a node vCPUs get, and which are left for thole's own threads.
 *
 * Within a node, vCPUs are kept together in as few complexes (shared caches) as hold them, the
 * smallest that fits first; policy=spread goes round the complexes instead. Two kinds of core
 * come last: that of CPU 0, where the kernel keeps its own timers and interrupts, and cores that
 * the cpuset cuts through, whose other half may be busy with somebody else's work.
 */
#include <errno.h>
#include <stdlib.h>

#include "numa/plan_work.h"

/* vCPUs that a core can take now. */
static uint32_t core_room(const struct work *w, uint32_t core, uint32_t free_pus)
{
	if (w->fill == FILL_CORES)
		return free_pus && !w->core_load[core];
	return free_pus;
}

/* Walk the cores of a node: first PU of each, and how many of its PUs are usable and empty. */
static uint32_t core_scan(const struct work *w, uint32_t *at, uint32_t *free_pus)
{
	uint32_t first = *at, core = w->host->pu[first].core;

	*free_pus = 0;
	for (; *at < w->host->nr_pus && w->host->pu[*at].core == core; ++*at)
		*free_pus += w->usable[*at] && !w->load[*at];
	return first;
}

/* With siblings idle at any price, only the first usable PU of a core is doubled up. */
static bool pu_doubles(const struct work *w, uint32_t pu)
{
	const struct host_pu *p = w->host->pu;

	if (!w->usable[pu] || w->req->smt != SMT_NEVER)
		return w->usable[pu];
	for (uint32_t i = pu; i-- && p[i].core == p[pu].core;)
		if (w->usable[i])
			return false;
	return true;
}

/* Two vCPUs on a CPU: as many rounds as the whole machine (or, for one node, it alone) needs. */
static void room_double(struct work *w)
{
	uint32_t all = 0, most = 0, rounds;

	for (uint32_t i = 0; i < w->host->nr_nodes; i++) {
		all += w->room[i];
		most = max(most, w->room[i]);
	}
	if (w->req->policy == PLACE_ONE_NODE)
		all = most;
	rounds = all ? (w->free_vcpus + all - 1) / all : 0;
	for (uint32_t i = 0; i < w->host->nr_nodes; i++)
		w->room[i] *= rounds;
}

void cores_count(struct work *w)
{
	for (uint32_t i = 0; i < w->host->nr_nodes; i++)
		w->room[i] = 0;
	if (w->fill == FILL_DOUBLE) {
		for (uint32_t i = 0; i < w->host->nr_pus; i++)
			w->room[w->host->pu[i].node] += pu_doubles(w, i);
		room_double(w);
		return;
	}
	for (uint32_t at = 0, first, free_pus; at < w->host->nr_pus;) {
		first = core_scan(w, &at, &free_pus);
		w->room[w->host->pu[first].node] +=
			core_room(w, w->host->pu[first].core, free_pus);
	}
}

/* A core that vCPUs could go to. */
struct seat {
	uint32_t pu; /* its first */
	uint32_t complex;
	uint32_t room;
	unsigned reluctance; /* 0: take it; see core_reluctance() */
	bool taken;
};

enum { RELUCTANT_CPU0 = 1, RELUCTANT_CUT };

static unsigned core_reluctance(const struct work *w, uint32_t first)
{
	const struct host *h = w->host;
	uint32_t core = h->pu[first].core;

	if (w->core_usable[core] < w->core_size[core])
		return RELUCTANT_CUT;
	/* 0 is the lowest number of its core, so it comes first. */
	return h->pu[first].id.os == 0 ? RELUCTANT_CPU0 : 0;
}

/* The node's cores with room. */
static uint32_t seats_list(const struct work *w, uint32_t node, struct seat *seat)
{
	uint32_t nr = 0;

	for (uint32_t at = 0, free_pus; at < w->host->nr_pus;) {
		uint32_t first = core_scan(w, &at, &free_pus);
		const struct host_pu *pu = &w->host->pu[first];
		uint32_t room = core_room(w, pu->core, free_pus);

		if (pu->node == node && room)
			seat[nr++] = (struct seat){ first, pu->complex, room,
				core_reluctance(w, first), false };
	}
	return nr;
}

/* Room in the complex of seat i (the seats of one complex are neighbours), on cores no more
 * reluctant than most. */
static uint32_t complex_room(const struct seat *seat, uint32_t nr, uint32_t i, unsigned most)
{
	uint32_t room = 0;

	for (uint32_t j = i; j < nr && seat[j].complex == seat[i].complex; j++)
		room += seat[j].taken || seat[j].reluctance > most ? 0 : seat[j].room;
	return room;
}

/* The first seat of the complex to fill next: the smallest that holds n, else the largest. */
static uint32_t complex_pick(const struct seat *seat, uint32_t nr, uint32_t n, unsigned most)
{
	uint32_t best = 0, best_room = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t room;

		if (i && seat[i].complex == seat[i - 1].complex)
			continue;
		room = complex_room(seat, nr, i, most);
		if (best_room >= n ? room >= n && room < best_room : room > best_room) {
			best = i;
			best_room = room;
		}
	}
	return best;
}

/* How many complexes n vCPUs would be on; UINT32_MAX: there is no room. */
static uint32_t complexes_needed(struct seat *seat, uint32_t nr, uint32_t n, unsigned most)
{
	uint32_t needed = 0, got = 0;

	while (got < n) {
		uint32_t first = complex_pick(seat, nr, n - got, most);
		uint32_t room = nr ? complex_room(seat, nr, first, most) : 0;

		if (!room) {
			needed = UINT32_MAX;
			break;
		}
		got += room;
		needed++;
		for (uint32_t i = first; i < nr && seat[i].complex == seat[first].complex; i++)
			seat[i].taken = true;
	}
	for (uint32_t i = 0; i < nr; i++)
		seat[i].taken = false;
	return needed;
}

/* Somebody else's work on half a core costs more than a second cache, so halves of cores are taken
 * for want of others only; a second cache costs more than CPU 0's timers, so its core saves one. */
static unsigned reluctance_choose(struct seat *seat, uint32_t nr, uint32_t n)
{
	if (complexes_needed(seat, nr, n, RELUCTANT_CPU0) == UINT32_MAX)
		return RELUCTANT_CUT;
	return complexes_needed(seat, nr, n, RELUCTANT_CPU0) < complexes_needed(seat, nr, n, 0) ?
		RELUCTANT_CPU0 : 0;
}

/* Put up to n vCPUs on the core of a seat; returns how many. */
static uint32_t seat_take(struct work *w, struct seat *s, uint32_t n, uint32_t *out)
{
	uint32_t core = w->host->pu[s->pu].core, got = 0, most = min(n, s->room);

	s->taken = true;
	for (uint32_t i = s->pu; got < most; i++) {
		if (!w->usable[i] || w->load[i])
			continue;
		w->load[i]++;
		w->core_load[core]++;
		out[got++] = i;
	}
	return got;
}

static void seats_fill(struct work *w, struct seat *seat, uint32_t nr, uint32_t n, uint32_t *out)
{
	unsigned most = reluctance_choose(seat, nr, n);
	uint32_t got = 0;

	while (got < n) {
		uint32_t first = complex_pick(seat, nr, n - got, most);

		for (unsigned now = 0; now <= most; now++)
			for (uint32_t i = first; i < nr && got < n; i++)
				if (seat[i].complex == seat[first].complex && !seat[i].taken &&
					seat[i].reluctance == now)
					got += seat_take(w, &seat[i], n - got, out + got);
	}
}

/* One core of each complex in turn, the reluctant ones in the last turns. */
static void seats_spread(struct work *w, struct seat *seat, uint32_t nr, uint32_t n, uint32_t *out)
{
	uint32_t got = 0, before;

	for (unsigned most = 0; got < n; most += got == before) {
		uint32_t last = UINT32_MAX;

		before = got;
		for (uint32_t i = 0; i < nr && got < n; i++) {
			if (seat[i].taken || seat[i].complex == last || seat[i].reluctance > most)
				continue;
			last = seat[i].complex;
			got += seat_take(w, &seat[i], n - got, out + got);
		}
	}
}

/* The least loaded CPUs first, in rounds. */
static void pus_double(struct work *w, uint32_t node, uint32_t n, uint32_t *out)
{
	for (uint32_t got = 0, level = 0; got < n; level++) {
		for (uint32_t i = 0; i < w->host->nr_pus && got < n; i++) {
			if (w->host->pu[i].node != node || !pu_doubles(w, i) || w->load[i] > level)
				continue;
			w->load[i]++;
			w->core_load[w->host->pu[i].core]++;
			out[got++] = i;
		}
	}
}

static int index_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int cores_choose(struct work *w, uint32_t node, uint32_t n, uint32_t *out)
{
	struct seat *seat;
	uint32_t nr;

	if (w->fill == FILL_DOUBLE) {
		pus_double(w, node, n, out);
		return 0;
	}
	seat = calloc(w->host->nr_cores, sizeof(*seat));
	if (!seat)
		return -ENOMEM;
	nr = seats_list(w, node, seat);
	if (w->req->policy == PLACE_SPREAD)
		seats_spread(w, seat, nr, n, out);
	else
		seats_fill(w, seat, nr, n, out);
	qsort(out, n, sizeof(*out), index_cmp);
	free(seat);
	return 0;
}

/* What kind of CPU housekeeping may have, best first. */
enum spare {
	SPARE_CORE,    /* of a core without vCPUs */
	SPARE_SIBLING, /* empty, but a vCPU is on its core */
	SPARE_NONE,    /* a vCPU's own */
};

static bool pu_is_spare(const struct work *w, uint32_t pu, enum spare kind)
{
	if (!w->usable[pu])
		return false;
	switch (kind) {
	case SPARE_CORE: return !w->core_load[w->host->pu[pu].core];
	case SPARE_SIBLING: return !w->load[pu];
	default: return w->load[pu];
	}
}

/* Distance from the nearest of the guest's nodes that has vCPUs. */
static uint32_t guest_distance(const struct work *w, uint32_t node)
{
	uint32_t nearest = UINT32_MAX;

	for (uint32_t i = 0; i < w->nr_shares; i++)
		if (w->share[i].nr_vcpus)
			nearest = min(nearest, host_distance(w->host, w->share[i].node, node));
	return nearest;
}

static int hcpu_cmp(const void *a, const void *b)
{
	const hcpu_t *x = a, *y = b;

	return (x->os > y->os) - (x->os < y->os);
}

static uint32_t vcpu_distance(const struct work *w, uint32_t vcpu, hcpu_t to)
{
	const struct host *h = w->host;

	return host_distance(h, h->pu[w->pu[vcpu]].node, host_find_pu(h, to)->node);
}

/* Of those that are equally near, vCPUs have them in turn. */
static hcpu_t housekeeping_near(const struct work *w, uint32_t vcpu)
{
	const struct cpulist *l = &w->plan->housekeeping;
	uint32_t nearest = UINT32_MAX, nr = 0, turn;

	if (w->plan->housekeeping_shared)
		return w->plan->vcpu[vcpu].cpu;
	for (uint32_t i = 0; i < l->nr; i++)
		nearest = min(nearest, vcpu_distance(w, vcpu, l->cpu[i]));
	for (uint32_t i = 0; i < l->nr; i++)
		nr += vcpu_distance(w, vcpu, l->cpu[i]) == nearest;
	turn = vcpu % nr;
	for (uint32_t i = 0; i < l->nr; i++)
		if (vcpu_distance(w, vcpu, l->cpu[i]) == nearest && turn-- == 0)
			return l->cpu[i];
	return w->plan->vcpu[vcpu].cpu;
}

/* All CPUs of the best kind there is, on the nodes nearest to the vCPUs that have any. */
int cores_housekeeping(struct work *w)
{
	struct cpulist *l = &w->plan->housekeeping;

	l->cpu = calloc(w->host->nr_pus, sizeof(*l->cpu));
	if (!l->cpu)
		return -ENOMEM;
	for (enum spare kind = SPARE_CORE; kind <= SPARE_NONE && !l->nr; kind++) {
		uint32_t nearest = UINT32_MAX;

		for (uint32_t i = 0; i < w->host->nr_pus; i++)
			if (pu_is_spare(w, i, kind))
				nearest = min(nearest, guest_distance(w, w->host->pu[i].node));
		for (uint32_t i = 0; i < w->host->nr_pus; i++)
			if (pu_is_spare(w, i, kind) &&
				guest_distance(w, w->host->pu[i].node) == nearest)
				l->cpu[l->nr++] = w->host->pu[i].id;
		w->plan->housekeeping_shared = kind == SPARE_NONE;
	}
	qsort(l->cpu, l->nr, sizeof(*l->cpu), hcpu_cmp);
	for (uint32_t v = 0; v < w->plan->nr_vcpus; v++)
		w->plan->vcpu[v].housekeeping = housekeeping_near(w, v);
	return 0;
}
