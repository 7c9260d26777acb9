/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi.c - check the configuration, write the tables one after the other, point to them.
 *
 *   base:  DSDT  SSDT  FADT  MADT  MCFG  [SRAT  SLIT  [HMAT]]  XSDT      RSDP (elsewhere) -> XSDT
 *
 * Tables lie in ascending order, each on a 64-byte boundary; the XSDT is last, when the addresses
 * of the others are known.
 */
#include "vmm/acpi/acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/acpi/table.h"
#include "vmm/log.h"

#define PAGE_BYTES     KiB(4)
#define BUS_BYTES      MiB(1)
#define XSDT_MAX       8
#define DISTANCE_LOCAL 10

static_assert(TOPO_NODES_MAX + 1 <= LAYOUT_RAM_MAX, "acpi_size() lays out a range a node, and one");

struct acpi_config acpi_config_default(
	const struct topology *topology, const struct ram_layout *ram)
{
	return (struct acpi_config){
		.topology = topology,
		.ram = ram,
		.ecam = { LAYOUT_ECAM_BASE, LAYOUT_ECAM_SIZE },
		.pci_io = { LAYOUT_PCI_IO_BASE, LAYOUT_PCI_IO_SIZE },
		.mmio32 = { LAYOUT_MMIO32_BASE, LAYOUT_MMIO32_SIZE },
		.mmio64 = ram ? ram->mmio64 : (struct range){ 0, 0 },
		.pci_gsi = GSI_PCI_FIRST,
		.uart_port = PORT_COM1,
		.uart_gsi = GSI_COM1,
		.sleep_control_port = PORT_SLEEP_CONTROL,
		.sleep_status_port = PORT_SLEEP_STATUS,
		.reset_port = PORT_RESET,
		.ged = LAYOUT_GED_BASE,
		.ged_gsi = GSI_GED,
		.ioapic = LAYOUT_IOAPIC_BASE,
		.lapic = LAYOUT_LAPIC_BASE,
		.pci_node = -1,
	};
}

/* Write (or measure) all tables; returns the XSDT's offset. */
static uint64_t tables_write(struct table_writer *w, const struct acpi_config *cfg, gpa_t base)
{
	uint64_t entry[XSDT_MAX];
	unsigned nr = 0;
	gpa_t dsdt = base + dsdt_write(w);
	uint64_t ssdt = ssdt_write(w, cfg);
	uint64_t at;

	entry[nr++] = base + fadt_write(w, cfg, dsdt);
	entry[nr++] = base + ssdt;
	entry[nr++] = base + madt_write(w, cfg);
	entry[nr++] = base + mcfg_write(w, cfg);
	if (cfg->topology->nr_nodes > 1) { /* one node needs no telling */
		entry[nr++] = base + srat_write(w, cfg);
		entry[nr++] = base + slit_write(w, cfg);
		if (cfg->hmat)
			entry[nr++] = base + hmat_write(w, cfg);
	}
	at = table_start(w, "XSDT", 1);
	table_add(w, entry, nr * sizeof(entry[0]));
	table_end(w);
	return at;
}

/* 5.2.17: local is 10, everything else more; a guest throws away a matrix that isn't so. */
static int distances_check(const struct topology *t)
{
	for (uint32_t i = 0; i < t->nr_nodes; i++)
		for (uint32_t j = 0; j < t->nr_nodes; j++) {
			uint8_t d = t->distance[i * t->nr_nodes + j];

			if ((i == j) != (d == DISTANCE_LOCAL) || d < DISTANCE_LOCAL)
				return log_errno(-EINVAL,
					"guest node distance %u to %u is %u; "
					"it must be 10 to itself and 11 to 255 to others",
					i, j, d);
		}
	return 0;
}

static int topology_check(const struct topology *t)
{
	if (!t->nr_cpus || !t->nr_nodes || t->nr_nodes > TOPO_NODES_MAX)
		return log_errno(-EINVAL,
			"%u vCPUs on %u guest nodes: need at least one of each, "
			"and at most %d nodes",
			t->nr_cpus, t->nr_nodes, TOPO_NODES_MAX);
	for (uint32_t i = 0; i < t->nr_cpus; i++)
		if (t->cpu[i].node >= t->nr_nodes)
			return log_errno(-EINVAL, "vCPU %u is on guest node %u of %u", i,
				t->cpu[i].node, t->nr_nodes);
	return t->nr_nodes > 1 ? distances_check(t) : 0;
}

