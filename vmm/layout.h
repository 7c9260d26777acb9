/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - where everything lies in guest-physical space.
 *
 *   0          - 0x9_FC00      RAM
 *   0x9_FC00   - 0xF_FFFF      RAM, kept from the guest's allocator; the RSDP is at LAYOUT_RSDP
 *   1 MiB      - 3 GiB at most RAM; the last LAYOUT_ACPI_SIZE bytes hold the ACPI tables
 *   3 GiB      - 4 GiB         the 32-bit hole: PCI window, ECAM, I/O APIC, local APICs
 *   4 GiB      -               the rest of RAM, one range per guest node
 *   above RAM                  64-bit PCI window, from the next GiB boundary on
 *
 * Both ends of the hole are GiB boundaries, and RAM is mapped in the host at addresses congruent
 * modulo 1 GiB, so that every page size can back every range.
 *
 * Pure values; any thread.
 */
#ifndef VMM_LAYOUT_H
#define VMM_LAYOUT_H

#include "vmm/topology.h"
#include "vmm/types.h"
#include "vmm/util.h"

#define LAYOUT_LOW_END    ((gpa_t)0x9fc00) /* conventional memory ends where the EBDA would start */
#define LAYOUT_RSDP       ((gpa_t)0xe0000) /* ACPI 6.4, 5.2.5.1: found by a scan, 16-byte aligned */
#define LAYOUT_RESET_VECTOR ((gpa_t)0xffff0) /* F000:FFF0: where a warm restart by the BIOS begins */
#define LAYOUT_HIGH_START MiB(1)
#define LAYOUT_HOLE_BASE  GiB(3)
#define LAYOUT_HOLE_END   GiB(4)

#define LAYOUT_MMIO32_BASE ((gpa_t)0xc0000000)
#define LAYOUT_MMIO32_SIZE MiB(512)
/* One bus, of 1 MiB. Linux asks each slot of every bus that there may be whether somebody is there, by two
 * port accesses each: with 256 buses these are 16384 exits of every boot. */
#define LAYOUT_ECAM_BASE   ((gpa_t)0xe0000000)
#define LAYOUT_ECAM_SIZE   MiB(1)
#define LAYOUT_GED_BASE    ((gpa_t)0xfeb00000) /* the power button's event register, one page */
#define LAYOUT_IOAPIC_BASE ((gpa_t)0xfec00000)
#define LAYOUT_LAPIC_BASE  ((gpa_t)0xfee00000)
#define LAYOUT_KVM_IDMAP   ((gpa_t)0xfffbc000) /* KVM's own pages on Intel without unrestricted guest */
#define LAYOUT_KVM_TSS     ((gpa_t)0xfffbd000)

#define LAYOUT_PCI_IO_BASE 0x1000u /* I/O ports handed to PCI BARs */
#define LAYOUT_PCI_IO_SIZE 0xf000u

/* Fixed I/O ports. */
#define PORT_SLEEP_CONTROL 0x600 /* ACPI 6.4, 4.8.3.7, one byte */
#define PORT_SLEEP_STATUS  0x601
#define PORT_RESET         0x602
#define PORT_COM1          0x3f8
#define PORT_PCI_ADDRESS   0xcf8
#define PORT_PCI_DATA      0xcfc

/* Interrupt lines of the I/O APIC. */
#define GSI_COM1      4
#define GSI_GED       9
#define GSI_PCI_FIRST 16
#define GSI_IOAPIC    24 /* pins */

#define LAYOUT_RAM_MAX (2 * TOPO_NODES_MAX)

/* A stretch of RAM that belongs to one guest node. */
struct ram_range {
	struct range gpa;
	uint32_t node;
};

struct ram_layout {
	uint32_t nr;
	struct ram_range ram[LAYOUT_RAM_MAX]; /* by address, no overlap, none touches the hole */
	uint64_t total;                       /* bytes */
	struct range acpi;                    /* the tables' place: the end of RAM below the hole */
	struct range mmio64;                  /* the 64-bit PCI window */
};

/*
 * Lay out nodes' memory in node order from address 0, around the hole.
 * node_bytes[nr_nodes]: multiples of 4 KiB; a node of 0 bytes has no range. acpi_bytes: room for
 * tables, a multiple of 4 KiB. phys_bits: the guest's physical address width.
 * Errors: -EINVAL (no memory, unaligned, too many nodes), -ENOSPC (does not fit in phys_bits, or
 * too little below the hole for the tables).
 */
int ram_layout_make(struct ram_layout *l, const uint64_t *node_bytes, uint32_t nr_nodes,
	uint64_t acpi_bytes, unsigned phys_bits) must_check;

/* Is all of [base, base + size) RAM, within one range? */
bool ram_layout_holds(const struct ram_layout *l, gpa_t base, uint64_t size);

/* End of the RAM that starts at 0 and runs up to the hole, tables left out. */
gpa_t ram_layout_low_end(const struct ram_layout *l);

/* One past the last byte of RAM. */
gpa_t ram_layout_end(const struct ram_layout *l);

#endif
