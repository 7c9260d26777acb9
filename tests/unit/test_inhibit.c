/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_inhibit.c - nothing that thole asks of KVM turns APICv or AVIC off.
 *
 * KVM lists why it does that (enum kvm_apicv_inhibit, arch/x86/include/asm/kvm_host.h, Linux 6.18). There is one test for
 * each reason that a process which makes machines can give. The others: DISABLE is the module's parameter,
 * LOGICAL_ID_ALIASED what a guest writes.
 *
 * A machine is made and run here by thole's own code, while KVM is only played: ioctl() is this file's, and keeps
 * what was asked.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/vcpu.h"

#define CPUS	  6
#define CALLS	  512
#define RUN_BYTES 12288
#define APIC_BASE 0xfee00000u

struct call {
	unsigned long request;
	uint64_t value; /* KVM_CREATE_*: its argument; KVM_ENABLE_CAP: the capability; SREGS: the APIC's base; CPUID: below */
	uint64_t more;	/* KVM_ENABLE_CAP: its first argument */
};

/* Of KVM_SET_CPUID2 */
#define GUEST_HAS_VMX	 1u
#define GUEST_HAS_SVM	 2u
#define GUEST_HAS_HYPERV 4u

static struct call calls[CALLS];
static unsigned nr_calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t cpuid_told(const struct kvm_cpuid2 *set)
{
	const struct kvm_cpuid_entry2 *basic = cpuid_find(set, 1, 0), *extended = cpuid_find(set, 0x80000001, 0);
	uint64_t told = 0;

	if (basic && basic->ecx & 1u << 5)
		told |= GUEST_HAS_VMX;
	if (extended && extended->ecx & 1u << 2)
		told |= GUEST_HAS_SVM;
	for (uint32_t i = 0; i < set->nent; i++)
		if (set->entries[i].function >> 8 == 0x400000 && memcmp(&set->entries[i].ebx, "Micr", 4) == 0)
			told |= GUEST_HAS_HYPERV;
	return told;
}

static void call_keep(unsigned long request, void *arg)
{
	struct call *c = &calls[nr_calls];
	const struct kvm_enable_cap *cap = arg;

	*c = (struct call){ .request = request };
	switch (request) {
	case KVM_CREATE_VM:
	case KVM_CREATE_VCPU: c->value = (uintptr_t)arg; break;
	case KVM_ENABLE_CAP:
		c->value = cap->cap;
		c->more = cap->args[0];
		break;
	case KVM_SET_SREGS: c->value = ((const struct kvm_sregs *)arg)->apic_base; break;
	case KVM_SET_CPUID2: c->value = cpuid_told(arg); break;
	default: break;
	}
	nr_calls += nr_calls < CALLS - 1; /* KVM_RUN comes over and over */
}

static int memory_fd(void)
{
	int fd = memfd_create("kvm", MFD_CLOEXEC);

	return fd >= 0 && ftruncate(fd, RUN_BYTES) == 0 ? fd : -1;
}

static int kvm_play(unsigned long request, void *arg)
{
	switch (request) {
	case KVM_GET_API_VERSION: return KVM_API_VERSION;
	case KVM_CHECK_EXTENSION: return 1024; /* it has all, and any number of it */
	case KVM_GET_VCPU_MMAP_SIZE: return RUN_BYTES;
	case KVM_CREATE_VM:
	case KVM_CREATE_VCPU: return memory_fd();
	case KVM_GET_SREGS:
		*(struct kvm_sregs *)arg = (struct kvm_sregs){ .apic_base = APIC_BASE | 0x800 };
		return 0;
	case KVM_RUN:
		usleep(1000);
		errno = EINTR;
		return -1;
	default: return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	void *arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(request) != KVMIO)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	pthread_mutex_lock(&lock);
	call_keep(request, arg);
	pthread_mutex_unlock(&lock);
	return kvm_play(request, arg);
}

static int create(void *ctx, uint32_t vcpu, pthread_attr_t *attr)
{
	(void)ctx;
	(void)vcpu;
	(void)attr;
	return 0;
}

static int begin(void *ctx, uint32_t vcpu)
{
	(void)ctx;
	(void)vcpu;
	return 0;
}

static int ready(void *ctx, uint32_t vcpu, int fd)
{
	(void)ctx;
	(void)vcpu;
	(void)fd;
	return 0;
}

static void leave(void *ctx, uint32_t vcpu)
{
	(void)ctx;
	(void)vcpu;
}

