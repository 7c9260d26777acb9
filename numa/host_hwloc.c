/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_hwloc.c - load hwloc topologies with as little as placement needs, and copy them out. */
#include "numa/host_hwloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

static uint32_t first_pu(hwloc_obj_t obj)
{
	return (uint32_t)hwloc_bitmap_first(obj->cpuset);
}

static unsigned pus_in(hwloc_obj_t obj)
{
	return (unsigned)hwloc_bitmap_weight(obj->cpuset);
}

static bool is_data_cache(hwloc_obj_t obj)
{
	return hwloc_obj_type_is_dcache(obj->type);
}

/* The outermost cache above a PU that makes a complex: of level 3 or more, or shared by cores. */
static hwloc_obj_t complex_of(hwloc_obj_t pu, hwloc_obj_t core)
{
	hwloc_obj_t outermost = NULL;

	for (hwloc_obj_t up = pu->parent; up && up->type != HWLOC_OBJ_PACKAGE; up = up->parent)
		if (is_data_cache(up) && (up->attr->cache.depth >= 3 || pus_in(up) > pus_in(core)))
			outermost = up;
	return outermost;
}

/* What hwloc calls a node's memory, "" for ordinary memory. */
static const char *node_kind(hwloc_obj_t node)
{
	return node->subtype && strcmp(node->subtype, "DRAM") != 0 ? node->subtype : "";
}

static bool node_is_nearer(hwloc_obj_t a, hwloc_obj_t b)
{
	if (pus_in(a) != pus_in(b))
		return pus_in(a) < pus_in(b);
	if (!*node_kind(a) != !*node_kind(b))
		return !*node_kind(a);
	return a->os_index < b->os_index;
}

/* Logical index of the NUMA node that a PU belongs to. */
static uint32_t node_of(hwloc_topology_t topology, hwloc_obj_t pu)
{
	hwloc_obj_t node = NULL, best = NULL;

	while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != NULL)
		if (hwloc_bitmap_isset(node->cpuset, pu->os_index) &&
			(!best || node_is_nearer(node, best)))
			best = node;
	return best ? best->logical_index : 0;
}

static void pus_copy(struct host *h, hwloc_topology_t topology)
{
	hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(topology);
	hwloc_obj_t pu = NULL;

	for (uint32_t i = 0; i < h->nr_pus; i++) {
		hwloc_obj_t core, package, complex;

		pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu);
		core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
		package = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_PACKAGE, pu);
		core = core ? core : pu;
		package = package ? package : hwloc_get_root_obj(topology);
		complex = complex_of(pu, core);
		complex = complex ? complex : package;
		h->pu[i] = (struct host_pu){ .id = { (int)pu->os_index }, .core = first_pu(core),
			.complex = first_pu(complex), .package = first_pu(package),
			.node = node_of(topology, pu),
			.allowed = hwloc_bitmap_isset(allowed, pu->os_index) };
	}
}

static void nodes_copy(struct host *h, hwloc_topology_t topology)
{
	hwloc_const_nodeset_t allowed = hwloc_topology_get_allowed_nodeset(topology);
	hwloc_obj_t node = NULL;
	bool any_memory = false;

	for (uint32_t i = 0; i < h->nr_nodes; i++) {
		struct host_node *n = &h->node[i];

		node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node);
		*n = (struct host_node){ .id = { (int)node->os_index },
			.allowed = hwloc_bitmap_isset(allowed, node->os_index),
			.total = node->attr->numanode.local_memory,
			.free = node->attr->numanode.local_memory };
		snprintf(n->kind, sizeof(n->kind), "%s", node_kind(node));
		any_memory |= n->total != 0;
		for (enum host_page p = 0; p < HOST_PAGES; p++)
			n->pool[p] = (struct host_pool){ HOST_PLENTY, HOST_PLENTY };
	}
	for (uint32_t i = 0; i < h->nr_nodes && !any_memory; i++)
		h->node[i].total = h->node[i].free = HOST_PLENTY;
}

