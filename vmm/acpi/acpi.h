/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi.h - the ACPI tables that tell a guest what machine it is in.
 *
 * A hardware-reduced machine (ACPI 6.4, 4.1): no SCI, no PM timer, no fixed events. Tables: RSDP,
 * XSDT, FADT, DSDT, SSDT, MADT, MCFG, and with more than one node SRAT, SLIT and HMAT. All come
 * from the values that CPUID and memory come from, so that they cannot disagree.
 *
 *   acpi_size() -> ram_layout_make() -> acpi_build() -> copy bytes and rsdp -> acpi_tables_fini()
 *
 * Pure values; any thread. acpi_config borrows everything it points to; acpi_tables owns its bytes.
 * Errors: negative errno, reported once by log_errno().
 */
#ifndef VMM_ACPI_ACPI_H
#define VMM_ACPI_ACPI_H

#include "vmm/layout.h"
#include "vmm/topology.h"
#include "vmm/types.h"
#include "vmm/util.h"

/*
 * What devices must do for these tables to be true.
 *
 * Event register (acpi_config.ged, one aligned 32-bit read): returns the pending events and clears
 * them in the same step; a guest never writes it. A device sets its bit, then raises the line
 * ged_gsi (edge, active high); the line goes down before events are taken, so that one which comes
 * in between makes an edge of its own. An interrupt that finds no event is harmless.
 */
#define ACPI_GED_POWER_BUTTON 0x1u
#define ACPI_GED_EVENTS	      ACPI_GED_POWER_BUTTON

/*
 * Sleep control register, one byte (ACPI 6.4, 4.8.3.7): a write with ACPI_SLEEP_ENABLE
 * and the type ACPI_SLEEP_TYPE_S5 turns the machine off. The sleep status register reads 0 and
 * ignores writes (a guest clears ACPI_SLEEP_WAKE there before it sleeps).
 * Reset register, one byte: a write of ACPI_RESET_VALUE resets the machine (4.8.3.6).
 */
#define ACPI_SLEEP_ENABLE  0x20u
#define ACPI_SLEEP_TYPE(v) (((v) >> 2) & 7u)
#define ACPI_SLEEP_TYPE_S5 5u
#define ACPI_SLEEP_WAKE	   0x80u
#define ACPI_RESET_VALUE   0x01u

/* PCI INTx lines: eight from pci_gsi on. */
#define ACPI_PCI_LINES 8u

/* Line of a slot (device number, 0 to 31) and pin (0 is INTA); what the DSDT's _PRT says. */
static inline uint32_t acpi_pci_gsi(uint32_t first, uint32_t slot, uint32_t pin)
{
	return first + (slot + pin) % ACPI_PCI_LINES;
}

/*
 * Speed of memory as seen by processors, [from node * nr_nodes + to node]; 0 where not known.
 * Latencies in picoseconds, bandwidths in MB/s (ACPI 6.4, 5.2.27.4).
 */
struct acpi_hmat {
	const uint32_t *read_latency_ps;
	const uint32_t *write_latency_ps;
	const uint32_t *read_bandwidth_mbs;
	const uint32_t *write_bandwidth_mbs;
};

struct acpi_config {
	const struct topology *topology;
	const struct ram_layout *ram; /* acpi_size() doesn't need it yet */
	const struct acpi_hmat *hmat; /* NULL: none; ignored in a guest of one node */
	struct range ecam;	      /* below 4 GiB; 1 MiB a bus, from bus 0 on */
	struct range pci_io;	      /* I/O ports */
	struct range mmio32;
	struct range mmio64; /* size 0: none */
	uint32_t pci_gsi;
	uint16_t uart_port; /* 0: none */
	uint32_t uart_gsi;
	uint16_t sleep_control_port;
	uint16_t sleep_status_port;
	uint16_t reset_port;
	gpa_t ged; /* 0: no power button */
	uint32_t ged_gsi;
	gpa_t ioapic;
	gpa_t lapic;
	int32_t pci_node;   /* the guest node that PCI devices are by; -1: not told */
	bool pci_hotplug;   /* let the guest drive native PCIe hot-plug */
	bool apic_physical; /* ask for physical destinations (IPI virtualization wants them) */
};

struct acpi_tables {
	uint8_t *bytes; /* for guest RAM at the base that acpi_build() was given */
	uint64_t size;
	uint8_t rsdp[36]; /* for LAYOUT_RSDP */
};

/* The machine of layout.h, with a serial port and a power button. ram may be NULL until built. */
struct acpi_config acpi_config_default(
	const struct topology *topology, const struct ram_layout *ram);

/*
 * Bytes to keep for the tables, a multiple of 4 KiB: enough for any layout of RAM that
 * ram_layout_make() makes for this topology. Reads topology and hmat;
 * 0 after a report if the topology is one that tables can't describe.
 */
uint64_t acpi_size(const struct acpi_config *cfg);

/*
 * Build all tables for guest address base (a multiple of 64) and the RSDP that points to them.
 * room: bytes at base that may be used. The caller ends *out with acpi_tables_fini().
 * Errors: -EINVAL (the configuration says what tables can't), -ENOSPC (room), -ENOMEM.
 */
int acpi_build(const struct acpi_config *cfg, gpa_t base, uint64_t room,
	struct acpi_tables *out) must_check;

void acpi_tables_fini(struct acpi_tables *t);

#endif
