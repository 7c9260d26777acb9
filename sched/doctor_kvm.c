/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_kvm.c - checks of KVM, of the processor under it, and of what devices would need.
 *
 * VT-d: Intel's "Virtualization Technology for Directed I/O" architecture specification, 11.4.2
 * (capability register) and 11.4.3 (extended capability register). AMD: "AMD I/O Virtualization
 * Technology (IOMMU) Specification", extended feature register.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/doctor_checks.h"

#define VTD_CAP_POSTING    (1ull << 59)
#define VTD_ECAP_REMAPPING (1ull << 3)
#define AMD_GUEST_VAPIC    (1ull << 21)

void check_plan(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	char cpus[CPUS_TEXT];

	(void)f;
	if (!need->given)
		return;
	if (need->refusal) {
		finding_found(out, "refused: %s", need->refusal);
		finding_want(out, DOCTOR_ERROR, "", "thole run refuses to start this");
		return;
	}
	cpus_text(&need->cpus, cpus, sizeof(cpus));
	finding_found(out, "%u vCPUs on CPUs %s", need->nr_vcpus, cpus);
}

static bool backend_loaded(const struct host_facts *f)
{
	return f->kvm_intel.state == FACT_READ || f->kvm_amd.state == FACT_READ || f->kvm_pvm.state == FACT_READ;
}

/* Ask the kernel's modules first: a back end may need neither extension. */
void check_virtualization(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const char *extension = cpu_flag(f, "vmx") ? "VT-x" : cpu_flag(f, "svm") ? "AMD-V" : NULL;
	const char *module = f->kvm_intel.state == FACT_READ ? "kvm_intel" : f->kvm_amd.state == FACT_READ ? "kvm_amd" :
		"kvm_pvm";

	(void)need;
	if (backend_loaded(f)) {
		finding_found(out, "%s, %s", module, extension ? extension : "which needs neither VT-x nor AMD-V");
		return;
	}
	if (extension && f->kvm_intel.state != FACT_UNKNOWN) {
		finding_found(out, "%s, but no KVM module for it is loaded", extension);
		finding_want(out, DOCTOR_ERROR, "kvm_intel or kvm_amd", "no guest can start");
		finding_remedy(out, CHANGE_NOW, "modprobe kvm_%s; if that fails, dmesg says why (often: turned off in the "
			"firmware)", cpu_flag(f, "vmx") ? "intel" : "amd");
		return;
	}
	if (f->cpuinfo.state != FACT_READ || f->kvm_intel.state == FACT_UNKNOWN) {
		finding_unknown(out, "/proc/cpuinfo or /sys/module can't be read");
		return;
	}
	finding_found(out, "neither VT-x nor AMD-V, and no KVM back end");
	finding_want(out, DOCTOR_ERROR, "VT-x or AMD-V", "no guest can start");
	if (cpu_flag(f, "hypervisor"))
		finding_remedy(out, CHANGE_FIRMWARE, "this host is a virtual machine: ask for nested virtualization, or for bare "
			"metal");
	else
		finding_remedy(out, CHANGE_FIRMWARE, "turn on virtualization (VT-x, VMX or SVM mode)");
}

void check_device_node(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->kvm_device.state == FACT_READ) {
		finding_found(out, "may be opened");
		return;
	}
	if (f->dev.state != FACT_READ) {
		finding_unknown(out, "there is no /dev to look into");
		return;
	}
	finding_found(out, "%s", f->kvm_device.state == FACT_ABSENT ? "is not there" : "may not be opened by this user");
	finding_want(out, DOCTOR_ERROR, "readable and writable", "no guest can start");
	if (f->kvm_device.state == FACT_UNKNOWN)
		finding_remedy(out, CHANGE_LOGIN, "usermod -aG kvm USER (the group that owns /dev/kvm)");
	else if (backend_loaded(f))
		finding_remedy(out, CHANGE_RUN, "in a container: pass the device in, as with --device /dev/kvm");
	else
		finding_remedy(out, CHANGE_NOW, "load a KVM module (see virtualization)");
}

