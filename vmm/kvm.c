/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm.c - open /dev/kvm and find out what it can do. */
#include "vmm/kvm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

#define KVM_API 12 /* has never changed since 2.6.22; anything else is no KVM that we know */

const struct kvm_cap kvm_caps[] = {
	{ KVM_CAP_USER_MEMORY, "USER_MEMORY", true, "guest memory from this process" },
	{ KVM_CAP_IRQCHIP, "IRQCHIP", true, "interrupt controllers in the kernel" },
	{ KVM_CAP_IRQFD, "IRQFD", true, "interrupts by eventfd, without this process" },
	{ KVM_CAP_IOEVENTFD, "IOEVENTFD", true, "doorbells by eventfd, without this process" },
	{ KVM_CAP_SIGNAL_MSI, "SIGNAL_MSI", true, "message-signalled interrupts" },
	{ KVM_CAP_EXT_CPUID, "EXT_CPUID", true, "CPUID as the guest sees it" },
	{ KVM_CAP_MP_STATE, "MP_STATE", true, "starting further vCPUs by INIT and SIPI" },
	{ KVM_CAP_IMMEDIATE_EXIT, "IMMEDIATE_EXIT", true, "stopping a vCPU without a race" },
	{ KVM_CAP_SET_TSS_ADDR, "SET_TSS_ADDR", false, "real mode on older Intel processors" },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR, "SET_IDENTITY_MAP_ADDR", false,
		"real mode on older Intel processors" },
	{ KVM_CAP_X2APIC_API, "X2APIC_API", false, "APIC ids above 254" },
	{ KVM_CAP_TSC_DEADLINE_TIMER, "TSC_DEADLINE_TIMER", false, "the guest's timer" },
	{ KVM_CAP_GET_TSC_KHZ, "GET_TSC_KHZ", false, "the clock's frequency, told to the guest" },
	{ KVM_CAP_TSC_CONTROL, "TSC_CONTROL", false, "scaling the guest's clock" },
	{ KVM_CAP_XSAVE2, "XSAVE2", false, "state of AMX and other wide registers" },
	{ KVM_CAP_XCRS, "XCRS", false, "AVX for payloads from the first instruction" },
	{ KVM_CAP_BINARY_STATS_FD, "BINARY_STATS_FD", false, "statistics (--stats)" },
	{ KVM_CAP_X86_DISABLE_EXITS, "X86_DISABLE_EXITS", false, "HLT, PAUSE, MWAIT without an exit" },
	{ KVM_CAP_SPLIT_IRQCHIP, "SPLIT_IRQCHIP", false, "I/O APIC in this process" },
	{ KVM_CAP_PRE_FAULT_MEMORY, "PRE_FAULT_MEMORY", false, "nested page tables filled before start" },
	{ KVM_CAP_PMU_CAPABILITY, "PMU_CAPABILITY", false, "hardware counters in the guest, or none" },
};
const size_t kvm_caps_nr = ARRAY_SIZE(kvm_caps);

int kvm_cap_value(const struct kvm *kvm, int number)
{
	int v = kvm_ioctl_val(kvm->fd, KVM_CHECK_EXTENSION, (unsigned long)number);

	return max(v, 0);
}

static int open_error(int err, const char *path)
{
	switch (err) {
	case -ENOENT:
		return log_errno(err,
			"%s: %m; load KVM (modprobe kvm_intel or kvm_amd) or turn virtualization on in the firmware",
			path);
	case -EACCES:
	case -EPERM:
		return log_errno(err, "%s: %m; add your user to the group that owns it (usually kvm)", path);
	case -ENODEV:
	case -ENXIO:
		return log_errno(err, "%s: %m; no KVM back end is loaded (modprobe kvm_intel or kvm_amd)", path);
	default:
		return log_errno(err, "%s: %m", path);
	}
}

static int caps_check(const struct kvm *kvm, const char *path)
{
	for (size_t i = 0; i < kvm_caps_nr; i++)
		if (kvm_caps[i].required && !kvm_cap_value(kvm, kvm_caps[i].number))
			return log_errno(-ENOTSUP,
				"%s: this kernel's KVM has no %s (%s); `thole kvm` lists what it has", path,
				kvm_caps[i].name, kvm_caps[i].use);
	return 0;
}

