/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit_vcpus.c - the threads that the guest runs on, each on its CPU from its first instruction.
 *
 * What the kernel and libc allocate for a thread comes from the node of whoever makes it, so the main
 * thread moves to each vCPU's node for that, and goes back to housekeeping at the end.
 */
#include <stdio.h>
#include <string.h>

#include "launcher/machine.h"
#include "sched/policy.h"
#include "sched/worker.h"
#include "vmm/log.h"
#include "vmm/pre_fault.h"

/* "thole/vcpu3", at most 15 bytes as the kernel has it. */
static void vcpu_name(char name[static 16], uint32_t vcpu)
{
	snprintf(name, 16, "thole/vcpu%u", vcpu);
}

/* To the CPUs that the plan has for vCPUs on that node. */
static int starter_move(const struct plan *p, hnode_t node)
{
	struct affinity a = { 0 };

	for (uint32_t v = 0; v < p->nr_vcpus; v++)
		if (p->vcpu[v].node.os == node.os)
			affinity_add(&a, p->vcpu[v].cpu);
	return affinity_restore(&a);
}

static int vcpu_create(void *ctx, uint32_t vcpu, pthread_attr_t *attr)
{
	struct machine *m = ctx;
	const struct plan_vcpu *v = &m->plan.vcpu[vcpu];
	bool same = vcpu && m->plan.vcpu[vcpu - 1].node.os == v->node.os;
	int err = 0;

	if (!same && m->nr_host_nodes > 1)
		err = starter_move(&m->plan, v->node);
	if (!err)
		err = affinity_attr(attr, v->cpu);
	return err ? log_errno(err, "vCPU %u: cannot begin on CPU %d: %m; did the cpuset change?", vcpu, v->cpu.os) : 0;
}

static int vcpu_begin(void *ctx, uint32_t vcpu)
{
	struct machine *m = ctx;
	char name[16];
	int err;

	vcpu_name(name, vcpu);
	pthread_setname_np(pthread_self(), name);
	if ((err = affinity_verify(name, m->plan.vcpu[vcpu].cpu)) != 0)
		return err;
	err = m->cfg->sched.fifo ? policy_fifo(name, m->cfg->sched.priority) : 0;
	/* Meanwhile the main thread tells KVM of memory, which takes as long. */
	return err || vcpu ? err : machine_load(m);
}

/* Which one of how many vCPUs on that guest node? None there: of all. */
static uint32_t share_of(const struct plan *p, uint32_t vcpu, uint32_t node, uint32_t *nr)
{
	uint32_t index = 0;

	*nr = 0;
	for (uint32_t v = 0; v < p->nr_vcpus; v++) {
		bool on = p->vcpu[v].guest_node == node;

		index += on && v < vcpu;
		*nr += on;
	}
	if (*nr)
		return p->vcpu[vcpu].guest_node == node ? index : UINT32_MAX;
	*nr = p->nr_vcpus;
	return vcpu;
}

/* vCPUs map their node's memory together, each its part. */
static void memory_map(const struct machine *m, uint32_t vcpu, int vcpu_fd)
{
	for (uint32_t i = 0; i < m->layout.nr; i++) {
		const struct ram_range *r = &m->layout.ram[i];
		uint64_t grain = max(m->vm.mem.node[r->node].page_size, MiB(2));
		uint32_t nr, index = share_of(&m->plan, vcpu, r->node, &nr);
		int err = 0;

		if (index != UINT32_MAX)
			err = pre_fault(vcpu_fd, pre_fault_part(r->gpa, grain, index, nr));
		if (err)
			log_debug("KVM doesn't map guest memory in advance here (%d)", err);
		if (err)
			return;
	}
}

static int vcpu_ready(void *ctx, uint32_t vcpu, int vcpu_fd)
{
	struct machine *m = ctx;

	if (m->prefault && kvm_cap_value(&m->kvm, KVM_CAP_PRE_FAULT_MEMORY))
		memory_map(m, vcpu, vcpu_fd);
	if (m->berth)
		control_vcpu(&m->control, vcpu, vcpu_fd);
	if (m->cfg->report)
		steady_vcpu(&m->steady, vcpu, vcpu_fd);
	report_vcpu_start(&m->report, vcpu);
	return 0;
}

static void vcpu_leave(void *ctx, uint32_t vcpu)
{
	struct machine *m = ctx;

	report_vcpu_end(&m->report, vcpu);
}

