/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dsdt.c - dsdt.asl as iasl compiled it when thole was built. */
#include "vmm/acpi/table.h"

static const uint8_t dsdt[] = {
#include "vmm/acpi/dsdt.inc"
};

uint64_t dsdt_write(struct table_writer *w)
{
	return table_copy(w, dsdt, sizeof(dsdt));
}
