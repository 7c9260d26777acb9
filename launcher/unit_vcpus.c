/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_vcpus.c - the threads that the guest runs on. */
#include <stdio.h>

#include "launcher/machine.h"

static int vcpu_on_thread(void *ctx, uint32_t vcpu)
{
	char name[16];

	(void)ctx;
	snprintf(name, sizeof(name), "thole/vcpu%u", vcpu);
	pthread_setname_np(pthread_self(), name);
	return 0;
}

/* What CPUID says beyond what KVM supports. */
static struct cpuid_config cpuid_config_of(const struct machine *m)
{
	return (struct cpuid_config){
		.topology = &m->topology,
		.tsc_khz = (uint32_t)vm_tsc_khz(&m->vm),
		.tsc_deadline = kvm_cap_value(&m->kvm, KVM_CAP_TSC_DEADLINE_TIMER),
		.pmu = true,
		.pv_unhalt = true,
		.msi_ext_dest = topology_apicid_max(&m->topology).id > 254,
	};
}

static int vcpus_unit_start(struct machine *m)
{
	m->cpuid = cpuid_config_of(m);
	m->vcpu_setup = (struct vcpu_setup){
		.topology = &m->topology,
		.supported = m->supported,
		.cpuid = &m->cpuid,
		.boot = &m->boot,
		.on_thread = vcpu_on_thread,
		.ctx = m,
	};
	return vcpus_start(&m->vcpus, &m->vm, m->cfg->cpus, &m->vcpu_setup);
}

static void vcpus_unit_stop(struct machine *m)
{
	vcpus_stop(&m->vcpus);
	vcpus_fini(&m->vcpus);
}

const struct unit vcpus_unit = { "vcpus", vcpus_unit_start, vcpus_unit_stop };