/* What CPUID says beyond what KVM supports. */
static struct cpuid_config cpuid_config_of(const struct machine *m)
{
	const uint32_t off = m->exits_off.off;

	return (struct cpuid_config){
		.topology = &m->plan.guest,
		.tsc_khz = (uint32_t)vm_tsc_khz(&m->vm),
		.tsc_deadline = kvm_cap_value(&m->kvm, KVM_CAP_TSC_DEADLINE_TIMER),
		.pmu = true,
		.no_pv_ipi = !m->ipi.pv_ipi,
		.pv_unhalt = !(off & EXITS_OFF_HLT),
		.dedicated = m->idle == QUIET_IDLE_GUEST && !machine_quiet_place(m).shared,
		.msi_ext_dest = topology_apicid_max(&m->plan.guest).id > 254,
		.monitor = off & EXITS_OFF_MWAIT,
		.aperf = off & EXITS_OFF_APERF,
	};
}

static int threads_start(struct machine *m)
{
	const uint32_t *brand;
	int err;

	brand = survey_cpu(&m->survey, &m->plan.guest);
	m->cpuid = cpuid_config_of(m);
	memcpy(m->cpuid.brand, brand, sizeof(m->cpuid.brand));
	if (m->cpuid.monitor)
		cpuid_monitor_read(m->cpuid.monitor_leaf);
	m->vcpu_setup = (struct vcpu_setup){
		.topology = &m->plan.guest,
		.supported = m->supported,
		.cpuid = &m->cpuid,
		.boot = &m->boot,
		.hooks = { vcpu_create, vcpu_begin, vcpu_ready, vcpu_leave, m },
	};
	/* Threads begin where their maker is. */
	if ((err = isolation_enter(&m->isolation)) != 0)
		return err;
	err = vcpus_create(&m->vcpus, &m->vm, m->plan.nr_vcpus, &m->vcpu_setup);
	if (isolation_leave(&m->isolation) != 0)
		log_warn("thole's main thread stays on the isolated CPUs");
	else if ((m->nr_host_nodes > 1 || *m->isolation.group) && affinity_set(&m->plan.housekeeping) != 0)
		log_warn("thole's main thread stays on the vCPUs' CPUs: %m; did the cpuset change?");
	return err;
}

static int vcpus_unit_start(struct machine *m)
{
	int err = m->cfg->report ? steady_prepare(&m->steady, m->plan.nr_vcpus) : 0;

	if (!err && (err = threads_start(m)) != 0)
		steady_stop(&m->steady);
	return err;
}

static void vcpus_unit_stop(struct machine *m)
{
	vcpus_stop(&m->vcpus);
	vcpus_fini(&m->vcpus);
	steady_stop(&m->steady);
}

const struct unit vcpus_unit = { "vcpus", vcpus_unit_start, vcpus_unit_stop };

static int pages_worker_leave(void *ctx, pid_t tid)
{
	const struct machine *m = ctx;

	return isolation_evict(&m->isolation, tid);
}

/*
 * KVM's thread for split huge pages began where the first vCPU is; or else it is a kernel thread that may be anywhere,
 * for which all processes have to be looked at. It sleeps, so the guest need not wait for this. If it stays that is
 * said, and no reason to end.
 */
static void pages_worker_move(struct machine *m)
{
	bool all = m->cfg->isolation != CONFIG_ISOLATION_NONE;
	int nr = worker_bind(all ? WORKER_PAGES : WORKER_PAGES_THREAD, &m->plan.housekeeping, pages_worker_leave, m);

	if (nr < 0)
		log_warn("KVM's thread that looks after split huge pages stays where it is, not on the housekeeping CPUs: %s",
			strerror(-nr));
	else
		log_debug("threads of KVM's own on the housekeeping CPUs: %d", nr);
}

static int run_unit_start(struct machine *m)
{
	int err;

	if ((err = run_noise_begin(&m->noise)) != 0)
		return err;
	report_begin(&m->report); /* vCPUs run before vcpus_run() returns */
	if ((err = vcpus_run(&m->vcpus)) != 0)
		return err;
	machine_images_free(m); /* they are in guest memory now */
	pages_worker_move(m);
	if (!m->cfg->report)
		return 0;
	if ((err = steady_start(&m->steady, &m->vm.loop, &m->vcpus)) != 0)
		vcpus_stop(&m->vcpus);
	return err;
}

static void run_unit_stop(struct machine *m)
{
	vcpus_stop(&m->vcpus);
}

const struct unit run_unit = { "run", run_unit_start, run_unit_stop };
