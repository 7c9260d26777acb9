/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuid_set.h - a growing set of CPUID entries. Private to cpuid*.c; see cpuid.h.
 *
 * Running out of room is remembered in err and makes later additions go nowhere, so that the code
 * which fills in leaves has no error path of its own.
 */
#ifndef VMM_CPUID_SET_H
#define VMM_CPUID_SET_H

#include "vmm/cpuid.h"

enum cpuid_vendor { CPUID_VENDOR_OTHER, CPUID_VENDOR_INTEL, CPUID_VENDOR_AMD };

struct cpuid_set {
	struct kvm_cpuid2 *out;
	uint32_t room;
	int err;
	enum cpuid_vendor vendor;      /* Hygon is AMD's */
	struct kvm_cpuid_entry2 spill; /* what doesn't fit is written here */
};

/* The entry, made of zeroes if it isn't there. flags: KVM_CPUID_FLAG_*. Valid until the next. */
struct kvm_cpuid_entry2 *set_entry(
	struct cpuid_set *s, uint32_t function, uint32_t index, uint32_t flags);

/* The entry, or NULL. */
struct kvm_cpuid_entry2 *set_find(struct cpuid_set *s, uint32_t function, uint32_t index);

/* Take away all indexes of a leaf. */
void set_drop(struct cpuid_set *s, uint32_t function);

/* Is the leaf within the range that leaf 0, 0x40000000 or 0x80000000 announces? */
bool set_reaches(struct cpuid_set *s, uint32_t function);

/* Fill in everything that depends on where the vCPU stands. */
void cpuid_topology(struct cpuid_set *s, const struct topology *t, uint32_t vcpu);

#endif
