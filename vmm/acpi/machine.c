/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.c - FADT, MADT and MCFG: power, processors and interrupts, PCI configuration space. */
#include "vmm/acpi/table.h"

#include <string.h>

/* ACPI 6.4, 5.2.9, from byte 36 on. Everything of the fixed hardware is absent and stays 0. */
struct acpi_fadt {
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved0;
	uint8_t profile;
	uint8_t fixed_hardware[50]; /* SCI, SMI, PM1, PM2, PM timer, GPE blocks */
	uint16_t c2_latency;
	uint16_t c3_latency;
	uint8_t flush_duty_day[8]; /* FLUSH_*, DUTY_*, DAY_ALRM, MON_ALRM */
	uint8_t century;
	uint16_t boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct acpi_gas reset;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor;
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct acpi_gas x_fixed_hardware[8]; /* PM1a/b event, PM1a/b control, PM2, timer, GPE0/1 */
	struct acpi_gas sleep_control;
	struct acpi_gas sleep_status;
	char hypervisor[8];
} packed_type;
static_assert(sizeof(struct acpi_header) + sizeof(struct acpi_fadt) == 276, "ACPI 6.4, 5.2.9");
static_assert(36 + offsetof(struct acpi_fadt, c2_latency) == 96, "P_LVL2_LAT");
static_assert(36 + offsetof(struct acpi_fadt, boot_arch) == 109, "IAPC_BOOT_ARCH");
static_assert(36 + offsetof(struct acpi_fadt, reset) == 116, "RESET_REG");
static_assert(36 + offsetof(struct acpi_fadt, x_dsdt) == 140, "X_DSDT");
static_assert(36 + offsetof(struct acpi_fadt, sleep_control) == 244, "SLEEP_CONTROL_REG");

#define FADT_REVISION 6
#define FADT_MINOR    4

#define PROFILE_PERFORMANCE_SERVER 7

/* 5.2.9.3: neither legacy devices nor an 8042; ASPM is the host's business. */
#define BOOT_NO_VGA  0x04u
#define BOOT_NO_ASPM 0x10u
#define BOOT_NO_RTC  0x20u

/* Table 5.10. Power and sleep button "not fixed": the first is in the DSDT, the other nowhere. */
#define FADT_WBINVD	     (1u << 0)
#define FADT_PROC_C1	     (1u << 2)
#define FADT_PWR_BUTTON	     (1u << 4)
#define FADT_SLP_BUTTON	     (1u << 5)
#define FADT_RESET_REG_SUP   (1u << 10)
#define FADT_APIC_PHYSICAL   (1u << 19)
#define FADT_HW_REDUCED_ACPI (1u << 20)

#define LATENCY_NONE 0xffffu /* above 100 (C2), 1000 (C3) microseconds: not supported */

static struct acpi_gas io_byte(uint16_t port)
{
	return (struct acpi_gas){ .space = 1, .bit_width = 8, .access_size = 1, .address = port };
}

uint64_t fadt_write(struct table_writer *w, const struct acpi_config *cfg, gpa_t dsdt)
{
	struct acpi_fadt f = {
		.profile = PROFILE_PERFORMANCE_SERVER,
		.c2_latency = LATENCY_NONE,
		.c3_latency = LATENCY_NONE,
		.boot_arch = BOOT_NO_VGA | BOOT_NO_ASPM | BOOT_NO_RTC,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_PWR_BUTTON | FADT_SLP_BUTTON |
			 FADT_RESET_REG_SUP | FADT_HW_REDUCED_ACPI |
			 (cfg->apic_physical ? FADT_APIC_PHYSICAL : 0u),
		.reset = io_byte(cfg->reset_port),
		.reset_value = ACPI_RESET_VALUE,
		.minor = FADT_MINOR,
		.x_dsdt = dsdt,
		.sleep_control = io_byte(cfg->sleep_control_port),
		.sleep_status = io_byte(cfg->sleep_status_port),
		.hypervisor = "THOLE",
	};
	uint64_t at = table_start(w, "FACP", FADT_REVISION);

	table_add(w, &f, sizeof(f));
	table_end(w);
	return at;
}

