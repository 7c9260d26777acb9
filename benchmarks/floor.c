/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor.c - what KVM itself takes: the calls by which thole starts a guest with one vCPU and 1 GiB, one after the other,
 * and nothing else, not even the questions which of them there are. No options, no devices, no threads, no clean-up.
 *
 *	floor			the guest is two instructions and leaves at once
 *	floor --pins		the same with a PIC and an I/O APIC, made before there is memory, as is usual
 *	floor GUEST [CMDLINE]	a payload (thole/payload.h), as far as the benchmarks' guests need one:
 *				its ports for text and for the end, its command line
 *
 *   4 KiB   parameters, command line           20 KiB  page directory: 512 pages of 2 MiB
 *   12 KiB  PML4                               24 KiB  TSS with a bitmap that allows every port
 *   16 KiB  PDPT                               2 MiB   the guest;  below 1 GiB: its stack
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <thole/payload.h>
#include <unistd.h>

#define MEMORY	  (1ul << 30)
#define PARAMS	  0x1000u
#define CMDLINE	  0x1800u
#define PML4	  0x3000u
#define PDPT	  0x4000u
#define PD	  0x5000u
#define TSS	  0x6000u
#define TSS_BYTES (104u + 8192u)
#define CODE	  0x200000u

#define MSR_MISC_ENABLE	  0x1a0u
#define MSR_MTRR_DEF_TYPE 0x2ffu

#define KVM_TSS	  0xfffbd000ul
#define KVM_IDMAP 0xfffbc000ul

#define CPUID_MAX 256

static void fail(const char *what)
{
	perror(what);
	exit(125);
}

static int call(int fd, unsigned long request, unsigned long arg, const char *what)
{
	int r = ioctl(fd, request, arg);

	if (r < 0)
		fail(what);
	return r;
}

#define CALL(fd, request, arg) call(fd, request, (unsigned long)(arg), #request)

static uint8_t *memory_make(void)
{
	int fd = memfd_create("floor", MFD_CLOEXEC);
	void *at;

	if (fd < 0 || ftruncate(fd, (off_t)MEMORY) < 0)
		fail("memfd");
	at = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static void memory_tell(int vm, uint8_t *memory)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY, .userspace_addr = (uintptr_t)memory };

	CALL(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static uint64_t *entries(uint8_t *memory, uint32_t at)
{
	return (uint64_t *)(void *)(memory + at);
}

static void tables_write(uint8_t *memory)
{
	const uint64_t user_table = 0x27, user_page = 0xe7; /* present, write, user, accessed; dirty, large */

	entries(memory, PML4)[0] = PDPT | user_table;
	entries(memory, PDPT)[0] = PD | user_table;
	for (uint64_t i = 0; i < 512; i++)
		entries(memory, PD)[i] = i << 21 | user_page;
	memory[TSS + 102] = 104; /* where the bitmap starts */
	memory[TSS + TSS_BYTES] = 0xff;
}

/* The built-in guest: end with code 0. */
static uint64_t code_write(uint8_t *memory)
{
	static const uint8_t code[] = {
		0x66, 0xba, PAYLOAD_PORT_EXIT & 0xff, PAYLOAD_PORT_EXIT >> 8, /* mov dx, PAYLOAD_PORT_EXIT */
		0xef,							      /* out dx, eax */
	};

	memcpy(memory + CODE, code, sizeof(code));
	return CODE;
}

static uint64_t guest_load(uint8_t *memory, const char *path, const char *cmdline)
{
	static uint8_t file[1 << 20];
	const Elf64_Ehdr *elf = (const void *)file;
	const Elf64_Phdr *segment = (const void *)(file + sizeof(*elf));
	struct payload_params *params = (void *)(memory + PARAMS);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, file, sizeof(file)) < (ssize_t)sizeof(*elf))
		fail(path);
	for (int i = 0; i < elf->e_phnum; i++)
		if (segment[i].p_type == PT_LOAD)
			memcpy(memory + segment[i].p_vaddr, file + segment[i].p_offset, segment[i].p_filesz);
	params->magic = PAYLOAD_MAGIC;
	params->version = PAYLOAD_VERSION;
	params->nr_cpus = 1;
	params->cmdline = CMDLINE;
	snprintf((char *)memory + CMDLINE, 64, "%s", cmdline);
	return elf->e_entry;
}

static struct kvm_cpuid2 *cpuid_get(int kvm)
{
	struct kvm_cpuid2 *set = calloc(1, sizeof(*set) + CPUID_MAX * sizeof(set->entries[0]));

	if (!set)
		fail("calloc");
	set->nent = CPUID_MAX;
	CALL(kvm, KVM_GET_SUPPORTED_CPUID, set);
	return set;
}

