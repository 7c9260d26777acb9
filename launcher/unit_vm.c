/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vm.c - KVM's virtual machine, and its interrupt controllers. */
#include "launcher/machine.h"

static int vm_start(struct machine *m)
{
	int err = vm_create(&m->vm, &m->kvm, m->vm_fd);

	m->vm_fd = -1; /* the VM's, or closed */
	if (err)
		return err;
	/* Nothing tells a payload of pins (thole/payload.h), and only devices of the host could have one. */
	m->apics_only = m->boot_input.kind == BOOT_PAYLOAD && !m->handover.nr && vm_has_local_only(&m->kvm);
	if (m->ipi.id_limit)
		vm_limit_ids(&m->vm, topology_apicid_max(&m->plan.guest).id + 1);
	return 0;
}

static void vm_stop(struct machine *m)
{
	vm_destroy(&m->vm);
}

const struct unit vm_unit = { "vm", vm_start, vm_stop };

static int irqchip_start(struct machine *m)
{
	return vm_irqchip(&m->vm, m->apics_only);
}

/* They go with KVM's machine. */
static void irqchip_stop(struct machine *m)
{
	(void)m;
}

const struct unit irqchip_unit = { "irqchip", irqchip_start, irqchip_stop };
