/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm.c - KVM_CREATE_VM and what must be set before anything else is. */
#include "vmm/vm.h"

#include <errno.h>
#include <unistd.h>

#include "vmm/log.h"

int vm_open(const struct kvm *kvm)
{
	int fd;

	/* A signal may interrupt the creation; the kernel asks for another try (api.rst, 4.2). */
	do
		fd = kvm_ioctl_val(kvm->fd, KVM_CREATE_VM, 0);
	while (fd == -EINTR);
	return fd < 0 ? log_errno(fd, "KVM makes no virtual machine: %m") : fd;
}

/* Intel processors without "unrestricted guest" run real mode with the help of four pages. */
static int real_mode_pages(const struct vm *vm)
{
	uint64_t idmap = LAYOUT_KVM_IDMAP;
	int err = 0;

	if (kvm_cap_value(vm->kvm, KVM_CAP_SET_IDENTITY_MAP_ADDR))
		err = kvm_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &idmap);
	if (!err && kvm_cap_value(vm->kvm, KVM_CAP_SET_TSS_ADDR))
		err = kvm_ioctl_val(vm->fd, KVM_SET_TSS_ADDR, LAYOUT_KVM_TSS);
	return err < 0 ? err : 0;
}

/* APIC ids of 32 bits, and 255 no broadcast in x2APIC mode (api.rst, 7.8). */
static int x2apic_api(const struct vm *vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X2APIC_API,
		.args = { KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK },
	};

	if (!kvm_cap_value(vm->kvm, KVM_CAP_X2APIC_API))
		return 0;
	return kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

void vm_limit_ids(const struct vm *vm, uint32_t ids)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_MAX_VCPU_ID, .args = { ids } };
	int err = kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);

	if (err)
		log_debug("KVM takes no limit of APIC ids (%d)", err);
}

/* KVM leaves PIC and I/O APIC to this process, which has none: no pin of it is reserved (api.rst, 7.5). */
static int local_apics(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_SPLIT_IRQCHIP };

	routes_messages_only(&vm->routes);
	return kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

bool vm_has_local_only(const struct kvm *kvm)
{
	return kvm_cap_value(kvm, KVM_CAP_SPLIT_IRQCHIP);
}

int vm_irqchip(struct vm *vm, bool local_only)
{
	int err;

	if (local_only)
		err = local_apics(vm);
	else
		err = kvm_ioctl_val(vm->fd, KVM_CREATE_IRQCHIP, 0);
	if (err >= 0)
		err = x2apic_api(vm);
	return err < 0 ? log_errno(err, "KVM makes no interrupt controllers: %m") : 0;
}

/* From the loop's own thread: somebody has set the end. */
static void vm_woken(void *ctx)
{
	struct vm *vm = ctx;

	if (end_kind(&vm->end) != END_NONE)
		loop_quit(&vm->loop);
}

int vm_create(struct vm *vm, const struct kvm *kvm, int fd)
{
	int err;

	*vm = (struct vm){ .kvm = kvm, .fd = fd };
	if ((err = loop_init(&vm->loop, vm_woken, vm)) != 0)
		goto err_close;
	end_init(&vm->end, &vm->loop);
	bus_init(&vm->pio);
	bus_init(&vm->mmio);
	if ((err = real_mode_pages(vm)) != 0) {
		log_errno(err, "KVM does not take its real-mode pages: %m");
		goto err_loop;
	}
	routes_init(&vm->routes, wires_kvm(&vm->fd));
	return 0;
err_loop:
	loop_fini(&vm->loop);
err_close:
	close(vm->fd);
	return err;
}

void vm_destroy(struct vm *vm)
{
	routes_fini(&vm->routes);
	/* KVM looks for every page of a guest that is unmapped; not of one that is gone. */
	close(vm->fd);
	mem_fini(&vm->mem);
	bus_fini(&vm->mmio);
	bus_fini(&vm->pio);
	loop_fini(&vm->loop);
}

void vm_seal(struct vm *vm)
{
	bus_seal(&vm->pio);
	bus_seal(&vm->mmio);
}

uint64_t vm_tsc_khz(const struct vm *vm)
{
	int khz = kvm_ioctl_val(vm->fd, KVM_GET_TSC_KHZ, 0);

	return khz > 0 ? (uint64_t)khz : 0;
}

/*
 * KVM decides whether vCPUs share one clock when one of them enters the guest after a change, and asks only the
 * vCPU made last to do so (kvm_track_tsc_matching). vCPUs are made in any order here: were it not the first, a
 * guest would boot with a clock that is not marked stable, and doubt it for ever ("Unstable clock detected").
 * KVM_SET_CLOCK decides at once (api.rst, 4.30).
 */
int vm_clock_start(const struct vm *vm)
{
	struct kvm_clock_data clock = { 0 };
	int err = kvm_ioctl(vm->fd, KVM_SET_CLOCK, &clock);

	if (err)
		return log_errno(err, "KVM does not set the guest's clock: %m");
	if (kvm_ioctl(vm->fd, KVM_GET_CLOCK, &clock) == 0)
		log_debug("KVM's clock for the guest is %s", clock.flags & KVM_CLOCK_TSC_STABLE ?
			"stable" : "not stable: the host's own is not the TSC");
	return 0;
}

static void line_set(void *ctx, uint32_t gsi, bool level)
{
	const struct vm *vm = ctx;
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	(void)kvm_ioctl(vm->fd, KVM_IRQ_LINE, &line); /* fails only for a GSI that is none */
}

struct irq_line vm_irq_line(struct vm *vm, uint32_t gsi)
{
	return (struct irq_line){ .set = line_set, .ctx = vm, .gsi = gsi };
}