/* In units of a tenth of the local distance, as the SLIT has them. */
static void distances_scale(struct host *h, const struct hwloc_distances_s *d)
{
	uint64_t local = max(d->values[0], (hwloc_uint64_t)1);

	for (uint32_t i = 0; i < d->nbobjs; i++) {
		for (uint32_t j = 0; j < d->nbobjs; j++) {
			uint32_t at = d->objs[i]->logical_index * h->nr_nodes +
				      d->objs[j]->logical_index;
			uint64_t v = d->values[i * d->nbobjs + j] * HOST_DISTANCE_LOCAL / local;

			h->distance[at] = (uint8_t)min(max(v, (uint64_t)HOST_DISTANCE_LOCAL),
				(uint64_t)UINT8_MAX);
		}
	}
}

/* Leaves distance NULL where hwloc has none for all nodes. -ENOMEM. */
static int distances_copy(struct host *h, hwloc_topology_t topology)
{
	struct hwloc_distances_s *d = NULL;
	unsigned nr = 1;
	int err = 0;

	if (hwloc_distances_get_by_type(topology, HWLOC_OBJ_NUMANODE, &nr, &d,
		    HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0 || !nr || !d)
		return 0;
	for (uint32_t i = 0; i < d->nbobjs; i++)
		if (!d->objs[i])
			goto out;
	if (d->nbobjs != h->nr_nodes)
		goto out;
	h->distance = malloc((size_t)h->nr_nodes * h->nr_nodes);
	if (h->distance)
		distances_scale(h, d);
	else
		err = -ENOMEM;
out:
	hwloc_distances_release(topology, d);
	return err;
}

static void cache_copy(struct host *h, hwloc_obj_t obj, hwloc_obj_t core, hwloc_obj_t complex)
{
	const struct hwloc_cache_attr_s *a = &obj->attr->cache;
	const char *inclusive = hwloc_obj_get_info_by_name(obj, "Inclusive");
	struct topo_cache *c;
	uint32_t at = h->nr_caches;

	if (at == TOPO_CACHES_MAX)
		return;
	/* By level; of one level data before instructions, as CPUID and /sys have them. */
	for (; at && (h->cache[at - 1].level > a->depth || (h->cache[at - 1].level == a->depth &&
		h->cache[at - 1].type > TOPO_CACHE_DATA && a->type == HWLOC_OBJ_CACHE_DATA)); at--)
		h->cache[at] = h->cache[at - 1];
	c = &h->cache[at];
	*c = (struct topo_cache){ .level = (uint8_t)a->depth, .size = a->size, .line = a->linesize,
		.ways = a->associativity > 0 ? (uint32_t)a->associativity : 0,
		.type = a->type == HWLOC_OBJ_CACHE_DATA ? TOPO_CACHE_DATA :
			a->type == HWLOC_OBJ_CACHE_INSTRUCTION ? TOPO_CACHE_INSTRUCTION :
								 TOPO_CACHE_UNIFIED,
		.shared = obj == complex ? TOPO_COMPLEX : TOPO_CORE,
		.inclusive = inclusive && strcmp(inclusive, "1") == 0 };
	if (complex == NULL && pus_in(obj) > pus_in(core))
		c->shared = TOPO_PACKAGE;
	h->nr_caches++;
}

/* The caches above the first PU that we may run on. */
static void caches_copy(struct host *h, hwloc_topology_t topology)
{
	int first = hwloc_bitmap_first(hwloc_topology_get_allowed_cpuset(topology));
	hwloc_obj_t pu = first < 0 ? NULL : hwloc_get_pu_obj_by_os_index(topology, (unsigned)first);
	hwloc_obj_t core, complex;

	if (!pu)
		return;
	core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
	core = core ? core : pu;
	complex = complex_of(pu, core);
	for (hwloc_obj_t up = pu->parent; up; up = up->parent)
		if (hwloc_obj_type_is_cache(up->type))
			cache_copy(h, up, core, complex);
}

int host_from_hwloc(struct host *h, hwloc_topology_t topology)
{
	int pus = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
	int nodes = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE);
	int err = -ENOMEM;

	*h = (struct host){ 0 };
	if (pus < 1 || nodes < 1)
		return -EINVAL;
	h->nr_pus = (uint32_t)pus;
	h->nr_nodes = (uint32_t)nodes;
	h->pu = calloc(h->nr_pus, sizeof(*h->pu));
	h->node = calloc(h->nr_nodes, sizeof(*h->node));
	if (h->pu && h->node) {
		pus_copy(h, topology);
		nodes_copy(h, topology);
		caches_copy(h, topology);
		err = distances_copy(h, topology);
	}
	if (!err)
		err = host_seal(h);
	if (err)
		host_fini(h);
	return err;
}

