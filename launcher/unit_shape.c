/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_shape.c - APIC ids, and where memory lies for the guest, as values that follow from the plan. */
#include <errno.h>

#include "launcher/machine.h"
#include "vmm/log.h"

static int layout_start(struct machine *m)
{
	const struct plan *p = &m->plan;
	struct acpi_config acpi = machine_acpi(m, NULL);
	unsigned bits = cpuid_phys_bits(m->supported);
	uint64_t bytes[TOPO_NODES_MAX] = { 0 }, total = 0, acpi_bytes = acpi_size(&acpi);
	int err;

	if (!acpi_bytes)
		return -EINVAL; /* reported */
	for (uint32_t i = 0; i < p->nr_memory; i++) {
		bytes[p->memory[i].guest_node] = p->memory[i].bytes;
		total += p->memory[i].bytes;
	}
	err = ram_layout_make(&m->layout, bytes, p->guest.nr_nodes, acpi_bytes, bits);
	if (err == -ENOSPC && total < GiB(1))
		return log_errno(err, "memory: %llu KiB is too little for any guest; give it 64M or more",
			(unsigned long long)(total >> 10));
	if (err)
		return log_errno(err, "memory: %llu MiB does not fit in the guest's %u address bits: %m",
			(unsigned long long)(total >> 20), bits);
	return 0;
}

static int shape_start(struct machine *m)
{
	uint32_t most;

	m->plan.guest.complex_shift = cpuid_complex_shift(m->supported);
	most = topology_apicid_max(&m->plan.guest).id;
	if (most >= m->kvm.max_vcpu_id)
		return log_errno(-EINVAL, "cpus: %u need APIC ids up to %u; this host's KVM takes ids below %u",
			m->plan.nr_vcpus, most, m->kvm.max_vcpu_id);
	return layout_start(m);
}

static void shape_stop(struct machine *m)
{
	(void)m; /* values */
}

const struct unit shape_unit = { "shape", shape_start, shape_stop };
