/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pre_fault.c - see pre_fault.h. */
#include "vmm/pre_fault.h"

#include "vmm/kvm.h"

#ifndef KVM_PRE_FAULT_MEMORY
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};
#define KVM_PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif
static_assert(sizeof(struct kvm_pre_fault_memory) == 64, "api.rst, 4.143");

int pre_fault(int vcpu_fd, struct range r)
{
	struct kvm_pre_fault_memory f = { .gpa = r.base, .size = r.size };
	int err = 0;

	/* Each call moves gpa and size on by what it has done, also when it is interrupted. */
	while (f.size && (!err || err == -EINTR || err == -EAGAIN))
		err = kvm_ioctl(vcpu_fd, KVM_PRE_FAULT_MEMORY, &f);
	return err;
}

struct range pre_fault_part(struct range all, uint64_t grain, uint32_t index, uint32_t nr)
{
	uint64_t grains = (all.size + grain - 1) / grain;
	uint64_t from = min((uint64_t)((__uint128_t)grains * index / nr) * grain, all.size);
	uint64_t to = min((uint64_t)((__uint128_t)grains * (index + 1u) / nr) * grain, all.size);

	return (struct range){ all.base + from, to - from };
}
