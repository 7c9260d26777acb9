/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - the shapes of ACPI tables, and the writer that puts them one after the other.
 *
 * Private to vmm/acpi. The writer runs twice: once without memory, to measure, and once to write,
 * so that the code which makes a table is the only place that knows its size.
 *
 * Names of fields and structures: ACPI 6.4, the section at each.
 */
#ifndef VMM_ACPI_TABLE_H
#define VMM_ACPI_TABLE_H

#include "vmm/acpi/acpi.h"

#define ACPI_ALIGN 64u

/* Where bytes go. size counts on beyond room: what doesn't fit is counted, not written. */
struct table_writer {
	uint8_t *bytes;
	uint64_t room;
	uint64_t size;
	uint64_t start; /* of the table being written */
};

/* 5.2.6 */
struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} packed_type;
static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.4, 5.2.6");

/* 5.2.3.2 */
struct acpi_gas {
	uint8_t space; /* 0: memory, 1: I/O */
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size; /* 1: byte */
	uint64_t address;
} packed_type;
static_assert(sizeof(struct acpi_gas) == 12, "ACPI 6.4, 5.2.3.2");

/* 5.2.5.3 */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} packed_type;
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 6.4, 5.2.5.3");
static_assert(sizeof(struct acpi_rsdp) == sizeof((struct acpi_tables *)0)->rsdp, "room for it");

/* Start a table at the next aligned place; returns its offset. */
uint64_t table_start(struct table_writer *w, const char signature[4], uint8_t revision);

void table_add(struct table_writer *w, const void *bytes, uint64_t size);

/* Close the table: length and checksum. */
void table_end(struct table_writer *w);

/* Append a table that is complete, header and all; returns its offset. */
uint64_t table_copy(struct table_writer *w, const void *bytes, uint64_t size);

/* The byte that makes a sum of 0. */
uint8_t table_checksum(const uint8_t *bytes, uint64_t size);

/* Each appends one table and returns its offset from the writer's start. */
uint64_t dsdt_write(struct table_writer *w);
uint64_t ssdt_write(struct table_writer *w, const struct acpi_config *cfg);
uint64_t fadt_write(struct table_writer *w, const struct acpi_config *cfg, gpa_t dsdt);
uint64_t madt_write(struct table_writer *w, const struct acpi_config *cfg);
uint64_t mcfg_write(struct table_writer *w, const struct acpi_config *cfg);
uint64_t srat_write(struct table_writer *w, const struct acpi_config *cfg);
uint64_t slit_write(struct table_writer *w, const struct acpi_config *cfg);
uint64_t hmat_write(struct table_writer *w, const struct acpi_config *cfg);

/* topology_apicid() for all vCPUs in a row, without a look at all of them each time. */
struct apicid_maker {
	unsigned shift[TOPO_LEVELS];
};

struct apicid_maker apicid_maker(const struct topology *t);
uint32_t apicid_make(const struct apicid_maker *m, const struct topo_cpu *cpu);

#endif
