/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vm.c - KVM's virtual machine. */
#include "launcher/machine.h"

static int vm_start(struct machine *m)
{
	int err = vm_create(&m->vm, &m->kvm);

	if (err)
		return err;
	if (m->ipi.id_limit)
		vm_limit_ids(&m->vm, topology_apicid_max(&m->plan.guest).id + 1);
	return 0;
}

static void vm_stop(struct machine *m)
{
	vm_destroy(&m->vm);
}

const struct unit vm_unit = { "vm", vm_start, vm_stop };