static int limits_read(struct kvm *kvm)
{
	int run_bytes = kvm_ioctl_val(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	int most = kvm_cap_value(kvm, KVM_CAP_MAX_VCPUS);
	int ids = kvm_cap_value(kvm, KVM_CAP_MAX_VCPU_ID);

	if (run_bytes < (int)sizeof(struct kvm_run))
		return log_errno(-ENOTSUP, "KVM's vCPU mapping is too small (%d bytes)", run_bytes);
	kvm->run_bytes = (uint32_t)run_bytes;
	/* api.rst, 4.7: 4 where the capability is absent, and ids are bounded by the count. */
	kvm->max_vcpus = most ? (uint32_t)most : 4;
	kvm->max_vcpu_id = ids ? (uint32_t)ids : kvm->max_vcpus;
	return 0;
}

int kvm_open(struct kvm *kvm, const char *path)
{
	int err;

	*kvm = (struct kvm){ .fd = open(path, O_RDWR | O_CLOEXEC) };
	if (kvm->fd < 0)
		return open_error(-errno, path);
	kvm->api_version = kvm_ioctl_val(kvm->fd, KVM_GET_API_VERSION, 0);
	if (kvm->api_version != KVM_API) {
		err = log_errno(-ENOTSUP, "%s: is not KVM (API version %d, want %d); remove it and load KVM "
			"(modprobe kvm_intel or kvm_amd)",
			path, kvm->api_version, KVM_API);
		goto err_close;
	}
	if ((err = caps_check(kvm, path)) != 0 || (err = limits_read(kvm)) != 0)
		goto err_close;
	kvm_backend_read("/sys", &kvm->backend);
	return 0;
err_close:
	kvm_close(kvm);
	return err;
}

void kvm_close(struct kvm *kvm)
{
	if (kvm->fd >= 0)
		close(kvm->fd);
	kvm->fd = -1;
}

/* A module parameter that is Y or 1; absent counts as no. */
static bool parameter_on(const char *sysfs, const char *module, const char *parameter)
{
	char path[256];
	char value = 'N';
	FILE *f;

	snprintf(path, sizeof(path), "%s/module/%s/parameters/%s", sysfs, module, parameter);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fread(&value, 1, 1, f) != 1)
		value = 'N';
	fclose(f);
	return value == 'Y' || value == '1';
}

void kvm_backend_read(const char *sysfs, struct kvm_backend *backend)
{
	static const struct {
		const char *module;
		const char *parameter;
	} known[] = { { "kvm_intel", "ept" }, { "kvm_amd", "npt" }, { "kvm_pvm", NULL } };
	char path[256];

	*backend = (struct kvm_backend){ .name = "unknown" };
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		snprintf(path, sizeof(path), "%s/module/%s", sysfs, known[i].module);
		if (access(path, F_OK) != 0)
			continue;
		snprintf(backend->name, sizeof(backend->name), "%s", known[i].module);
		backend->nested_paging = known[i].parameter
			&& parameter_on(sysfs, known[i].module, known[i].parameter);
		return;
	}
}

struct kvm_cpuid2 *kvm_supported_cpuid(const struct kvm *kvm, int *err)
{
	/* KVM answers E2BIG until there is room; it has some 50 entries today. */
	for (uint32_t room = 128; room <= 4096; room *= 2) {
		struct kvm_cpuid2 *set = calloc(1, sizeof(*set) + room * sizeof(set->entries[0]));

		if (!set) {
			*err = log_errno(-ENOMEM, "cannot hold KVM's CPUID set: %m");
			return NULL;
		}
		set->nent = room;
		*err = kvm_ioctl(kvm->fd, KVM_GET_SUPPORTED_CPUID, set);
		if (!*err)
			return set;
		free(set);
		if (*err != -E2BIG)
			break;
	}
	log_errno(*err, "KVM does not say which CPUID it supports: %m");
	return NULL;
}