static int ram_check(const struct acpi_config *cfg)
{
	for (uint32_t i = 0; i < cfg->ram->nr; i++)
		if (cfg->ram->ram[i].node >= cfg->topology->nr_nodes)
			return log_errno(-EINVAL, "RAM range %u is on guest node %u of %u", i,
				cfg->ram->ram[i].node, cfg->topology->nr_nodes);
	return 0;
}

/* Is r a window of at least one byte that ends at or below limit? */
static bool fits_below(struct range r, uint64_t limit)
{
	return r.size && range_holds((struct range){ 0, limit }, r.base, r.size);
}

static int places_check(const struct acpi_config *cfg)
{
	if (!fits_below(cfg->ecam, GiB(4)) || !is_aligned(cfg->ecam.base, BUS_BYTES) ||
		!is_aligned(cfg->ecam.size, BUS_BYTES) || cfg->ecam.size > 256 * BUS_BYTES)
		return log_errno(
			-EINVAL, "PCI configuration space must be 1 to 256 MiB below 4 GiB");
	if (!fits_below(cfg->pci_io, KiB(64)) || !fits_below(cfg->mmio32, GiB(4)) ||
		!range_valid(cfg->mmio64))
		return log_errno(-EINVAL, "a PCI window is empty or beyond its address space");
	if (cfg->pci_node >= (int64_t)cfg->topology->nr_nodes)
		return log_errno(-EINVAL, "PCI devices are on guest node %d of %u", cfg->pci_node,
			cfg->topology->nr_nodes);
	if (cfg->ioapic >= GiB(4) || cfg->lapic >= GiB(4))
		return log_errno(-EINVAL, "I/O APIC and local APIC must be below 4 GiB");
	return 0;
}

uint64_t acpi_size(const struct acpi_config *cfg)
{
	struct ram_layout most = { 0 };
	struct acpi_config c = *cfg;
	struct table_writer w = { 0 };

	if (topology_check(cfg->topology))
		return 0;
	/* A range for each node, and one more for the node that the hole splits. */
	for (uint32_t i = 0; i <= cfg->topology->nr_nodes; i++)
		most.ram[most.nr++].node = i % cfg->topology->nr_nodes;
	c.ram = &most;
	tables_write(&w, &c, 0);
	return align_up(w.size, PAGE_BYTES);
}

static void rsdp_make(uint8_t out[36], gpa_t xsdt)
{
	struct acpi_rsdp r = {
		.signature = "RSD PTR ",
		.oem_id = "THOLE ",
		.revision = 2,
		.length = sizeof(r),
		.xsdt = xsdt,
	};

	r.checksum = table_checksum((const uint8_t *)&r, 20);
	r.extended_checksum = table_checksum((const uint8_t *)&r, sizeof(r));
	memcpy(out, &r, sizeof(r));
}

int acpi_build(const struct acpi_config *cfg, gpa_t base, uint64_t room, struct acpi_tables *out)
{
	struct table_writer w = { 0 };
	uint64_t xsdt;
	int err;

	*out = (struct acpi_tables){ 0 };
	if ((err = topology_check(cfg->topology)) != 0 || (err = ram_check(cfg)) != 0 ||
		(err = places_check(cfg)) != 0)
		return err;
	if (!is_aligned(base, ACPI_ALIGN))
		return log_errno(-EINVAL, "ACPI tables at %#llx: not a multiple of %u",
			(unsigned long long)base, ACPI_ALIGN);
	tables_write(&w, cfg, base); /* measures only */
	if (w.size > room)
		return log_errno(-ENOSPC, "ACPI tables need %llu bytes, %llu are kept for them",
			(unsigned long long)w.size, (unsigned long long)room);
	w = (struct table_writer){ .bytes = calloc(1, w.size), .room = w.size };
	if (!w.bytes)
		return log_errno(-ENOMEM, "no memory to build ACPI tables");
	xsdt = tables_write(&w, cfg, base);
	*out = (struct acpi_tables){ .bytes = w.bytes, .size = w.size };
	rsdp_make(out->rsdp, base + xsdt);
	return 0;
}

void acpi_tables_fini(struct acpi_tables *t)
{
	free(t->bytes);
	*t = (struct acpi_tables){ 0 };
}