void check_nested_paging(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact *parameter = f->kvm_intel.state == FACT_READ ? &f->ept : &f->npt;
	const char *name = parameter == &f->ept ? "EPT" : "NPT";

	if (!backend_loaded(f))
		return; /* reported already */
	if (f->kvm_intel.state == FACT_READ || f->kvm_amd.state == FACT_READ) {
		if (!fact_is_switch(parameter)) {
			finding_unknown(out, "the module doesn't say whether it uses %s", name);
			return;
		}
		finding_found(out, "%s is %s", name, fact_on(parameter) ? "on" : "off");
		if (fact_on(parameter))
			return;
		finding_remedy(out, CHANGE_NOW, "no guest running: modprobe -r kvm_%s; modprobe kvm_%s %s=1",
			parameter == &f->ept ? "intel" : "amd", parameter == &f->ept ? "intel" : "amd",
			parameter == &f->ept ? "ept" : "npt");
	} else {
		finding_found(out, "none: this back end keeps shadow page tables");
		finding_remedy(out, CHANGE_FIRMWARE, "a host with VT-x or AMD-V");
	}
	finding_want(out, need->kind == NEED_LINUX ? DOCTOR_ERROR : need->kind == NEED_PAYLOAD ? DOCTOR_ADVICE :
		DOCTOR_WARNING, "EPT or NPT", "payloads only, no Linux guests; each new page of the guest is an exit");
}

void check_bare_metal(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->cpuinfo.state != FACT_READ) {
		finding_unknown(out, "/proc/cpuinfo can't be read");
		return;
	}
	if (!cpu_flag(f, "hypervisor")) {
		finding_found(out, "bare metal");
		return;
	}
	finding_found(out, "a virtual machine itself");
	if (*fact_text(&f->product))
		finding_add(out, " (%s)", fact_text(&f->product));
	finding_want(out, DOCTOR_WARNING, "bare metal", "each exit becomes several; what the hypervisor below does is not "
		"seen here: its CPUs may not be pinned, nor its memory huge");
	finding_remedy(out, CHANGE_FIRMWARE, "run on the metal, or take figures from here as those of a nested guest");
}

/* AVIC is refused by KVM where other features rule it out, and then the parameter says so. */
void check_apic(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const bool intel = f->kvm_intel.state == FACT_READ;
	const struct fact *parameter = intel ? &f->apicv : &f->avic;

	(void)need;
	if (!intel && f->kvm_amd.state != FACT_READ)
		return;
	if (!fact_is_switch(parameter)) {
		finding_unknown(out, "the module doesn't say whether it uses %s", intel ? "APICv" : "AVIC");
		return;
	}
	finding_found(out, "%s is %s", intel ? "APICv" : "AVIC", fact_on(parameter) ? "on" : "off");
	if (fact_on(parameter))
		return;
	finding_want(out, DOCTOR_ADVICE, intel ? "APICv on" : "AVIC on",
		"each interrupt to a running vCPU, and each end of one, is an exit; a guest that computes has few");
	if (intel)
		finding_remedy(out, CHANGE_NOW, "no guest running: modprobe -r kvm_intel; modprobe kvm_intel enable_apicv=1; if "
			"it stays off, this processor has none");
	else
		finding_remedy(out, CHANGE_NOW, "no guest running: modprobe -r kvm_amd; modprobe kvm_amd avic=1 (on some "
			"kernels also nested=0)");
}

static void ipi_wanted(struct finding *out, const char *wanted)
{
	finding_want(out, DOCTOR_ADVICE, wanted, "each interrupt that one vCPU sends another is an exit of the sender; a guest "
		"of one vCPU sends none");
}

/* IPI virtualization is of processors from Sapphire Rapids on and Linux 6.0; x2AVIC of Zen 4 on, and AVIC without it
 * is off for guests that use x2APIC, as all of ours. */