/* 5.2.12, from byte 36 on */
struct acpi_madt {
	uint32_t lapic;
	uint32_t flags; /* bit 0 (PCAT_COMPAT) clear: there is no 8259 */
} packed_type;

/* 5.2.12.3 */
struct acpi_madt_ioapic {
	uint8_t type;
	uint8_t length;
	uint8_t id;
	uint8_t reserved;
	uint32_t address;
	uint32_t first_gsi;
} packed_type;
static_assert(sizeof(struct acpi_madt_ioapic) == 12, "ACPI 6.4, 5.2.12.3");

/* 5.2.12.12 */
struct acpi_madt_x2apic {
	uint8_t type;
	uint8_t length;
	uint16_t reserved;
	uint32_t apicid;
	uint32_t flags;
	uint32_t uid;
} packed_type;
static_assert(sizeof(struct acpi_madt_x2apic) == 16, "ACPI 6.4, 5.2.12.12");

/* 5.2.12.13 */
struct acpi_madt_x2apic_nmi {
	uint8_t type;
	uint8_t length;
	uint16_t flags;
	uint32_t uid;
	uint8_t lint;
	uint8_t reserved[3];
} packed_type;
static_assert(sizeof(struct acpi_madt_x2apic_nmi) == 12, "ACPI 6.4, 5.2.12.13");

#define MADT_REVISION	5
#define MADT_IOAPIC	1
#define MADT_X2APIC	9
#define MADT_X2APIC_NMI 10
#define MADT_ENABLED	1u
#define MADT_ALL_CPUS	0xffffffffu

/*
 * x2APIC structures for every vCPU, below id 255 too: 5.2.12.12 asks for the older kind there only
 * for the sake of legacy systems, and one kind keeps vCPUs in one list and order.
 */
uint64_t madt_write(struct table_writer *w, const struct acpi_config *cfg)
{
	const struct acpi_madt head = { .lapic = (uint32_t)cfg->lapic };
	const struct acpi_madt_ioapic ioapic = {
		.type = MADT_IOAPIC,
		.length = sizeof(ioapic),
		.address = (uint32_t)cfg->ioapic,
	};
	const struct acpi_madt_x2apic_nmi nmi = {
		.type = MADT_X2APIC_NMI,
		.length = sizeof(nmi),
		.uid = MADT_ALL_CPUS,
		.lint = 1,
	};
	const struct topology *t = cfg->topology;
	struct apicid_maker maker = apicid_maker(t);
	uint64_t at = table_start(w, "APIC", MADT_REVISION);

	table_add(w, &head, sizeof(head));
	for (uint32_t i = 0; i < t->nr_cpus; i++) {
		struct acpi_madt_x2apic cpu = {
			.type = MADT_X2APIC,
			.length = sizeof(cpu),
			.flags = MADT_ENABLED,
			.apicid = apicid_make(&maker, &t->cpu[i]),
			.uid = i,
		};

		table_add(w, &cpu, sizeof(cpu));
	}
	table_add(w, &ioapic, sizeof(ioapic));
	table_add(w, &nmi, sizeof(nmi));
	table_end(w);
	return at;
}

/* PCI Firmware 3.3, 4.1.2: after the header, 8 reserved bytes and a list of these. */
struct acpi_mcfg {
	uint64_t reserved0;
	uint64_t base;
	uint16_t segment;
	uint8_t first_bus;
	uint8_t last_bus;
	uint32_t reserved1;
} packed_type;
static_assert(sizeof(struct acpi_mcfg) == 24, "PCI Firmware 3.3, 4.1.2");

uint64_t mcfg_write(struct table_writer *w, const struct acpi_config *cfg)
{
	const struct acpi_mcfg m = {
		.base = cfg->ecam.base,
		.last_bus = (uint8_t)((cfg->ecam.size >> 20) - 1),
	};
	uint64_t at = table_start(w, "MCFG", 1);

	table_add(w, &m, sizeof(m));
	table_end(w);
	return at;
}
