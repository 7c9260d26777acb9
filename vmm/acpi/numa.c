/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numa.c - SRAT, SLIT and HMAT: which vCPU and memory is on which node, and how far apart. */
#include "vmm/acpi/table.h"

/* ACPI 6.4, 5.2.16, from byte 36 on */
struct acpi_srat {
	uint32_t reserved0; /* 1, for backward compatibility */
	uint64_t reserved1;
} packed_type;

/* 5.2.16.3 */
struct acpi_srat_x2apic {
	uint8_t type;
	uint8_t length;
	uint16_t reserved0;
	uint32_t node;
	uint32_t apicid;
	uint32_t flags;
	uint32_t clock_domain;
	uint32_t reserved1;
} packed_type;
static_assert(sizeof(struct acpi_srat_x2apic) == 24, "ACPI 6.4, 5.2.16.3");

/* 5.2.16.2 */
struct acpi_srat_memory {
	uint8_t type;
	uint8_t length;
	uint32_t node;
	uint16_t reserved0;
	uint64_t base;
	uint64_t size;
	uint32_t reserved1;
	uint32_t flags;
	uint64_t reserved2;
} packed_type;
static_assert(sizeof(struct acpi_srat_memory) == 40, "ACPI 6.4, 5.2.16.2");

#define SRAT_REVISION 3
#define SRAT_MEMORY   1
#define SRAT_X2APIC   2
#define SRAT_ENABLED  1u

uint64_t srat_write(struct table_writer *w, const struct acpi_config *cfg)
{
	const struct acpi_srat head = { .reserved0 = 1 };
	const struct topology *t = cfg->topology;
	struct apicid_maker maker = apicid_maker(t);
	uint64_t at = table_start(w, "SRAT", SRAT_REVISION);

	table_add(w, &head, sizeof(head));
	for (uint32_t i = 0; i < t->nr_cpus; i++) {
		struct acpi_srat_x2apic cpu = {
			.type = SRAT_X2APIC,
			.length = sizeof(cpu),
			.node = t->cpu[i].node,
			.apicid = apicid_make(&maker, &t->cpu[i]),
			.flags = SRAT_ENABLED,
		};

		table_add(w, &cpu, sizeof(cpu));
	}
	for (uint32_t i = 0; i < cfg->ram->nr; i++) {
		const struct ram_range *r = &cfg->ram->ram[i];
		struct acpi_srat_memory mem = {
			.type = SRAT_MEMORY,
			.length = sizeof(mem),
			.node = r->node,
			.base = r->gpa.base,
			.size = r->gpa.size,
			.flags = SRAT_ENABLED,
		};

		table_add(w, &mem, sizeof(mem));
	}
	table_end(w);
	return at;
}

/* 5.2.17: the number of nodes, then the matrix, a byte each. */
uint64_t slit_write(struct table_writer *w, const struct acpi_config *cfg)
{
	uint64_t nr = cfg->topology->nr_nodes;
	uint64_t at = table_start(w, "SLIT", 1);

	table_add(w, &nr, sizeof(nr));
	table_add(w, cfg->topology->distance, nr * nr);
	table_end(w);
	return at;
}

/* 5.2.27.3 */
struct acpi_hmat_domain {
	uint16_t type;
	uint16_t reserved0;
	uint32_t length;
	uint16_t flags;
	uint16_t reserved1;
	uint32_t initiator;
	uint32_t memory;
	uint8_t reserved2[20];
} packed_type;
static_assert(sizeof(struct acpi_hmat_domain) == 40, "ACPI 6.4, 5.2.27.3");

/* 5.2.27.4, followed by initiators, targets (four bytes each) and the matrix (two bytes each) */
struct acpi_hmat_locality {
	uint16_t type;
	uint16_t reserved0;
	uint32_t length;
	uint8_t flags; /* 0: memory itself, no cache level */
	uint8_t data_type;
	uint8_t min_transfer;
	uint8_t reserved1;
	uint32_t nr_initiators;
	uint32_t nr_targets;
	uint32_t reserved2;
	uint64_t unit; /* picoseconds or MB/s */
} packed_type;
static_assert(sizeof(struct acpi_hmat_locality) == 32, "ACPI 6.4, 5.2.27.4");

#define HMAT_REVISION	     2
#define HMAT_DOMAIN	     0
#define HMAT_LOCALITY	     1
#define HMAT_INITIATOR_VALID 1u
#define HMAT_READ_LATENCY    1
#define HMAT_WRITE_LATENCY   2
#define HMAT_READ_BANDWIDTH  4
#define HMAT_WRITE_BANDWIDTH 5
#define HMAT_ENTRY_MAX	     0xfffeu /* 0xffff: unreachable; 0: not known */