static void types_filter(hwloc_topology_t t)
{
	hwloc_topology_set_all_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE);
	/* Nodes smaller than a package hang below a group; without groups hwloc widens such
	 * nodes. */
	hwloc_topology_set_type_filter(t, HWLOC_OBJ_GROUP, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
	hwloc_topology_set_type_filter(t, HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_type_filter(t, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_cache_types_filter(t, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_icache_types_filter(t, HWLOC_TYPE_FILTER_KEEP_ALL);
}

/* A file, or what is written like the name of one, is XML; anything else is a description. */
static int source_set(hwloc_topology_t t, const char *what)
{
	size_t len = strlen(what);
	bool xml = len > 4 && strcmp(what + len - 4, ".xml") == 0;

	if (access(what, R_OK) == 0 || xml || what[0] == '/' || what[0] == '.') {
		if (access(what, R_OK) != 0)
			return log_errno(-errno, "topology %s: %m", what);
		if (hwloc_topology_set_xml(t, what) != 0)
			return log_errno(-EINVAL, "topology %s: hwloc can't read it as XML; "
				"`lstopo FILE.xml` makes such a file", what);
		return 0;
	}
	if (hwloc_topology_set_synthetic(t, what) != 0)
		return log_errno(-EINVAL,
			"topology \"%s\": neither a file nor a description that hwloc "
			"knows, such as \"package:2 [numa(memory=64GB)] l3:1 core:8 pu:2\"",
			what);
	return 0;
}

int hwloc_open(hwloc_topology_t *topology, const char *what, enum hwloc_open_for purpose)
{
	hwloc_topology_t t;
	int err = 0;

	if (hwloc_topology_init(&t) != 0)
		return log_errno(-errno, "hwloc can't make a topology: %m; is libhwloc.so.15 installed?");
	types_filter(t);
	if (purpose == HWLOC_OPEN_DRAW)
		hwloc_topology_set_type_filter(t, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_ALL);
	if (purpose == HWLOC_OPEN_DEVICES)
		hwloc_topology_set_type_filter(t, HWLOC_OBJ_PCI_DEVICE, HWLOC_TYPE_FILTER_KEEP_ALL);
	/* hwloc's own CPUID walk visits every CPU and adds nothing to /sys that we use. */
	hwloc_topology_set_components(t, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
	hwloc_topology_set_flags(t, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
	if (what)
		err = source_set(t, what);
	if (!err && hwloc_topology_load(t) != 0)
		err = log_errno(-EINVAL, "topology %s: hwloc can't load it: %m",
			what ? what : "of this machine");
	if (err)
		hwloc_topology_destroy(t);
	else
		*topology = t;
	return err;
}

int host_load_hwloc(struct host *h)
{
	hwloc_topology_t t = NULL;
	int err = hwloc_open(&t, NULL, HWLOC_OPEN_PLAN);

	if (err)
		return err;
	if ((err = host_from_hwloc(h, t)) != 0)
		log_errno(err, "this machine's topology can't be used: %m");
	else
		snprintf(h->name, sizeof(h->name), "this machine");
	h->live = !err;
	hwloc_topology_destroy(t);
	return err;
}

int host_load_described(struct host *h, const char *what)
{
	const char *slash = strrchr(what, '/');
	hwloc_topology_t t = NULL;
	int err = hwloc_open(&t, what, HWLOC_OPEN_PLAN);

	if (err)
		return err;
	if ((err = host_from_hwloc(h, t)) != 0)
		log_errno(err, "topology %s can't be used: %m", what);
	else
		snprintf(h->name, sizeof(h->name), "%s", slash ? slash + 1 : what);
	/* hwloc gives nodes a gigabyte when the description doesn't say: that is no statement. */
	for (uint32_t i = 0; !err && access(what, R_OK) != 0 && !strstr(what, "memory=") &&
		i < h->nr_nodes; i++)
		h->node[i].total = h->node[i].free = HOST_PLENTY;
	hwloc_topology_destroy(t);
	return err;
}
