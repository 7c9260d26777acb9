/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vm.c - KVM's virtual machine, and its memory. */
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

static int memory_start(struct machine *m)
{
	int err = mem_map(&m->vm.mem, &m->layout, NULL);

	if (err)
		return err;
	err = mem_register(&m->vm.mem, m->vm.fd);
	if (err)
		mem_fini(&m->vm.mem);
	return err;
}

static void memory_stop(struct machine *m)
{
	mem_fini(&m->vm.mem);
}

const struct unit memory_unit = { "memory", memory_start, memory_stop };
