/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits_off.c - see exits_off.h. */
#include "vmm/exits_off.h"

#include "vmm/log.h"

const char *exits_off_name(unsigned bit)
{
	static const char *const names[EXITS_OFF_BITS] = { "mwait", "hlt", "pause", "cstate", "aperfmperf" };

	return bit < EXITS_OFF_BITS ? names[bit] : "unknown";
}

uint32_t exits_off_ask(uint32_t offered, uint32_t wanted, exits_off_fn *ask, void *ctx)
{
	uint32_t bits = offered & wanted, off = 0;

	if (!bits || ask(ctx, bits) == 0)
		return bits;
	for (unsigned i = 0; i < EXITS_OFF_BITS; i++)
		if ((bits & 1u << i) && ask(ctx, 1u << i) == 0)
			off |= 1u << i;
	return off;
}

static int kvm_enable(void *ctx, uint32_t bits)
{
	const struct vm *vm = ctx;
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_DISABLE_EXITS, .args = { bits } };

	return kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

/* A halt that reaches KVM is one that the guest could not do by itself; nobody is to spin for its end. */
static bool halt_poll_end(const struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HALT_POLL };

	return kvm_cap_value(vm->kvm, KVM_CAP_HALT_POLL) && kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap) == 0;
}

struct exits_off exits_off_apply(const struct vm *vm, uint32_t wanted)
{
	struct exits_off x = { .offered = (uint32_t)kvm_cap_value(vm->kvm, KVM_CAP_X86_DISABLE_EXITS), .wanted = wanted };

	x.off = exits_off_ask(x.offered, wanted, kvm_enable, (void *)(uintptr_t)vm);
	if (x.off & EXITS_OFF_HLT)
		x.no_halt_poll = halt_poll_end(vm);
	for (unsigned i = 0; i < EXITS_OFF_BITS; i++)
		if (x.offered & wanted & ~x.off & 1u << i)
			log_warn("KVM offers to run a guest's %s without an exit, and then refuses: the exits stay",
				exits_off_name(i));
	return x;
}
