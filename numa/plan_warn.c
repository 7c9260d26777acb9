/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_warn.c - what a plan costs that its reader may not expect, in words. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "numa/plan_work.h"

int plan_warn(struct plan *p, const char *fmt, ...)
{
	char **more = realloc(p->warning, (p->nr_warnings + 1) * sizeof(*more));
	va_list ap;
	int n;

	if (!more)
		return -ENOMEM;
	p->warning = more;
	va_start(ap, fmt);
	n = vasprintf(&more[p->nr_warnings], fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	p->nr_warnings++;
	return 0;
}

/* CPUs that have vCPUs, and vCPUs on cores of which somebody else has the other half. */
static int warn_cpus(struct work *w)
{
	uint32_t busy = 0, cut = 0;
	int err = 0;

	for (uint32_t i = 0; i < w->host->nr_pus; i++) {
		uint32_t core = w->host->pu[i].core;

		busy += w->load[i] != 0;
		if (w->core_usable[core] < w->core_size[core])
			cut += w->load[i];
	}
	if (w->plan->overcommit)
		err = plan_warn(w->plan,
			"%u vCPUs share %u CPUs (overcommit=yes): a vCPU runs only while its neighbours wait",
			w->plan->nr_vcpus, busy);
	if (!err && w->plan->smt && w->req->smt == SMT_AVOID)
		err = plan_warn(w->plan,
			"some vCPUs share a core with a sibling, for want of cores; smt=use says that this is meant");
	if (!err && cut)
		err = plan_warn(w->plan,
			"%u vCPU%s on cores whose other half thole may not use: if others run there, they take "
			"cycles; ask for whole cores",
			cut, cut == 1 ? " is" : "s are");
	return err;
}

static int warn_devices(struct work *w)
{
	for (uint32_t i = 0; i < w->req->nr_devices; i++) {
		const struct host_node *n = host_find_node(w->host, w->req->device[i]);
		bool near = !n;

		for (uint32_t g = 0; g < w->nr_shares; g++)
			near |= n && w->share[g].nr_vcpus && &w->host->node[w->share[g].node] == n;
		for (uint32_t j = 0; j < i; j++) /* said already */
			near |= w->req->device[j].os == w->req->device[i].os;
		if (!near &&
			plan_warn(w->plan, "a device is on node %d, no vCPU is: its interrupts and data cross nodes",
				n->id.os) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* vCPUs whose pins take them away from their memory. */
static int warn_pins(struct work *w)
{
	uint32_t away = 0, first = 0;

	for (uint32_t v = w->req->nr_vcpus; v--;) {
		if (w->host->pu[w->pu[v]].node == w->share[w->guest_node[v]].node)
			continue;
		first = v;
		away++;
	}
	if (!away)
		return 0;
	return plan_warn(w->plan,
		"%u vCPU%s pinned away from %s memory: vCPU %u is on node %d, its memory on node %d",
		away, away == 1 ? " is" : "s are", away == 1 ? "its" : "their", first,
		w->host->node[w->host->pu[w->pu[first]].node].id.os,
		w->host->node[w->share[w->guest_node[first]].node].id.os);
}

static int warn_nodes(struct work *w)
{
	uint64_t *bytes = calloc(w->host->nr_nodes, sizeof(*bytes));
	uint32_t *guests = calloc(w->host->nr_nodes, sizeof(*guests));
	int err = bytes && guests ? 0 : -ENOMEM;

	for (uint32_t g = 0; g < w->nr_shares && !err; g++) {
		bytes[w->share[g].node] += w->share[g].bytes;
		guests[w->share[g].node]++;
	}
	for (uint32_t i = 0; i < w->host->nr_nodes && !err; i++) {
		const struct host_node *n = &w->host->node[i];

		if (guests[i] > 1)
			err = plan_warn(w->plan,
				"%u guest nodes are on host node %d: the guest sees distances that are not there",
				guests[i], n->id.os);
		if (!err && !page_is_huge(w->page) && bytes[i] > n->free)
			err = plan_warn(w->plan,
				"node %d: the guest may use %" PRIu64 " MiB, %" PRIu64 " MiB are free: the rest must be "
				"freed or swapped out as the guest comes to use it",
				n->id.os, bytes[i] >> 20, n->free >> 20);
	}
	if (!err && w->uneven)
		err = plan_warn(w->plan, "memory is not in proportion to vCPUs: some node is too small");
	free(bytes);
	free(guests);
	return err;
}

static int warn_housekeeping(struct work *w)
{
	const struct host *h = w->host;

	if (w->plan->housekeeping_shared)
		return plan_warn(w->plan,
			"no CPU is left for thole's own threads and vhost: they run on the vCPUs' CPUs; leave one free "
			"for steady timing");
	for (uint32_t i = 0; i < h->nr_pus; i++)
		if (w->core_load[h->pu[i].core] && cpulist_has(&w->plan->housekeeping, h->pu[i].id))
			return plan_warn(w->plan,
				"no core is left for thole's own threads and vhost: they run on idle siblings of vCPUs");
	return 0;
}

/* The node that has too few free pages of this size for its share; NO_NODE: it was something
 * else. */
static uint32_t node_short(const struct work *w, enum page_policy page)
{
	for (uint32_t g = 0; g < w->nr_shares; g++) {
		uint64_t wanted = 0;

		for (uint32_t i = 0; i < w->nr_shares; i++)
			if (w->share[i].node == w->share[g].node)
				wanted += w->share[i].bytes;
		if (wanted > node_bytes(w, w->share[g].node, page))
			return w->share[g].node;
	}
	return NO_NODE;
}

/* With hugepages=auto: what was taken, and why nothing larger. */
static void note_pages(struct work *w)
{
	static const enum page_policy larger[] = { PAGE_1G, PAGE_2M };
	char *note = w->plan->note;
	size_t room = sizeof(w->plan->note), len;

	if (w->req->page != PAGE_AUTO)
		return;
	len = (size_t)snprintf(note, room, "hugepages=auto took %s",
		w->page == PAGE_NONE ? "none, but 4K" : page_policy_name(w->page));
	for (size_t i = 0; i < ARRAY_SIZE(larger) && larger[i] < w->page && len < room; i++) {
		const char *name = page_policy_name(larger[i]);
		uint32_t node = node_short(w, larger[i]);

		if (node == NO_NODE)
			len += (size_t)snprintf(note + len, room - len, "; %s: the nodes' memory is no multiple", name);
		else
			len += (size_t)snprintf(note + len, room - len, "; %s: node %d has %" PRIu64 " free", name,
				w->host->node[node].id.os, node_bytes(w, node, larger[i]) / page_bytes(larger[i]));
	}
}

int plan_warnings(struct work *w)
{
	int err;

	note_pages(w);
	if ((err = warn_cpus(w)) != 0 || (err = warn_pins(w)) != 0)
		return err;
	if ((err = warn_devices(w)) != 0 || (err = warn_nodes(w)) != 0)
		return err;
	return warn_housekeeping(w);
}
