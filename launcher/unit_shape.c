/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_shape.c - vCPUs, nodes, and where memory lies, as values. */
#include <errno.h>
#include <sys/sysinfo.h>

#include "launcher/machine.h"
#include "vmm/acpi/acpi.h"
#include "vmm/log.h"

static int memory_check(uint64_t bytes)
{
	struct sysinfo info;
	uint64_t total;

	if (sysinfo(&info) < 0)
		return 0;
	total = (uint64_t)info.totalram * info.mem_unit;
	if (bytes <= total)
		return 0;
	return log_errno(-ENOMEM, "memory: %llu MiB is more than this host has (%llu MiB)",
		(unsigned long long)(bytes >> 20), (unsigned long long)(total >> 20));
}

static int layout_start(struct machine *m)
{
	struct acpi_config acpi = acpi_config_default(&m->topology, NULL);
	unsigned bits = cpuid_phys_bits(m->supported);
	int err = ram_layout_make(&m->layout, &m->cfg->memory, 1, acpi_size(&acpi), bits);

	if (err == -ENOSPC && m->cfg->memory < GiB(1))
		return log_errno(err, "memory: %llu KiB is too little for any guest; give it 64M or more",
			(unsigned long long)(m->cfg->memory >> 10));
	if (err)
		return log_errno(err, "memory: %llu MiB does not fit in the guest's %u address bits: %m",
			(unsigned long long)(m->cfg->memory >> 20), bits);
	return 0;
}

static int shape_start(struct machine *m)
{
	int err = memory_check(m->cfg->memory);

	if (err)
		return err;
	err = topology_flat(&m->topology, m->cfg->cpus);
	if (err)
		return log_errno(err, "cannot describe %u vCPUs: %m", m->cfg->cpus);
	if (topology_apicid_max(&m->topology).id >= m->kvm.max_vcpu_id)
		err = log_errno(-EINVAL, "cpus: %u need APIC ids up to %u; this host's KVM takes ids below %u",
			m->cfg->cpus, topology_apicid_max(&m->topology).id, m->kvm.max_vcpu_id);
	else
		err = layout_start(m);
	if (err)
		topology_fini(&m->topology);
	return err;
}

static void shape_stop(struct machine *m)
{
	topology_fini(&m->topology);
}

const struct unit shape_unit = { "shape", shape_start, shape_stop };
