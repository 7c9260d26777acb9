/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_mirror.c - the guest's topology: the image of the part of the host that it runs on.
 *
 * vCPUs are put in the order of their CPUs and numbered afresh: a package, complex, core or
 * thread of the guest is one of the host's, and what the guest has no vCPU on leaves no gap. Two
 * exceptions keep the image one that a kernel accepts:
 *
 * - Of several vCPUs on one CPU, all but the first get cores of their own.
 * - Guest nodes that share a host node don't share caches: Linux takes a last-level cache across
 *   nodes for a firmware error, unless the machine's real ones are like that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/plan_work.h"

/* Linux ignores a SLIT whose remote distances are not above the local one (slit_valid()). */
#define DISTANCE_NEAR 11

/* A vCPU by its place in the image. */
struct image {
	uint32_t key[5]; /* package, complex, guest node among those of its host node, core, pu */
	uint32_t again;  /* vCPUs on the same CPU before this one */
	uint32_t vcpu;
};

static int image_cmp(const void *pa, const void *pb)
{
	const struct image *a = pa, *b = pb;

	for (size_t i = 0; i < 3; i++)
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	if (a->again != b->again)
		return a->again < b->again ? -1 : 1;
	for (size_t i = 3; i < ARRAY_SIZE(a->key); i++)
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	return (a->vcpu > b->vcpu) - (a->vcpu < b->vcpu);
}

/* How many guest nodes before g are on the same host node? */
static uint32_t node_rank(const struct work *w, uint32_t g)
{
	uint32_t rank = 0;

	for (uint32_t i = 0; i < g; i++)
		rank += w->share[i].node == w->share[g].node;
	return rank;
}

/* seen: [nr_pus], zeroes. */
static void image_take(const struct work *w, uint32_t *seen, struct image *image)
{
	uint32_t rank[TOPO_NODES_MAX];

	for (uint32_t g = 0; g < w->nr_shares; g++)
		rank[g] = node_rank(w, g);
	for (uint32_t v = 0; v < w->req->nr_vcpus; v++) {
		const struct host_pu *pu = &w->host->pu[w->pu[v]];

		image[v] = (struct image){ .vcpu = v, .again = seen[w->pu[v]]++,
			.key = { pu->package, pu->complex, rank[w->guest_node[v]], pu->core,
				w->pu[v] } };
	}
}

static void image_number(const struct work *w, const struct image *image, struct topo_cpu *cpu)
{
	struct topo_cpu at = { 0 };

	for (uint32_t i = 0; i < w->req->nr_vcpus; i++) {
		const struct image *m = &image[i], *last = &image[i ? i - 1 : 0];

		if (!i) {
			/* the first of everything */
		} else if (m->key[0] != last->key[0]) {
			at = (struct topo_cpu){ .package = at.package + 1 };
		} else if (m->key[1] != last->key[1] || m->key[2] != last->key[2]) {
			at = (struct topo_cpu){ .package = at.package, .complex = at.complex + 1 };
		} else if (m->key[3] != last->key[3] || m->again != last->again) {
			at.core++;
			at.thread = 0;
		} else {
			at.thread++;
		}
		at.node = w->guest_node[m->vcpu];
		cpu[m->vcpu] = at;
	}
}

static void distances_copy(const struct work *w, uint8_t *distance)
{
	uint32_t n = w->nr_shares;

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			uint32_t d = host_distance(w->host, w->share[i].node, w->share[j].node);

			distance[i * n + j] = (uint8_t)(i == j ? HOST_DISTANCE_LOCAL :
				max(d, (uint32_t)DISTANCE_NEAR));
		}
	}
}

int mirror_make(struct work *w)
{
	struct topology *t = &w->plan->guest;
	struct image *image = calloc(w->req->nr_vcpus, sizeof(*image));
	uint32_t *seen = calloc(w->host->nr_pus, sizeof(*seen));
	int err = -ENOMEM;

	t->cpu = calloc(w->req->nr_vcpus, sizeof(*t->cpu));
	t->distance = calloc((size_t)w->nr_shares * w->nr_shares, 1);
	if (!image || !seen || !t->cpu || !t->distance)
		goto out;
	t->nr_cpus = w->req->nr_vcpus;
	t->nr_nodes = w->nr_shares;
	image_take(w, seen, image);
	qsort(image, t->nr_cpus, sizeof(*image), image_cmp);
	image_number(w, image, t->cpu);
	distances_copy(w, t->distance);
	t->nr_caches = w->host->nr_caches;
	memcpy(t->cache, w->host->cache, sizeof(t->cache));
	err = 0;
out:
	free(image);
	free(seen);
	return err;
}
