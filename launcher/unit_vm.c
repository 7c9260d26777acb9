/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vm.c - KVM's virtual machine. */
#include "launcher/machine.h"

static int vm_start(struct machine *m)
{
	return vm_create(&m->vm, &m->kvm);
}

static void vm_stop(struct machine *m)
{
	vm_destroy(&m->vm);
}

const struct unit vm_unit = { "vm", vm_start, vm_stop };
