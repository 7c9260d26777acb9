/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuid.c - the supported set, feature by feature, and the hypervisor's leaves.
 *
 * Leaves that describe the vCPU's place are in cpuid_topology.c.
 */
#include "vmm/cpuid.h"

#include <cpuid.h>
#include <errno.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cpuid_set.h"
#include "vmm/log.h"

#define PHYS_BITS_DEFAULT 36u

/* Leaf of a hypervisor that tells frequencies in kHz: EAX the TSC's, EBX the APIC timer's. */
#define LEAF_FREQUENCY	 0x40000010u
#define KVM_APIC_BUS_KHZ 1000000u /* KVM's APIC timer counts nanoseconds */

/* Raised to at least this, so that every guest has the extended topology leaf. */
#define LEAF_BASIC_MIN 0xbu

#define LEAF_BRAND	0x80000002u
#define LEAF_BRAND_LAST 0x80000004u

enum action { KEEP, CLEAR, SET };

struct bit_rule {
	uint32_t function;
	uint32_t index;
	enum cpuid_reg reg;
	uint32_t bits;
	enum action action;
};

static uint32_t *entry_reg(struct kvm_cpuid_entry2 *e, enum cpuid_reg reg)
{
	uint32_t *const at[CPUID_REGS] = { &e->eax, &e->ebx, &e->ecx, &e->edx };

	return at[reg];
}

struct kvm_cpuid_entry2 *set_find(struct cpuid_set *s, uint32_t function, uint32_t index)
{
	struct kvm_cpuid_entry2 *e = s->out->entries;

