/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - bring what a loader found into the order that host.h promises, and look things up. */
#include "numa/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Distances for machines that tell none: the kernel's own guess for remote nodes is 20, and nodes
 * of one package are nearer than that on all machines that have several. */
#define DISTANCE_SAME_PACKAGE 12
#define DISTANCE_REMOTE       20

static int pu_cmp(const void *pa, const void *pb)
{
	const struct host_pu *a = pa, *b = pb;
	const uint32_t ka[] = { a->package, a->node, a->complex, a->core, (uint32_t)a->id.os };
	const uint32_t kb[] = { b->package, b->node, b->complex, b->core, (uint32_t)b->id.os };

	for (size_t i = 0; i < ARRAY_SIZE(ka); i++)
		if (ka[i] != kb[i])
			return ka[i] < kb[i] ? -1 : 1;
	return 0;
}

/* A node and where it stood before sorting. */
struct node_place {
	int os;
	uint32_t was;
};

static int node_cmp(const void *a, const void *b)
{
	const struct node_place *x = a, *y = b;

	return (x->os > y->os) - (x->os < y->os);
}

/* Nodes ascending by number; PUs and distances follow. */
static int nodes_sort(struct host *h)
{
	struct node_place *place = calloc(h->nr_nodes, sizeof(*place));
	struct host_node *node = calloc(h->nr_nodes, sizeof(*node));
	uint32_t *now = calloc(h->nr_nodes, sizeof(*now));
	uint8_t *distance = calloc((size_t)h->nr_nodes * h->nr_nodes, 1);
	int err = -ENOMEM;

	if (!place || !node || !now || !distance)
		goto out;
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		place[i] = (struct node_place){ h->node[i].id.os, i };
	qsort(place, h->nr_nodes, sizeof(*place), node_cmp);
	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		now[place[i].was] = i;
		node[i] = h->node[place[i].was];
	}
	for (uint32_t i = 0; i < h->nr_pus; i++)
		h->pu[i].node = now[h->pu[i].node];
	memcpy(h->node, node, h->nr_nodes * sizeof(*node));
	if (h->distance) {
		for (uint32_t i = 0; i < h->nr_nodes; i++)
			for (uint32_t j = 0; j < h->nr_nodes; j++)
				distance[i * h->nr_nodes + j] =
					h->distance[place[i].was * h->nr_nodes + place[j].was];
		memcpy(h->distance, distance, (size_t)h->nr_nodes * h->nr_nodes);
	}
	err = 0;
out:
	free(place);
	free(node);
	free(now);
	free(distance);
	return err;
}

/* Sorted PUs: a group ends where its raw number changes or where the level above it does. */
static void groups_number(struct host *h)
{
	uint32_t raw_package = 0, raw_complex = 0, raw_core = 0;

	h->nr_packages = h->nr_complexes = h->nr_cores = 0;
	for (uint32_t i = 0; i < h->nr_pus; i++) {
		struct host_pu *p = &h->pu[i];
		bool package = !i || p->package != raw_package;
		bool complex = package || p->complex != raw_complex;
		bool core = complex || p->core != raw_core;

		raw_package = p->package;
		raw_complex = p->complex;
		raw_core = p->core;
		h->nr_packages += package;
		h->nr_complexes += complex;
		h->nr_cores += core;
		p->package = h->nr_packages - 1;
		p->complex = h->nr_complexes - 1;
		p->core = h->nr_cores - 1;
	}
}

/* The package of a node's first PU, or a number of its own where it has none. */
static uint32_t node_package(const struct host *h, uint32_t node)
{
	for (uint32_t i = 0; i < h->nr_pus; i++)
		if (h->pu[i].node == node)
			return h->pu[i].package;
	return h->nr_packages + node;
}

static int distances_guess(struct host *h)
{
	uint32_t n = max(h->nr_nodes, 1u);
	uint32_t *package = calloc(n, sizeof(*package));

	h->distance = malloc((size_t)n * n);
	if (!h->distance || !package) {
		free(package);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		package[i] = node_package(h, i);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			h->distance[i * n + j] = i == j ? HOST_DISTANCE_LOCAL :
				package[i] == package[j] ? DISTANCE_SAME_PACKAGE :
							   DISTANCE_REMOTE;
	free(package);
	return 0;
}

int host_seal(struct host *h)
{
	int err;

	if (!h->nr_pus || !h->nr_nodes)
		return -EINVAL;
	if ((err = nodes_sort(h)) != 0)
		return err;
	qsort(h->pu, h->nr_pus, sizeof(*h->pu), pu_cmp);
	groups_number(h);
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		h->node[i].has_cpus = false;
	for (uint32_t i = 0; i < h->nr_pus; i++)
		h->node[h->pu[i].node].has_cpus = true;
	h->distances_known = h->distance != NULL;
	return h->distance ? 0 : distances_guess(h);
}

const struct host_node *host_find_node(const struct host *h, hnode_t id)
{
	for (uint32_t i = 0; i < h->nr_nodes; i++)
		if (h->node[i].id.os == id.os)
			return &h->node[i];
	return NULL;
}

const struct host_pu *host_find_pu(const struct host *h, hcpu_t id)
{
	for (uint32_t i = 0; i < h->nr_pus; i++)
		if (h->pu[i].id.os == id.os)
			return &h->pu[i];
	return NULL;
}

void host_fini(struct host *h)
{
	free(h->pu);
	free(h->node);
	free(h->distance);
	*h = (struct host){ 0 };
}
