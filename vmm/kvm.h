/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm.h - /dev/kvm: typed ioctl wrappers, capabilities, and what kind of KVM this is.
 *
 * Follows Documentation/virt/kvm/api.rst of the kernel. Capabilities are asked of KVM, never
 * guessed from CPUID: a back end may need no VT-x or AMD-V.
 *
 * Threads: a struct kvm is read-only after kvm_open(). Owns: the fd. Errors: negative errno,
 * reported with the remedy.
 */
#ifndef VMM_KVM_H
#define VMM_KVM_H

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "vmm/util.h"

/* An ioctl whose argument is *arg; 0 or -errno. The argument's size is checked when compiling. */
#define kvm_ioctl(fd, req, arg)                                              \
	({                                                                   \
		static_assert(_IOC_SIZE(req) == sizeof(*(arg)), #req);       \
		ioctl((fd), (req), (arg)) < 0 ? -errno : 0;                  \
	})

/* An ioctl with a number (or nothing, 0) for argument: a value or fd ≥ 0, or -errno. */
static inline int kvm_ioctl_val(int fd, unsigned long req, unsigned long val)
{
	int r = ioctl(fd, req, val);

	return r < 0 ? -errno : r;
}

/* Newer than the oldest kernel headers that we build with. */
#ifndef KVM_CAP_PRE_FAULT_MEMORY
#define KVM_CAP_PRE_FAULT_MEMORY 236
#endif

/* What a capability is for, and whether thole can do without it. */
struct kvm_cap {
	int number;
	const char *name; /* as in <linux/kvm.h>, without KVM_CAP_ */
	bool required;
	const char *use;
};

extern const struct kvm_cap kvm_caps[];
extern const size_t kvm_caps_nr;

/* The kernel's implementation behind /dev/kvm, from /sys/module. */
struct kvm_backend {
	char name[32];      /* "kvm_intel", "kvm_amd", …, or "unknown" */
	bool nested_paging; /* EPT or NPT in use: Linux guests run at speed */
};

struct kvm {
	int fd;
	int api_version;
	uint32_t run_bytes;       /* size of a vCPU's shared kvm_run mapping */
	uint32_t max_vcpus;       /* most that KVM_CREATE_VCPU takes */
	uint32_t max_vcpu_id;     /* one past the largest APIC id */
	struct kvm_backend backend;
};

/*
 * Open path ("/dev/kvm") and check that every required capability is there.
 * Errors: -ENOENT, -EACCES, … from open; -ENOTSUP for a capability or API version.
 */
int kvm_open(struct kvm *kvm, const char *path) must_check;
void kvm_close(struct kvm *kvm);

/* Value of a capability: 0 absent, else KVM's number for it. */
int kvm_cap_value(const struct kvm *kvm, int number);

/* Read the back end below sysfs ("/sys", or a recorded tree). Never fails: "unknown" has no nested
 * paging that we know of. */
void kvm_backend_read(const char *sysfs, struct kvm_backend *backend);

/* KVM's supported CPUID, malloc'd; the caller frees it. NULL and *err on failure. */
struct kvm_cpuid2 *kvm_supported_cpuid(const struct kvm *kvm, int *err) must_check;

#endif