	for (uint32_t i = 0; i < s->out->nent; i++, e++)
		if (e->function == function &&
			(e->index == index || !(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return e;
	return NULL;
}

struct kvm_cpuid_entry2 *set_entry(
	struct cpuid_set *s, uint32_t function, uint32_t index, uint32_t flags)
{
	struct kvm_cpuid_entry2 *e = set_find(s, function, index);

	if (e)
		return e;
	if (s->out->nent == s->room) {
		s->err = -E2BIG;
		e = &s->spill;
	} else {
		e = &s->out->entries[s->out->nent++];
	}
	*e = (struct kvm_cpuid_entry2){ .function = function, .index = index, .flags = flags };
	return e;
}

void set_drop(struct cpuid_set *s, uint32_t function)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->out->nent; i++)
		if (s->out->entries[i].function != function)
			s->out->entries[kept++] = s->out->entries[i];
	s->out->nent = kept;
}

bool set_reaches(struct cpuid_set *s, uint32_t function)
{
	const struct kvm_cpuid_entry2 *e = set_find(s, function & 0xc0000000u, 0);

	return e && e->eax >= function;
}

const struct kvm_cpuid_entry2 *cpuid_find(
	const struct kvm_cpuid2 *set, uint32_t function, uint32_t index)
{
	for (uint32_t i = 0; i < set->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &set->entries[i];

		if (e->function == function &&
			(e->index == index || !(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return e;
	}
	return NULL;
}

unsigned cpuid_phys_bits(const struct kvm_cpuid2 *supported)
{
	const struct kvm_cpuid_entry2 *e = cpuid_find(supported, 0x80000008u, 0);
	unsigned width = e ? e->eax & 0xff : 0;
	unsigned mapped = e ? e->eax >> 16 & 0xff : 0;

	if (!width)
		return PHYS_BITS_DEFAULT;
	return mapped ? min(mapped, width) : width;
}

unsigned cpuid_complex_shift(const struct kvm_cpuid2 *supported)
{
	const struct kvm_cpuid_entry2 *e = cpuid_find(supported, 1, 0);
	uint32_t base = e ? e->eax >> 8 & 0xf : 0;
	uint32_t family, model;

	if (base != 0xf)
		return 0;
	family = base + (e->eax >> 20 & 0xff);
	model = (e->eax >> 4 & 0xf) | (e->eax >> 12 & 0xf0);
	/* Numbers that only AMD and Hygon use. */
	return (family == 0x17 && model <= 0x1f) || family == 0x18 ? 3 : 0;
}

void cpuid_brand_read(uint32_t brand[static CPUID_BRAND_REGS])
{
	memset(brand, 0, CPUID_BRAND_REGS * sizeof(brand[0]));
	if ((uint32_t)__get_cpuid_max(LEAF_BRAND & 0x80000000u, NULL) < LEAF_BRAND_LAST)
		return;
	for (uint32_t leaf = LEAF_BRAND; leaf <= LEAF_BRAND_LAST; leaf++, brand += CPUID_REGS)
		__cpuid(leaf, brand[CPUID_EAX], brand[CPUID_EBX], brand[CPUID_ECX], brand[CPUID_EDX]);
}

void cpuid_monitor_read(uint32_t leaf[static CPUID_REGS])
{
	memset(leaf, 0, CPUID_REGS * sizeof(leaf[0]));
	if (!__get_cpuid(5, &leaf[CPUID_EAX], &leaf[CPUID_EBX], &leaf[CPUID_ECX], &leaf[CPUID_EDX]))
		return;
}

static enum cpuid_vendor vendor_of(struct cpuid_set *s)
{
	static const struct {
		char name[12];
		enum cpuid_vendor vendor;
	} vendors[] = {
		{ "GenuineIntel", CPUID_VENDOR_INTEL },
		{ "AuthenticAMD", CPUID_VENDOR_AMD },
		{ "HygonGenuine", CPUID_VENDOR_AMD },
	};
	const struct kvm_cpuid_entry2 *e = set_find(s, 0, 0);
	uint32_t name[3];

	if (!e)
		return CPUID_VENDOR_OTHER;
	name[0] = e->ebx;
	name[1] = e->edx;
	name[2] = e->ecx;
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (!memcmp(name, vendors[i].name, sizeof(name)))
			return vendors[i].vendor;
	return CPUID_VENDOR_OTHER;
}

/*
 * What the configuration changes in feature words. SET is for what KVM emulates without naming it
 * in the supported set; what only the host can offer is kept or cleared.
 */
static void features_apply(struct cpuid_set *s, const struct cpuid_config *cfg)
{
	const enum action nested = cfg->nested ? KEEP : CLEAR;
	const enum action pmu = cfg->pmu ? KEEP : CLEAR;
	const struct bit_rule rules[] = {
		{ 1, 0, CPUID_ECX, 1u << 2 | 1u << 15, pmu },		  /* DTES64, PDCM */
		{ 1, 0, CPUID_ECX, 1u << 3, cfg->monitor ? SET : CLEAR }, /* MONITOR */
		{ 1, 0, CPUID_ECX, 1u << 5, nested },			  /* VMX */
		{ 1, 0, CPUID_ECX, 1u << 21, SET },			  /* x2APIC */
		{ 1, 0, CPUID_ECX, 1u << 24, cfg->tsc_deadline ? SET : CLEAR },
		{ 1, 0, CPUID_ECX, 1u << 27, CLEAR }, /* OSXSAVE mirrors CR4: KVM sets it */
		{ 1, 0, CPUID_ECX, 1u << 31, SET },   /* a hypervisor is present */
		{ 1, 0, CPUID_EDX, 1u << 9, SET },    /* APIC: KVM mirrors its enable bit */
		{ 1, 0, CPUID_EDX, 1u << 21, pmu },   /* DS */
		{ 7, 0, CPUID_EDX, 1u << 19, pmu },   /* architectural LBR */
		{ 0x80000001, 0, CPUID_ECX, 1u << 2, nested },			   /* SVM */
		{ 0x80000001, 0, CPUID_ECX, 1u << 23 | 1u << 24 | 1u << 28, pmu }, /* PerfCtrExt* */
		/* A guest thread that waits for a page in user space is of no use to HPC. */
		{ KVM_CPUID_FEATURES, 0, CPUID_EAX,
			1u << KVM_FEATURE_ASYNC_PF | 1u << KVM_FEATURE_ASYNC_PF_VMEXIT |
				1u << KVM_FEATURE_ASYNC_PF_INT,
			CLEAR },
		{ KVM_CPUID_FEATURES, 0, CPUID_EAX, 1u << KVM_FEATURE_PV_SEND_IPI, cfg->no_pv_ipi ? CLEAR : KEEP },
		{ KVM_CPUID_FEATURES, 0, CPUID_EAX, 1u << KVM_FEATURE_PV_UNHALT,
			cfg->pv_unhalt ? KEEP : CLEAR },
		{ KVM_CPUID_FEATURES, 0, CPUID_EAX, 1u << KVM_FEATURE_MSI_EXT_DEST_ID,
			cfg->msi_ext_dest ? SET : CLEAR },
		{ KVM_CPUID_FEATURES, 0, CPUID_EDX, 1u << KVM_HINTS_REALTIME,
			cfg->dedicated ? SET : CLEAR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct bit_rule *r = &rules[i];
		struct kvm_cpuid_entry2 *e = set_find(s, r->function, r->index);

		if (e && r->action == SET)
			*entry_reg(e, r->reg) |= r->bits;
		else if (e && r->action == CLEAR)
			*entry_reg(e, r->reg) &= ~r->bits;
	}
}

static void leaf_zero(struct cpuid_set *s, uint32_t function)
{
	for (uint32_t i = 0; i < s->out->nent; i++) {
		struct kvm_cpuid_entry2 *e = &s->out->entries[i];

		if (e->function == function)
			e->eax = e->ebx = e->ecx = e->edx = 0;
	}
}

static void leaf_write(struct cpuid_set *s, uint32_t function, const uint32_t reg[CPUID_REGS])
{
	struct kvm_cpuid_entry2 *e = set_entry(s, function, 0, 0);

	for (enum cpuid_reg r = CPUID_EAX; r < CPUID_REGS; r++)
		*entry_reg(e, r) = reg[r];
}

static void leaves_apply(struct cpuid_set *s, const struct cpuid_config *cfg)
{
	static const uint32_t none[CPUID_REGS];
	const uint32_t power[CPUID_REGS] = { [CPUID_EAX] = 1u << 2, [CPUID_ECX] = cfg->aperf ? 1 : 0 };

	if (set_reaches(s, 5))
		leaf_write(s, 5, cfg->monitor ? cfg->monitor_leaf : none);
	/* Power management is the host's; of it a guest needs to know that its timer never stops (ARAT), and
	 * whether it may ask for its CPU's speed (APERFMPERF). */
	if (set_reaches(s, 6))
		leaf_write(s, 6, power);
	/*
	 * The host's crystal and nominal frequencies. They need not match the guest's TSC, which
	 * may be scaled, and a guest would take the crystal for its APIC timer's clock, which in
	 * KVM is another. It has KVM's clock and LEAF_FREQUENCY instead.
	 */
	leaf_zero(s, 0x15);
	leaf_zero(s, 0x16);
	if (!cfg->pmu) {
		leaf_zero(s, 0xa);
		leaf_zero(s, 0x1c);
		leaf_zero(s, 0x80000022u);
	}
	if (!cfg->nested)
		leaf_zero(s, 0x8000000au);
}

/* Programs print it and choose by it; without one Linux shows family and model as numbers. */
static void brand_apply(struct cpuid_set *s, const struct cpuid_config *cfg)
{
	const uint32_t *reg = cfg->brand;

	if (!reg[0] || !set_reaches(s, LEAF_BRAND_LAST))
		return;
	for (uint32_t leaf = LEAF_BRAND; leaf <= LEAF_BRAND_LAST; leaf++, reg += CPUID_REGS)
		leaf_write(s, leaf, reg);
}

static void hypervisor_apply(struct cpuid_set *s, const struct cpuid_config *cfg)
{
	const uint32_t khz[CPUID_REGS] = { cfg->tsc_khz, KVM_APIC_BUS_KHZ };
	struct kvm_cpuid_entry2 *e = set_find(s, KVM_CPUID_SIGNATURE, 0);

	if (!e || !cfg->tsc_khz)
		return;
	e->eax = max(e->eax, LEAF_FREQUENCY);
	leaf_write(s, LEAF_FREQUENCY, khz);
}

static int entry_order(const void *a, const void *b)
{
	const struct kvm_cpuid_entry2 *x = a;
	const struct kvm_cpuid_entry2 *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

int cpuid_build(const struct kvm_cpuid2 *supported, const struct cpuid_config *cfg, uint32_t vcpu,
	struct kvm_cpuid2 *out)
{
	struct cpuid_set s = { .out = out, .room = out->nent };
	struct kvm_cpuid_entry2 *e;

	if (vcpu >= cfg->topology->nr_cpus)
		return log_errno(
			-EINVAL, "no vCPU %u in a topology of %u", vcpu, cfg->topology->nr_cpus);
	out->nent = 0;
	if (supported->nent > s.room)
		return log_errno(
			-E2BIG, "%u CPUID entries for room of %u", supported->nent, s.room);
	memcpy(out->entries, supported->entries, supported->nent * sizeof(out->entries[0]));
	out->nent = supported->nent;
	s.vendor = vendor_of(&s);
	e = set_find(&s, 0, 0);
	if (e)
		e->eax = max(e->eax, LEAF_BASIC_MIN);
	features_apply(&s, cfg);
	leaves_apply(&s, cfg);
	brand_apply(&s, cfg);
	hypervisor_apply(&s, cfg);
	cpuid_topology(&s, cfg->topology, vcpu);
	if (s.err)
		return log_errno(
			s.err, "CPUID entries for vCPU %u need more room than %u", vcpu, s.room);
	qsort(out->entries, out->nent, sizeof(out->entries[0]), entry_order);
	return 0;
}
