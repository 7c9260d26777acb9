/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.c - the registers that a vCPU starts with, in each of the three modes.
 *
 *   PROTECTED32  paging off, flat segments: multiboot (3.2), PVH
 *   LONG64       ring 0, identity page tables: Linux's 64-bit protocol
 *   USER64       ring 3, no IDT: payloads. An exception is a triple fault, which ends the VM
 *
 * Selectors of ring 0 are Linux's __BOOT_CS and __BOOT_DS (boot.rst) in every mode.
 */
#include "vmm/boot/loader.h"

#include <errno.h>
#include <string.h>

#define SEL_CODE      0x10
#define SEL_DATA      0x18
#define SEL_USER_CODE 0x33
#define SEL_USER_DATA 0x2b
#define SEL_TSS	      0x20

#define TYPE_DATA 3  /* read, write, accessed */
#define TYPE_CODE 11 /* execute, read, accessed */
#define TYPE_TSS  11 /* busy; VM entry wants it so (SDM vol. 3C, 26.3.1.2) */

#define CR0_PE 0x1u
#define CR0_ET 0x10u
#define CR0_64 0x80050033u /* PG AM WP NE ET MP PE */

#define CR4_PAE	       (1u << 5)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_FSGSBASE   (1u << 16)
#define CR4_OSXSAVE    (1u << 18)

#define EFER_LME 0x100u
#define EFER_LMA 0x400u
#define EFER_NXE 0x800u

#define RFLAGS_1     0x2u
#define RFLAGS_IOPL3 0x3000u

#define XCR0_X87 0x1u

/* Descriptors as the GDT holds them: flat, present, accessed (SDM vol. 3A, 3.4.5). */
#define GDT_CODE32 0x00cf9b000000ffffull
#define GDT_CODE64 0x00af9b000000ffffull
#define GDT_DATA   0x00cf93000000ffffull

/* The 64-bit TSS (SDM vol. 3A, 8.7): its base for the bitmap, and its size without one. */
#define TSS_IO_BASE  102
#define TSS_SIZE     104
#define TSS_IO_BYTES (65536 / 8)

static_assert(SEL_DATA / 8 == SEL_CODE / 8 + 1, "data follows code in the GDT");

int loader_put_gdt(struct loader *l)
{
	struct boot_cpu *cpu = &l->plan->cpu;
	size_t size = 8 * (SEL_DATA / 8 + 1);
	uint64_t *gdt = loader_alloc(l, size);

	if (!gdt)
		return -ENOMEM;
	gdt[SEL_CODE / 8] = cpu->mode == CPU_PROTECTED32 ? GDT_CODE32 : GDT_CODE64;
	gdt[SEL_DATA / 8] = GDT_DATA;
	cpu->gdt_limit = (uint16_t)(size - 1);
	return loader_put(l, "GDT", gdt, size, 8, &cpu->gdt);
}

/* Ring 3 gets at ports by IOPL 3 or by this bitmap (SDM vol. 1, 19.5.2: 0 allows, and a last byte
 * of ones). Both are set up, as not every machine keeps to both: KVM's back end for hosts without
 * VT-x or AMD-V loses a guest's IOPL while it runs, and QEMU's TCG overlooks the bitmap of a TSS
 * that was loaded by VMRUN. */
int loader_put_tss(struct loader *l)
{
	struct boot_cpu *cpu = &l->plan->cpu;
	uint16_t io_base = TSS_SIZE;
	size_t size = TSS_SIZE + TSS_IO_BYTES + 1;
	uint8_t *tss = loader_alloc(l, size);

	if (!tss)
		return -ENOMEM;
	memcpy(tss + TSS_IO_BASE, &io_base, sizeof(io_base));
	tss[size - 1] = 0xff;
	cpu->tss_limit = (uint16_t)(size - 1);
	return loader_put(l, "TSS", tss, size, 128, &cpu->tss);
}

struct kvm_regs boot_cpu_regs(const struct boot_plan *plan, uint32_t vcpu)
{
	struct kvm_regs regs = plan->cpu.regs;

	regs.rflags = RFLAGS_1;
	if (plan->cpu.mode == CPU_USER64)
		regs.rflags |= RFLAGS_IOPL3;
	if (plan->all_cpus) {
		regs.rdi = vcpu;
		regs.rsp = plan->stack_top - vcpu * plan->stack_stride;
	}
	return regs;
}

static struct kvm_segment segment_flat(uint16_t selector, uint8_t type, bool is_long)
{
	bool code = type == TYPE_CODE;

	return (struct kvm_segment){ .limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.dpl = selector & 3,
		.s = 1,
		.g = 1,
		.l = code && is_long,
		.db = !(code && is_long) };
}

static void segments_set(struct kvm_sregs *s, enum cpu_mode mode)
{
	bool user = mode == CPU_USER64;
	struct kvm_segment data = segment_flat(user ? SEL_USER_DATA : SEL_DATA, TYPE_DATA, false);

	s->cs = segment_flat(user ? SEL_USER_CODE : SEL_CODE, TYPE_CODE, mode != CPU_PROTECTED32);
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->tr = (struct kvm_segment){
		.limit = TSS_SIZE - 1, .selector = SEL_TSS, .type = TYPE_TSS, .present = 1
	};
	s->ldt = (struct kvm_segment){ .unusable = 1 };
}

void boot_cpu_sregs(
	const struct boot_plan *plan, const struct boot_features *have, struct kvm_sregs *sregs)
{
	const struct boot_cpu *cpu = &plan->cpu;

	segments_set(sregs, cpu->mode);
	if (cpu->tss) {
		sregs->tr.base = cpu->tss;
		sregs->tr.limit = cpu->tss_limit;
	}
	sregs->gdt = (struct kvm_dtable){ .base = cpu->gdt, .limit = cpu->gdt_limit };
	sregs->idt = (struct kvm_dtable){ .limit = 0 };
	sregs->cr3 = cpu->cr3;
	sregs->cr4 = 0;
	sregs->efer = 0;
	sregs->cr0 = CR0_PE | CR0_ET;
	if (cpu->mode == CPU_PROTECTED32)
		return;
	sregs->cr0 = CR0_64;
	sregs->cr4 = CR4_PAE;
	sregs->efer = EFER_LME | EFER_LMA;
	if (cpu->mode == CPU_LONG64)
		return;
	sregs->efer |= EFER_NXE; /* and no SYSCALL: there is nobody to call */
	sregs->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (have->fsgsbase)
		sregs->cr4 |= CR4_FSGSBASE;
	if (have->xcr0)
		sregs->cr4 |= CR4_OSXSAVE;
}

uint64_t boot_cpu_xcr0(const struct boot_plan *plan, const struct boot_features *have)
{
	return plan->cpu.mode == CPU_USER64 && have->xcr0 ? have->xcr0 | XCR0_X87 : 0;
}
