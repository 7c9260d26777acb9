/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu_state.c - CPUID first, since KVM judges everything after by it; then control registers, XCR0,
 * general registers, MSRs, and who starts.
 */
#include "vmm/vcpu_state.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm/kvm.h"

#define MSR_MISC_ENABLE   0x1a0 /* bit 0: fast strings, which Linux looks for */
#define MSR_MTRR_DEF_TYPE 0x2ff /* bit 11: MTRRs are on, low byte 6: write-back by default */

/* What of the processor has to be turned on for code that cannot do it itself. */
static struct boot_features features_of(const struct kvm_cpuid2 *set)
{
	const struct kvm_cpuid_entry2 *basic = cpuid_find(set, 1, 0);
	const struct kvm_cpuid_entry2 *seven = cpuid_find(set, 7, 0);
	const struct kvm_cpuid_entry2 *xsave = cpuid_find(set, 0xd, 0);
	struct boot_features f = { .fsgsbase = seven && (seven->ebx & 1) };

	if (basic && xsave && (basic->ecx & 1u << 26))
		f.xcr0 = (uint64_t)xsave->edx << 32 | xsave->eax;
	return f;
}

static int cpuid_set(int fd, uint32_t index, const struct vcpu_setup *setup, struct boot_features *features)
{
	uint32_t room = CPUID_ROOM(setup->supported->nent);
	struct kvm_cpuid2 *set = calloc(1, sizeof(*set) + room * sizeof(set->entries[0]));
	int err;

	if (!set)
		return -ENOMEM;
	set->nent = room;
	err = cpuid_build(setup->supported, setup->cpuid, index, set);
	if (!err)
		err = kvm_ioctl(fd, KVM_SET_CPUID2, set);
	if (!err)
		*features = features_of(set);
	free(set);
	return err;
}

/* KVM leaves an MSR that it does not have; none of these is worth a failure. */
static void msrs_set(int fd)
{
	static const struct kvm_msr_entry wanted[] = {
		{ .index = MSR_MISC_ENABLE, .data = 1 },
		{ .index = MSR_MTRR_DEF_TYPE, .data = 1 << 11 | 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		/* A flexible array of one, which C has no other way to put on the stack. */
		_Alignas(struct kvm_msrs) uint8_t one[sizeof(struct kvm_msrs) + sizeof(wanted[0])] = { 0 };
		struct kvm_msrs *msrs = (void *)one;

		msrs->nmsrs = 1;
		msrs->entries[0] = wanted[i];
		(void)kvm_ioctl(fd, KVM_SET_MSRS, msrs);
	}
}

static int registers_set(int fd, uint32_t index, const struct boot_plan *boot, const struct boot_features *have)
{
	struct kvm_regs regs = boot_cpu_regs(boot, index);
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = boot_cpu_xcr0(boot, have) };
	struct kvm_sregs sregs;
	int err = kvm_ioctl(fd, KVM_GET_SREGS, &sregs);

	if (err)
		return err;
	boot_cpu_sregs(boot, have, &sregs);
	err = kvm_ioctl(fd, KVM_SET_SREGS, &sregs);
	if (!err && xcrs.xcrs[0].value)
		err = kvm_ioctl(fd, KVM_SET_XCRS, &xcrs);
	if (!err)
		err = kvm_ioctl(fd, KVM_SET_REGS, &regs);
	return err;
}

int vcpu_state_set(int vcpu_fd, uint32_t index, const struct vcpu_setup *setup)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct boot_features features = { 0 };
	int err = cpuid_set(vcpu_fd, index, setup, &features);

	if (err)
		return err;
	msrs_set(vcpu_fd);
	if (index && !setup->boot->all_cpus)
		return 0; /* KVM's own state: waiting for INIT and SIPI */
	err = registers_set(vcpu_fd, index, setup->boot, &features);
	if (!err && index)
		err = kvm_ioctl(vcpu_fd, KVM_SET_MP_STATE, &runnable);
	return err;
}
