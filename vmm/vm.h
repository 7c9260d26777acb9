/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - a virtual machine: KVM's VM, memory, the two buses, and how it ends.
 *
 *   vm_open -> vm_create -> mem -> mem_register -> vm_irqchip -> devices on the buses -> vm_seal -> vcpus_create
 *             -> vcpus_run -> loop_run -> vcpus_stop -> vm_destroy
 *
 * Threads: create, seal and destroy on one thread with no vCPUs running. Owns: the VM fd, the memory
 * (which others map, and destroy unmaps), the buses.
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "vmm/bus.h"
#include "vmm/end.h"
#include "vmm/irq.h"
#include "vmm/kvm.h"
#include "vmm/loop.h"
#include "vmm/mem.h"
#include "vmm/routes.h"

struct vm {
	const struct kvm *kvm;
	int fd;
	struct mem mem;
	struct routes routes;
	struct bus pio;
	struct bus mmio;
	struct loop loop;
	struct end end;
};

/* KVM makes a VM: its descriptor, or -errno, reported. From a process's first thread: KVM tells of it by that number. */
int vm_open(const struct kvm *kvm) must_check;

/* What belongs to that VM from the start, and the event loop. fd: of vm_open(), the VM's from here on. Errors are
 * reported. */
int vm_create(struct vm *vm, const struct kvm *kvm, int fd) must_check;

/* Can this KVM make local APICs and nothing else? */
bool vm_has_local_only(const struct kvm *kvm);

/*
 * Make its interrupt controllers: PIC, I/O APIC, local APICs, no PIT; 32-bit APIC ids where KVM has them. After
 * mem_register(), which else waits for milliseconds: since Linux 6.18 making the former two leaves KVM an SRCU grace
 * period to finish, and a change of the memory slots waits for its end, as does the end of the VM. local_only: local
 * APICs and nothing else, which leaves nothing to finish; where vm_has_local_only(). Before there are vCPUs. Errors are
 * reported.
 */
int vm_irqchip(struct vm *vm, bool local_only) must_check;

void vm_destroy(struct vm *vm);

/* No APIC id is as large as this one; before there are vCPUs. What KVM makes of it is its own affair. */
void vm_limit_ids(const struct vm *vm, uint32_t ids);

/* Buses stay as they are from here on. */
void vm_seal(struct vm *vm);

/* Frequency of the guest's clock (RDTSC); 0 where this KVM does not say. */
uint64_t vm_tsc_khz(const struct vm *vm);

/*
 * KVM's clock for the guest begins: at 0, now. When all vCPUs are made and none has run: only then does KVM
 * see that their TSCs agree, and may tell the guest from its first look on that the clock is the same on each.
 */
int vm_clock_start(const struct vm *vm) must_check;

/* A line of the I/O APIC. */
struct irq_line vm_irq_line(struct vm *vm, uint32_t gsi);

#endif
