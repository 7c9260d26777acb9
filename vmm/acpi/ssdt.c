/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ssdt.c - the integers that dsdt.asl leaves open, as AML.
 *
 * A table of nothing but Name (XXXX, QWord): ACPI 6.4, 20.2.5.1 (DefName is NameOp, NameString,
 * DataRefObject) and 20.2.3 (QWordConst is QWordPrefix and eight bytes).
 */
#include "vmm/acpi/table.h"

#include <string.h>

#define AML_NAME_OP	 0x08
#define AML_SCOPE_OP	 0x10
#define AML_QWORD_PREFIX 0x0e

struct aml_name {
	uint8_t op;
	char name[4];
	uint8_t prefix;
	uint64_t value;
} packed_type;
static_assert(sizeof(struct aml_name) == 14, "ACPI 6.4, 20.2.5.1");

/*
 * Scope (\_SB.PCI0) { Name (_PXM, n) }: not there at all when there is nothing to
 * tell. 20.2.5.1: ScopeOp, PkgLength (from itself on), NameString, terms.
 */
struct aml_pxm {
	uint8_t op;
	uint8_t length;
	char path[10]; /* RootChar, DualNamePrefix, two segments */
	struct aml_name name;
} packed_type;
static_assert(sizeof(struct aml_pxm) == 26, "ACPI 6.4, 20.2.5.1");

/*
 * PCI Firmware 3.3, 4.5.1: what the guest may drive itself. The machine has no firmware that
 * would do any of it; hot-plug is the only question.
 */
#define OSC_HOTPLUG    0x01u
#define OSC_PME	       0x04u
#define OSC_AER	       0x08u
#define OSC_CAPABILITY 0x10u
#define OSC_LTR	       0x20u

static struct aml_name name_of(const char *name, uint64_t value)
{
	struct aml_name n = { .op = AML_NAME_OP, .prefix = AML_QWORD_PREFIX, .value = value };

	memcpy(n.name, name, sizeof(n.name));
	return n;
}

uint64_t ssdt_write(struct table_writer *w, const struct acpi_config *cfg)
{
	const struct {
		const char *name;
		uint64_t value;
	} names[] = {
		{ "ECMB", cfg->ecam.base },
		{ "ECML", cfg->ecam.size },
		{ "IOWB", cfg->pci_io.base },
		{ "IOWL", cfg->pci_io.size },
		{ "M32B", cfg->mmio32.base },
		{ "M32L", cfg->mmio32.size },
		{ "M64B", cfg->mmio64.base },
		{ "M64L", cfg->mmio64.size },
		{ "PGSI", cfg->pci_gsi },
		{ "OSCM", OSC_PME | OSC_AER | OSC_CAPABILITY | OSC_LTR |
				  (cfg->pci_hotplug ? OSC_HOTPLUG : 0u) },
		{ "UPRT", cfg->uart_port },
		{ "UGSI", cfg->uart_gsi },
		{ "GEDB", cfg->ged },
		{ "GEDI", cfg->ged_gsi },
		{ "SLPC", cfg->sleep_control_port },
		{ "SLPS", cfg->sleep_status_port },
		{ "RSTP", cfg->reset_port },
	};
	uint64_t at = table_start(w, "SSDT", 2); /* revision 2: integers are 64 bits wide */

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct aml_name n = name_of(names[i].name, names[i].value);

		table_add(w, &n, sizeof(n));
	}
	if (cfg->pci_node >= 0 && cfg->topology->nr_nodes > 1) {
		struct aml_pxm pxm = {
			.op = AML_SCOPE_OP,
			.length = sizeof(pxm) - offsetof(struct aml_pxm, length),
			.path = "\\\x2e_SB_PCI0",
			.name = name_of("_PXM", (uint64_t)cfg->pci_node),
		};

		table_add(w, &pxm, sizeof(pxm));
	}
	table_end(w);
	return at;
}