/* Nodes that processors are on, and nodes that have memory. */
struct hmat_nodes {
	uint32_t nr_initiators;
	uint32_t nr_targets;
	uint32_t initiator[TOPO_NODES_MAX];
	uint32_t target[TOPO_NODES_MAX];
	bool has_cpu[TOPO_NODES_MAX];
};

static struct hmat_nodes hmat_nodes(const struct acpi_config *cfg)
{
	const struct topology *t = cfg->topology;
	bool has_ram[TOPO_NODES_MAX] = { false };
	struct hmat_nodes n = { 0 };

	for (uint32_t i = 0; i < t->nr_cpus; i++)
		n.has_cpu[t->cpu[i].node] = true;
	for (uint32_t i = 0; i < cfg->ram->nr; i++)
		has_ram[cfg->ram->ram[i].node] = true;
	for (uint32_t i = 0; i < t->nr_nodes; i++) {
		if (n.has_cpu[i])
			n.initiator[n.nr_initiators++] = i;
		if (has_ram[i])
			n.target[n.nr_targets++] = i;
	}
	return n;
}

/* The smallest power of ten that makes every value fit an entry. */
static uint64_t hmat_unit(const uint32_t *value, uint32_t nr)
{
	uint64_t unit = 1;
	uint32_t most = 0;

	for (uint32_t i = 0; i < nr; i++)
		most = max(most, value[i]);
	while ((most + unit - 1) / unit > HMAT_ENTRY_MAX)
		unit *= 10;
	return unit;
}

static void hmat_add(struct table_writer *w, const struct hmat_nodes *n, uint32_t nr_nodes,
	uint8_t data_type, const uint32_t *value)
{
	uint32_t entries = n->nr_initiators * n->nr_targets;
	struct acpi_hmat_locality head = {
		.type = HMAT_LOCALITY,
		.length = (uint32_t)sizeof(head) + 4 * (n->nr_initiators + n->nr_targets) +
			  2 * entries,
		.data_type = data_type,
		.nr_initiators = n->nr_initiators,
		.nr_targets = n->nr_targets,
		.unit = hmat_unit(value, nr_nodes * nr_nodes),
	};

	table_add(w, &head, sizeof(head));
	table_add(w, n->initiator, 4ull * n->nr_initiators);
	table_add(w, n->target, 4ull * n->nr_targets);
	for (uint32_t i = 0; i < n->nr_initiators; i++)
		for (uint32_t j = 0; j < n->nr_targets; j++) {
			uint64_t v = value[n->initiator[i] * nr_nodes + n->target[j]];
			uint16_t entry = (uint16_t)((v + head.unit - 1) / head.unit);

			table_add(w, &entry, sizeof(entry));
		}
}

uint64_t hmat_write(struct table_writer *w, const struct acpi_config *cfg)
{
	const struct acpi_hmat *h = cfg->hmat;
	uint32_t nr_nodes = cfg->topology->nr_nodes;
	struct hmat_nodes n = hmat_nodes(cfg);
	const uint32_t reserved = 0;
	uint64_t at = table_start(w, "HMAT", HMAT_REVISION);

	table_add(w, &reserved, sizeof(reserved));
	for (uint32_t i = 0; i < n.nr_targets; i++) {
		uint32_t node = n.target[i];
		/* A node of memory alone is attached to no processor; a guest finds the nearest. */
		struct acpi_hmat_domain d = {
			.type = HMAT_DOMAIN,
			.length = sizeof(d),
			.memory = node,
			.flags = n.has_cpu[node] ? HMAT_INITIATOR_VALID : 0u,
			.initiator = n.has_cpu[node] ? node : 0u,
		};

		table_add(w, &d, sizeof(d));
	}
	hmat_add(w, &n, nr_nodes, HMAT_READ_LATENCY, h->read_latency_ps);
	hmat_add(w, &n, nr_nodes, HMAT_WRITE_LATENCY, h->write_latency_ps);
	hmat_add(w, &n, nr_nodes, HMAT_READ_BANDWIDTH, h->read_bandwidth_mbs);
	hmat_add(w, &n, nr_nodes, HMAT_WRITE_BANDWIDTH, h->write_bandwidth_mbs);
	table_end(w);
	return at;
}
