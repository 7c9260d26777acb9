/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wires.c - KVM's three calls. */
#include "vmm/wires.h"

#include "vmm/kvm.h"

static int kvm_route(void *ctx, const struct kvm_irq_routing *table)
{
	/* The structure ends in a flexible array, whose elements KVM counts by its first field. */
	return kvm_ioctl(*(const int *)ctx, KVM_SET_GSI_ROUTING, table);
}

static int kvm_irqfd(void *ctx, const struct kvm_irqfd *irqfd)
{
	return kvm_ioctl(*(const int *)ctx, KVM_IRQFD, irqfd);
}

static int kvm_ioeventfd(void *ctx, const struct kvm_ioeventfd *doorbell)
{
	return kvm_ioctl(*(const int *)ctx, KVM_IOEVENTFD, doorbell);
}

static const struct wires_ops kvm_ops = { kvm_route, kvm_irqfd, kvm_ioeventfd };

struct wires wires_kvm(const int *vm_fd)
{
	return (struct wires){ &kvm_ops, (void *)(uintptr_t)vm_fd };
}

int wires_irqfd(const struct wires *w, int fd, uint32_t gsi, bool on)
{
	const struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = gsi,
		.flags = on ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
	};

	return w->ops->irqfd(w->ctx, &irqfd);
}

int wires_level(const struct wires *w, int fd, int resample, uint32_t gsi, bool on)
{
	const struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = gsi,
		.flags = on ? KVM_IRQFD_FLAG_RESAMPLE : KVM_IRQFD_FLAG_DEASSIGN,
		.resamplefd = on ? (uint32_t)resample : 0,
	};

	return w->ops->irqfd(w->ctx, &irqfd);
}

int wires_doorbell(const struct wires *w, int fd, gpa_t addr, bool on)
{
	const struct kvm_ioeventfd doorbell = {
		.addr = addr,
		.len = 0, /* any; the value is not looked at, so KVM need not fetch the instruction */
		.fd = fd,
		.flags = on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	return w->ops->ioeventfd(w->ctx, &doorbell);
}