void check_ipi(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->kvm_intel.state == FACT_READ) {
		if (!fact_is_switch(&f->ipiv)) {
			finding_unknown(out, "the module doesn't say whether the processor sends them (IPI virtualization, from Linux "
				"6.0 on)");
			return;
		}
		finding_found(out, "IPI virtualization is %s", fact_on(&f->ipiv) ? "on" : "off");
		if (fact_on(&f->ipiv))
			return;
		ipi_wanted(out, "IPI virtualization on");
		finding_remedy(out, CHANGE_NOW, "no guest running: modprobe -r kvm_intel; modprobe kvm_intel enable_ipiv=1; if it "
			"stays off, this processor has none");
		return;
	}
	if (f->kvm_amd.state != FACT_READ)
		return;
	if (f->cpuinfo.state != FACT_READ || !fact_is_switch(&f->avic)) {
		finding_unknown(out, "it takes AVIC and x2AVIC, of which one can't be read");
		return;
	}
	if (!fact_on(&f->avic)) {
		finding_found(out, "AVIC is off%s", cpu_flag(f, "x2avic") ? "" : ", and the processor has no x2AVIC");
	} else if (cpu_flag(f, "x2avic")) {
		finding_found(out, "x2AVIC is on");
		return;
	} else {
		finding_found(out, "AVIC, without x2AVIC: guests, which use x2APIC, don't have it");
	}
	ipi_wanted(out, "x2AVIC on");
	if (cpu_flag(f, "x2avic"))
		finding_remedy(out, CHANGE_NOW, "see virtual APIC");
	else
		finding_remedy(out, CHANGE_FIRMWARE, "processors from Zen 4 on have it");
}

/* KVM gives guests x2APIC in any case; of the host it is what interrupt remapping and more than 255 CPUs take. */
void check_x2apic(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->cpuinfo.state != FACT_READ)
		finding_unknown(out, "/proc/cpuinfo can't be read");
	else
		finding_found(out, cpu_flag(f, "x2apic") ? "the processor has it" : "the host has none; guests have KVM's");
}

void check_counters(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	(void)need;
	if (f->cpuinfo.state != FACT_READ) {
		finding_unknown(out, "/proc/cpuinfo can't be read");
		return;
	}
	if (!cpu_flag(f, "arch_perfmon") && !cpu_flag(f, "perfctr_core")) {
		finding_found(out, "this host shows no performance counters, so guests have none");
		return;
	}
	if (!fact_is_switch(&f->pmu)) {
		finding_unknown(out, "KVM doesn't say whether guests have performance counters (from Linux 5.18 on)");
		return;
	}
	finding_found(out, "guests %s have performance counters", fact_on(&f->pmu) ? "can" : "cannot");
	if (fact_on(&f->pmu))
		return;
	finding_want(out, DOCTOR_ADVICE, "counters in guests", "perf and PAPI count nothing in a guest");
	finding_remedy(out, CHANGE_NOW, "no guest running: modprobe -r kvm_intel kvm_amd kvm; modprobe kvm enable_pmu=1");
}

/* Without a run in mind a lack is no more than advice; with one that hands devices over it is an error. */
static const char no_devices[] = "this run hands no device over";

void check_iommu(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const bool intel = is_intel(f);

	if (f->nr_iommus && f->iommu_groups.state == FACT_READ) {
		finding_found(out, "%u unit%s, and its groups of devices", f->nr_iommus, f->nr_iommus > 1 ? "s" : "");
		return;
	}
	if (f->iommu_groups.state == FACT_UNKNOWN) {
		finding_unknown(out, "/sys/kernel/iommu_groups can't be read");
		return;
	}
	finding_found(out, f->nr_iommus ? "there is one, but no device is in a group" : "none that the kernel uses");
	if (need->given && !need->devices) {
		finding_add(out, "; %s", no_devices);
		return;
	}
	finding_want(out, need->devices ? DOCTOR_ERROR : DOCTOR_ADVICE, intel ? "VT-d" : "AMD-Vi or VT-d",
		"no device can be handed to a guest");
	finding_remedy(out, CHANGE_REBOOT, "turn it on in the firmware, and boot with %siommu=pt", intel ? "intel_iommu=on " : "");
}