/* A machine on a host that has all that a guest could be given. */
static void machine_run(bool local_only, bool all_cpus)
{
	static const struct kvm_cpuid_entry2 host[] = { { .function = 0, .eax = 1 },
		{ .function = 1, .ecx = 1u << 31 | 1u << 21 | 1u << 5 }, { .function = 0x80000000, .eax = 0x80000001 },
		{ .function = 0x80000001, .ecx = 1u << 2 } };
	struct kvm_cpuid2 *supported = calloc(1, sizeof(*supported) + sizeof(host));
	const struct boot_plan boot = { .all_cpus = all_cpus, .cpu.mode = all_cpus ? CPU_USER64 : CPU_LONG64 };
	struct cpuid_config cpuid = { 0 };
	struct vcpu_setup setup = { .supported = supported, .cpuid = &cpuid, .boot = &boot,
		.hooks = { create, begin, ready, leave, NULL } };
	struct topology topology;
	struct vcpus vcpus;
	struct kvm kvm;
	struct vm vm;

	assert_non_null(supported);
	supported->nent = ARRAY_SIZE(host);
	memcpy(supported->entries, host, sizeof(host));
	assert_int_equal(topology_flat(&topology, CPUS), 0);
	setup.topology = cpuid.topology = &topology;
	nr_calls = 0;
	assert_int_equal(kvm_open(&kvm, "/dev/null"), 0);
	assert_int_equal(vm_create(&vm, &kvm, vm_open(&kvm)), 0);
	assert_int_equal(vm_irqchip(&vm, local_only), 0);
	vm_seal(&vm);
	assert_int_equal(vcpus_create(&vcpus, &vm, CPUS, &setup), 0);
	assert_int_equal(vcpus_run(&vcpus), 0);
	vcpus_stop(&vcpus);
	vcpus_fini(&vcpus);
	vm_destroy(&vm);
	kvm_close(&kvm);
	topology_fini(&topology);
	free(supported);
}

/* How often it was asked; the first time, at. */
static unsigned asked(unsigned long request, unsigned *at)
{
	unsigned n = 0;

	for (unsigned i = nr_calls; i--;)
		if (calls[i].request == request) {
			n++;
			if (at)
				*at = i;
		}
	return n;
}

static const struct call *cap_asked(uint64_t cap)
{
	for (unsigned i = 0; i < nr_calls; i++)
		if (calls[i].request == KVM_ENABLE_CAP && calls[i].value == cap)
			return &calls[i];
	return NULL;
}

/* No source names it, so that no machine of another shape asks for it either. */
static void named_nowhere(const char *what)
{
	static const char *const folders[] = { "vmm", "vmm/boot", "vmm/virtio", "numa", "sched", "ipi", "passthrough",
		"launcher" };
	static char text[256 << 10];
	unsigned files = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		DIR *d = opendir(folders[i]);
		char path[512];

		assert_non_null(d);
		for (const struct dirent *e; (e = readdir(d)) != NULL;) {
			FILE *in;
			size_t n;

			if (!strstr(e->d_name, ".c") && !strstr(e->d_name, ".h"))
				continue;
			snprintf(path, sizeof(path), "%s/%s", folders[i], e->d_name);
			in = fopen(path, "re");
			assert_non_null(in);
			n = fread(text, 1, sizeof(text) - 1, in);
			fclose(in);
			assert_true(n > 0 && n < sizeof(text) - 1);
			text[n] = 0;
			if (strstr(text, what))
				fail_msg("%s has %s", path, what);
			files++;
		}
		closedir(d);
	}
	assert_true(files > 100);
}

static void never(unsigned long request, const char *name)
{
	for (int shape = 0; shape < 4; shape++) {
		machine_run(shape & 1, shape & 2);
		assert_int_equal(asked(request, NULL), 0);
	}
	named_nowhere(name);
}

/* ABSENT: an APIC that is not in the kernel. */
static void absent(void **state)
{
	unsigned chip = 0, vcpu = 0;

	(void)state;
	machine_run(false, false);
	assert_int_equal(asked(KVM_CREATE_IRQCHIP, &chip), 1);
	assert_int_equal(asked(KVM_CREATE_VCPU, &vcpu), CPUS);
	assert_true(chip < vcpu);
	machine_run(true, true);
	assert_int_equal(asked(KVM_CREATE_IRQCHIP, NULL), 0);
	assert_non_null(cap_asked(KVM_CAP_SPLIT_IRQCHIP));
	assert_int_equal(asked(KVM_CREATE_VCPU, &vcpu), CPUS);
	assert_true(cap_asked(KVM_CAP_SPLIT_IRQCHIP) < &calls[vcpu]);
}

