/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.c - field widths and APIC ids from a guest topology. */
#include "vmm/topology.h"

#include <errno.h>
#include <stdlib.h>

int topology_flat(struct topology *t, uint32_t nr_cpus)
{
	*t = (struct topology){ .nr_cpus = nr_cpus, .nr_nodes = 1 };
	if (!nr_cpus)
		return -EINVAL;
	t->cpu = calloc(nr_cpus, sizeof(*t->cpu));
	t->distance = malloc(1);
	if (!t->cpu || !t->distance) {
		topology_fini(t);
		return -ENOMEM;
	}
	t->distance[0] = 10;
	for (uint32_t i = 0; i < nr_cpus; i++)
		t->cpu[i].core = i;
	return 0;
}

void topology_fini(struct topology *t)
{
	free(t->cpu);
	free(t->distance);
	*t = (struct topology){ 0 };
}

static uint32_t number_at(const struct topo_cpu *c, enum topo_level level)
{
	const uint32_t number[TOPO_LEVELS] = { c->thread, c->core, c->complex, c->package };

	return number[level];
}

static unsigned field_width(const struct topology *t, enum topo_level level)
{
	uint32_t most = 0;

	unsigned width, threads;

	for (uint32_t i = 0; i < t->nr_cpus; i++)
		most = max(most, number_at(&t->cpu[i], level));
	width = bits_for((uint64_t)most + 1);
	if (level != TOPO_CORE || !t->complex_shift)
		return width;
	threads = field_width(t, TOPO_THREAD);
	return max(threads + width, t->complex_shift) - threads;
}

unsigned topology_shift(const struct topology *t, enum topo_level level)
{
	unsigned shift = 0;

	for (enum topo_level l = TOPO_THREAD; l < level; l++)
		shift += field_width(t, l);
	return shift;
}

apicid_t topology_apicid(const struct topology *t, uint32_t vcpu)
{
	apicid_t apic = { 0 };
	unsigned shift = 0;

	for (enum topo_level l = TOPO_THREAD; l < TOPO_LEVELS; l++) {
		apic.id |= number_at(&t->cpu[vcpu], l) << shift;
		shift += field_width(t, l);
	}
	return apic;
}

apicid_t topology_apicid_max(const struct topology *t)
{
	apicid_t most = { 0 };

	for (uint32_t i = 0; i < t->nr_cpus; i++)
		most.id = max(most.id, topology_apicid(t, i).id);
	return most;
}
