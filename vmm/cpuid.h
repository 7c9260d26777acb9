/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuid.h - what a vCPU's CPUID instruction says.
 *
 * Starts from what KVM supports on this host, and puts in what KVM can't know: where the vCPU
 * stands in the guest's topology, what the virtual machine offers (TSC frequency, deadline timer,
 * KVM's paravirtual features), and what it hides.
 *
 *   KVM_GET_SUPPORTED_CPUID -> cpuid_phys_bits() -> ram_layout_make()
 *                           -> cpuid_build() for each vCPU -> KVM_SET_CPUID2
 *
 * Pure, but for cpuid_brand_read(); any thread. Owns nothing. Errors: negative errno, reported once by log_errno().
 */
#ifndef VMM_CPUID_H
#define VMM_CPUID_H

#include <linux/kvm.h>

#include "vmm/topology.h"
#include "vmm/util.h"

enum cpuid_reg { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX, CPUID_REGS };

/* The processor's name as leaves 0x80000002 to 0x80000004 have it, EAX to EDX of each. */
#define CPUID_BRAND_REGS (3 * CPUID_REGS)

struct cpuid_config {
	const struct topology *topology;
	uint32_t tsc_khz;  /* told in leaf 0x40000010; 0: not told */
	bool tsc_deadline; /* KVM_CAP_TSC_DEADLINE_TIMER is there, and the APIC is in KVM */
	bool pmu;	   /* the vPMU is on (KVM_CAP_PMU_CAPABILITY) */
	bool nested;	   /* leave VMX or SVM to the guest */
	bool no_pv_ipi;	   /* no hypercall for sending to many at once: the hardware sends */
	bool pv_unhalt;	   /* halted spinners are kicked; not where HLT doesn't exit */
	bool dedicated;	   /* vCPUs have cores of their own: KVM_HINTS_REALTIME */
	bool msi_ext_dest; /* APIC ids above 254 work in MSIs and I/O APIC entries (see below) */
	bool monitor;	   /* MONITOR and MWAIT run in the guest (KVM_CAP_X86_DISABLE_EXITS) */
	uint32_t monitor_leaf[CPUID_REGS]; /* then: the host's leaf 5 */
	bool aperf;	   /* APERF and MPERF are read in the guest (the same capability) */
	uint32_t brand[CPUID_BRAND_REGS];  /* the processor's name; all 0: none is told */
};

/*
 * msi_ext_dest sets KVM_FEATURE_MSI_EXT_DEST_ID: bits 8 to 14 of the destination come in bits 5 to
 * 11 of an MSI's address, and in bits 49 to 55 of an I/O APIC entry; who routes them must move them
 * to bits 8 and up of address_hi (KVM_CAP_X2APIC_API with 32-bit ids). A Linux guest without an
 * IOMMU starts no vCPU whose id is above 254 unless this bit is set.
 */

/* Entries to make room for in *out, given how many KVM supports. */
#define CPUID_ROOM(nr_supported) ((nr_supported) + 32u)

/*
 * Bits that this processor's guests take to be below the complex in an APIC id, whatever CPUID says: Linux
 * before 6.9 has the last-level cache of family 17h, models up to 1Fh, and of family 18h be the one of id >> 3
 * (cacheinfo_amd_init_llc_id()). For topology.complex_shift; 0 where CPUID counts.
 */
unsigned cpuid_complex_shift(const struct kvm_cpuid2 *supported);

/*
 * The entries for one vCPU (its index), for KVM_SET_CPUID2, sorted by function and index.
 * out->nent: room on entry, the number of entries on return.
 * Leaves 1, 4, 0xB, 0x1F: Intel SDM vol. 2A, CPUID, and vol. 3A, 9.9; 0x80000008, 0x8000001D,
 * 0x8000001E: AMD APM vol. 3, E.4; 0x40000000 to 0x40000010: Documentation/virt/kvm/x86/cpuid.rst.
 * Errors: -EINVAL (no such vCPU), -E2BIG (room).
 */
int cpuid_build(const struct kvm_cpuid2 *supported, const struct cpuid_config *cfg, uint32_t vcpu,
	struct kvm_cpuid2 *out) must_check;

/* This machine's processor's name, which KVM leaves out of the supported set. All 0: it has none. */
void cpuid_brand_read(uint32_t brand[static CPUID_BRAND_REGS]);

/* This machine's leaf 5: how far MONITOR sees, and the sleeps that MWAIT has. All 0: none. */
void cpuid_monitor_read(uint32_t leaf[static CPUID_REGS]);

/*
 * Width of guest-physical addresses: MAXPHYADDR, or less where KVM can't map that much (bits 16 to
 * 23 of EAX in leaf 0x80000008). 36 if the set doesn't say.
 */
unsigned cpuid_phys_bits(const struct kvm_cpuid2 *supported);

/* The entry of a leaf, NULL if there is none. index only counts for leaves that have one. */
const struct kvm_cpuid_entry2 *cpuid_find(
	const struct kvm_cpuid2 *set, uint32_t function, uint32_t index);

#endif
