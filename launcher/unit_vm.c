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
	uint64_t page_size[TOPO_NODES_MAX];
	int err;

	for (uint32_t i = 0; i < ARRAY_SIZE(page_size); i++)
		page_size[i] = KiB(4);
	for (uint32_t i = 0; i < m->plan.nr_memory; i++)
		if (m->plan.page != PAGE_THP)
			page_size[m->plan.memory[i].guest_node] = m->plan.memory[i].page_size;
	err = mem_map(&m->vm.mem, &m->layout, page_size);

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
