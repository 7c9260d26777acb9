/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - append tables to a buffer, or only measure them. */
#include "vmm/acpi/table.h"

#include <string.h>

static void bytes_add(struct table_writer *w, const void *bytes, uint64_t size)
{
	if (size && w->size <= w->room && size <= w->room - w->size)
		memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

static void align(struct table_writer *w)
{
	static const uint8_t zero[ACPI_ALIGN];

	bytes_add(w, zero, align_up(w->size, ACPI_ALIGN) - w->size);
}

uint64_t table_start(struct table_writer *w, const char signature[4], uint8_t revision)
{
	struct acpi_header h = {
		.revision = revision,
		.oem_id = "THOLE ",
		.oem_table_id = "THOLEVMM",
		.oem_revision = 1,
		.creator_id = "THOL",
		.creator_revision = 1,
	};

	memcpy(h.signature, signature, sizeof(h.signature));
	align(w);
	w->start = w->size;
	bytes_add(w, &h, sizeof(h));
	return w->start;
}

void table_add(struct table_writer *w, const void *bytes, uint64_t size)
{
	bytes_add(w, bytes, size);
}

void table_end(struct table_writer *w)
{
	uint32_t length = (uint32_t)(w->size - w->start);
	uint8_t *table;

	if (w->size > w->room)
		return;
	table = w->bytes + w->start;
	memcpy(table + offsetof(struct acpi_header, length), &length, sizeof(length));
	table[offsetof(struct acpi_header, checksum)] = table_checksum(table, length);
}

uint64_t table_copy(struct table_writer *w, const void *bytes, uint64_t size)
{
	align(w);
	w->start = w->size;
	bytes_add(w, bytes, size);
	return w->start;
}

uint8_t table_checksum(const uint8_t *bytes, uint64_t size)
{
	unsigned sum = 0;

	for (uint64_t i = 0; i < size; i++)
		sum += bytes[i];
	return (uint8_t)(0u - sum);
}

struct apicid_maker apicid_maker(const struct topology *t)
{
	struct apicid_maker m;

	for (enum topo_level l = TOPO_THREAD; l < TOPO_LEVELS; l++)
		m.shift[l] = topology_shift(t, l);
	return m;
}

uint32_t apicid_make(const struct apicid_maker *m, const struct topo_cpu *cpu)
{
	return cpu->thread << m->shift[TOPO_THREAD] | cpu->core << m->shift[TOPO_CORE] |
	       cpu->complex << m->shift[TOPO_COMPLEX] | cpu->package << m->shift[TOPO_PACKAGE];
}