/* The kernel names a remapped interrupt's controller "IR-…" (kernel/irq, arch/x86/kernel/apic). */
static bool remaps(const struct host_facts *f)
{
	return strstr(fact_text(&f->interrupts), " IR-") != NULL;
}

void check_remapping(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	if (!f->nr_iommus)
		return;
	if (f->interrupts.state != FACT_READ) {
		finding_unknown(out, "/proc/interrupts can't be read");
		return;
	}
	finding_found(out, remaps(f) ? "on" : "off");
	if (remaps(f))
		return;
	if (need->given && !need->devices) {
		finding_add(out, "; %s", no_devices);
		return;
	}
	finding_want(out, need->devices ? DOCTOR_ERROR : DOCTOR_ADVICE, "on",
		"a device in a guest could raise any interrupt of the host, so VFIO refuses it");
	finding_remedy(out, CHANGE_REBOOT, "turn on x2APIC in the firmware, and boot with intremap=on");
}

static uint64_t register_of(const struct fact *f)
{
	return strtoull(fact_text(f), NULL, 16);
}

/* Every unit must be able to: the kernel posts on all or none. */
static bool units_post(const struct host_facts *f, bool *known)
{
	bool all = true;

	*known = true;
	for (uint32_t i = 0; i < f->nr_iommus; i++) {
		const struct fact_iommu *u = &f->iommu[i];

		if (u->cap.state == FACT_READ && u->ecap.state == FACT_READ)
			all &= (register_of(&u->cap) & VTD_CAP_POSTING) && (register_of(&u->ecap) & VTD_ECAP_REMAPPING);
		else if (u->features.state == FACT_READ)
			all &= (register_of(&u->features) & AMD_GUEST_VAPIC) != 0;
		else
			*known = false;
	}
	return all;
}

void check_posting(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact *apic = f->kvm_intel.state == FACT_READ ? &f->apicv : &f->avic;
	bool known, able;

	if (!f->nr_iommus)
		return;
	able = units_post(f, &known);
	if (!known) {
		finding_unknown(out, "an IOMMU doesn't show its capability register");
		return;
	}
	if (able && remaps(f) && fact_on(apic)) {
		finding_found(out, "the IOMMUs can, and the APIC is virtual");
		return;
	}
	finding_found(out, !able ? "the IOMMU can't" : !remaps(f) ? "the IOMMU can, but interrupt remapping is off" :
		"the IOMMU can, but the virtual APIC is off");
	if (need->given && !need->devices) {
		finding_add(out, "; %s", no_devices);
		return;
	}
	finding_want(out, DOCTOR_ADVICE, "on", "an interrupt of a device in a guest goes through the host and is an exit");
	if (able)
		finding_remedy(out, remaps(f) ? CHANGE_NOW : CHANGE_REBOOT, "see %s", remaps(f) ? "virtual APIC" :
			"irq remapping");
}

/* KVM posts a vCPU's timer from a housekeeping CPU: it takes a virtual APIC, and timers that leave the vCPU's CPU. */
void check_timer(const struct host_facts *f, const struct doctor_need *need, struct finding *out)
{
	const struct fact *apic = f->kvm_intel.state == FACT_READ ? &f->apicv : &f->avic;
	struct cpulist tickless;
	bool useful;

	(void)need;
	if (f->pi_timer.state != FACT_READ)
		return;
	useful = fact_cpus(&f->nohz_full, &tickless) && tickless.nr && fact_on(apic);
	cpulist_fini(&tickless);
	finding_found(out, fact_on(&f->pi_timer) ? "on" : useful ? "off" :
		"off, and no use without a virtual APIC and nohz_full CPUs");
	if (fact_on(&f->pi_timer) || !useful)
		return;
	finding_want(out, DOCTOR_ADVICE, "on", "each timer of a guest goes off on the vCPU's own CPU, and is an exit");
	finding_remedy(out, CHANGE_NOW, "echo 1 > /sys/module/kvm/parameters/pi_inject_timer");
}