/* HYPERV: a guest that has been given Hyper-V's interrupt controller, with its AutoEOI. */
static void hyperv(void **state)
{
	(void)state;
	machine_run(false, false);
	assert_null(cap_asked(KVM_CAP_HYPERV_SYNIC));
	assert_null(cap_asked(KVM_CAP_HYPERV_SYNIC2));
	for (unsigned i = 0; i < nr_calls; i++)
		assert_false(calls[i].request == KVM_SET_CPUID2 && calls[i].value & GUEST_HAS_HYPERV);
	named_nowhere("KVM_CAP_HYPERV");
}

/* BLOCKIRQ: a debugger that holds interrupts back. */
static void blockirq(void **state)
{
	(void)state;
	never(KVM_SET_GUEST_DEBUG, "KVM_SET_GUEST_DEBUG");
}

/* PHYSICAL_ID_ALIASED: two APICs of one id, as it is cut off to 8 bits. */
static void physical_id_aliased(void **state)
{
	bool seen[256] = { 0 };

	(void)state;
	machine_run(false, false);
	assert_int_equal(asked(KVM_CREATE_VCPU, NULL), CPUS);
	for (unsigned i = 0; i < nr_calls; i++)
		if (calls[i].request == KVM_CREATE_VCPU) {
			assert_false(seen[calls[i].value & 0xff]);
			seen[calls[i].value & 0xff] = true;
		}
	assert_non_null(cap_asked(KVM_CAP_X2APIC_API));
	assert_true(cap_asked(KVM_CAP_X2APIC_API)->more & KVM_X2APIC_API_USE_32BIT_IDS);
}

/* APIC_ID_MODIFIED: registers of an APIC that are written from outside, its id among them. */
static void apic_id_modified(void **state)
{
	(void)state;
	never(KVM_SET_LAPIC, "KVM_SET_LAPIC");
}

/* APIC_BASE_MODIFIED: an APIC elsewhere than at its usual address. */
static void apic_base_modified(void **state)
{
	unsigned set = 0;

	(void)state;
	for (int shape = 0; shape < 4; shape++) {
		machine_run(shape & 1, shape & 2);
		assert_int_equal(asked(KVM_SET_SREGS, NULL), shape & 2 ? CPUS : 1);
		for (unsigned i = 0; i < nr_calls; i++)
			if (calls[i].request == KVM_SET_SREGS) {
				assert_int_equal(calls[i].value, APIC_BASE | 0x800);
				set++;
			}
	}
	assert_int_equal(set, 2 + 2 * CPUS);
	named_nowhere("apic_base");
}

/* NESTED, of AVIC: a guest that runs guests. */
static void nested(void **state)
{
	unsigned told = 0;

	(void)state;
	machine_run(false, false);
	for (unsigned i = 0; i < nr_calls; i++)
		if (calls[i].request == KVM_SET_CPUID2) {
			assert_int_equal(calls[i].value & (GUEST_HAS_VMX | GUEST_HAS_SVM), 0);
			told++;
		}
	assert_int_equal(told, CPUS);
}

/* IRQWIN, of AVIC: an interrupt that is put in by hand, when the guest lets it. */
static void irqwin(void **state)
{
	(void)state;
	never(KVM_INTERRUPT, "KVM_INTERRUPT");
	named_nowhere("request_interrupt_window");
}

/* PIT_REINJ, of AVIC: a timer of the PC that makes up for ticks which were late. There is no such timer. */
static void pit_reinj(void **state)
{
	(void)state;
	never(KVM_CREATE_PIT, "KVM_CREATE_PIT");
	never(KVM_CREATE_PIT2, "KVM_CREATE_PIT2");
}

/* SEV, of AVIC: encrypted machines. */
static void sev(void **state)
{
	unsigned at = 0;

	(void)state;
	never(KVM_MEMORY_ENCRYPT_OP, "KVM_MEMORY_ENCRYPT_OP");
	assert_int_equal(asked(KVM_CREATE_VM, &at), 1);
	assert_int_equal(calls[at].value, 0);
}

/* PHYSICAL_ID_TOO_BIG, of AVIC: an id above 254, where there is no x2AVIC. Ids have no larger gaps than they need. */
static void physical_id_too_big(void **state)
{
	(void)state;
	machine_run(false, false);
	for (unsigned i = 0; i < nr_calls; i++)
		assert_false(calls[i].request == KVM_CREATE_VCPU && calls[i].value >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent),
		cmocka_unit_test(hyperv),
		cmocka_unit_test(blockirq),
		cmocka_unit_test(physical_id_aliased),
		cmocka_unit_test(apic_id_modified),
		cmocka_unit_test(apic_base_modified),
		cmocka_unit_test(nested),
		cmocka_unit_test(irqwin),
		cmocka_unit_test(pit_reinj),
		cmocka_unit_test(sev),
		cmocka_unit_test(physical_id_too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