/* A KVM may not have it. */
static void msr_set(int vcpu, uint32_t index, uint64_t value)
{
	_Alignas(struct kvm_msrs) uint8_t one[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = { 0 };
	struct kvm_msrs *msrs = (void *)one;

	msrs->nmsrs = 1;
	msrs->entries[0] = (struct kvm_msr_entry){ .index = index, .data = value };
	CALL(vcpu, KVM_SET_MSRS, msrs);
}

/* Ring 3 in 64 bits, with IN and OUT allowed. */
static void registers_set(int vcpu, uint64_t rip)
{
	const struct kvm_segment data = { .limit = 0xffffffff, .selector = 0x2b, .type = 3, .present = 1,
		.dpl = 3, .db = 1, .s = 1, .g = 1 };
	struct kvm_regs regs = { .rip = rip, .rflags = 0x3002, .rsi = PARAMS, .rsp = MEMORY - 8 };
	struct kvm_sregs s;

	CALL(vcpu, KVM_GET_SREGS, &s);
	s.cs = (struct kvm_segment){ .limit = 0xffffffff, .selector = 0x33, .type = 11, .present = 1,
		.dpl = 3, .s = 1, .l = 1, .g = 1 };
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.tr = (struct kvm_segment){ .base = TSS, .limit = TSS_BYTES, .selector = 0x20, .type = 11,
		.present = 1 };
	s.ldt = (struct kvm_segment){ .unusable = 1 };
	s.idt.limit = 0;
	s.cr3 = PML4;
	s.cr0 = 0x80050033;
	s.cr4 = 0x620;
	s.efer = 0xd01;
	CALL(vcpu, KVM_SET_SREGS, &s);
	CALL(vcpu, KVM_SET_REGS, &regs);
}

/* The payload's ports; all others are nobody's, and read as ones. */
static void port(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	if (run->io.direction == KVM_EXIT_IO_IN)
		memset(data, 0xff, (size_t)run->io.size * run->io.count);
	else if (run->io.port == PAYLOAD_PORT_EXIT)
		_exit(*data);
	else if (run->io.port == PAYLOAD_PORT_CONSOLE && write(STDOUT_FILENO, data, run->io.count) < 0)
		fail("write");
}

static void guest_run(int vcpu, struct kvm_run *run)
{
	/* Makes KVM's thread for split pages, and enters nothing. */
	run->immediate_exit = 1;
	(void)!ioctl(vcpu, KVM_RUN, 0);
	run->immediate_exit = 0;
	for (;;) {
		CALL(vcpu, KVM_RUN, 0);
		if (run->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "floor: exit reason %u\n", run->exit_reason);
			exit(122);
		}
		port(run);
	}
}

static int vm_make(int kvm)
{
	uint64_t idmap = KVM_IDMAP;
	int vm = CALL(kvm, KVM_CREATE_VM, 0);

	CALL(vm, KVM_SET_IDENTITY_MAP_ADDR, &idmap);
	CALL(vm, KVM_SET_TSS_ADDR, KVM_TSS);
	return vm;
}

static void caps_set(int vm, bool split)
{
	struct kvm_enable_cap irqchip = { .cap = KVM_CAP_SPLIT_IRQCHIP };
	struct kvm_enable_cap x2apic = { .cap = KVM_CAP_X2APIC_API,
		.args = { KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK } };
	struct kvm_enable_cap exits = { .cap = KVM_CAP_X86_DISABLE_EXITS, .args = { KVM_X86_DISABLE_EXITS_PAUSE } };

	if (split)
		CALL(vm, KVM_ENABLE_CAP, &irqchip);
	CALL(vm, KVM_ENABLE_CAP, &x2apic);
	CALL(vm, KVM_ENABLE_CAP, &exits);
	CALL(vm, KVM_GET_TSC_KHZ, 0);
}

static struct kvm_run *run_map(int kvm, int vcpu)
{
	size_t bytes = (size_t)CALL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		fail("mmap");
	return run;
}

int main(int argc, char **argv)
{
	const bool pins = argc > 1 && strcmp(argv[1], "--pins") == 0;
	const char *guest = argc > 1 && !pins ? argv[1] : NULL;
	struct kvm_clock_data clock = { 0 };
	uint8_t *memory = memory_make();
	struct kvm_cpuid2 *cpuid;
	struct kvm_run *run;
	uint64_t entry;
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm, vcpu;

	if (kvm < 0)
		fail("/dev/kvm");
	CALL(kvm, KVM_GET_API_VERSION, 0);
	cpuid = cpuid_get(kvm);
	vm = vm_make(kvm);
	if (pins)
		CALL(vm, KVM_CREATE_IRQCHIP, 0);
	caps_set(vm, !pins);
	tables_write(memory);
	entry = guest ? guest_load(memory, guest, argc > 2 ? argv[2] : "") : code_write(memory);
	vcpu = CALL(vm, KVM_CREATE_VCPU, 0);
	run = run_map(kvm, vcpu);
	CALL(vcpu, KVM_SET_CPUID2, cpuid);
	free(cpuid);
	msr_set(vcpu, MSR_MISC_ENABLE, 1);
	msr_set(vcpu, MSR_MTRR_DEF_TYPE, 1 << 11 | 6);
	registers_set(vcpu, entry);
	memory_tell(vm, memory);
	CALL(vm, KVM_SET_CLOCK, &clock);
	CALL(vm, KVM_GET_CLOCK, &clock);
	guest_run(vcpu, run);
}
