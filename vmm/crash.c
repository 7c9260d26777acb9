/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crash.c - the report of a guest's last exit. */
#include "vmm/crash.h"

#include <stdio.h>
#include <string.h>

#include "vmm/log.h"

/* The longest x86 instruction (Intel SDM vol. 2A, 2.3.11). */
#define INSN_MAX 15

static const char *internal_error_name(uint32_t suberror)
{
	switch (suberror) {
	case KVM_INTERNAL_ERROR_EMULATION: return "KVM cannot emulate an instruction";
	case KVM_INTERNAL_ERROR_SIMUL_EX: return "exceptions upon exceptions";
	case KVM_INTERNAL_ERROR_DELIVERY_EV: return "an event could not be delivered";
	case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON: return "the processor left the guest for a reason that KVM does not know";
	default: return "unknown";
	}
}

static void report_reason(const struct vcpu *v)
{
	const struct kvm_run *run = v->run;

	switch (run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		log_errno(0, "vCPU %u: triple fault: an exception that the guest had no working handler for",
			v->index);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		log_errno(0, "vCPU %u: the processor refused to enter the guest (hardware reason %#llx, CPU %u)",
			v->index, (unsigned long long)run->fail_entry.hardware_entry_failure_reason,
			run->fail_entry.cpu);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		log_errno(0, "vCPU %u: KVM internal error %u: %s", v->index, run->internal.suberror,
			internal_error_name(run->internal.suberror));
		for (uint32_t i = 0; i < min(run->internal.ndata, 16u); i++)
			log_errno(0, "  data[%u] %#llx", i, (unsigned long long)run->internal.data[i]);
		break;
	default:
		log_errno(0, "vCPU %u: exit %u from the guest, which thole does not handle", v->index,
			run->exit_reason);
	}
}

static void report_registers(const struct kvm_regs *r, const struct kvm_sregs *s)
{
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {
		{ "rip", r->rip }, { "rflags", r->rflags }, { "rax", r->rax }, { "rbx", r->rbx },
		{ "rcx", r->rcx }, { "rdx", r->rdx }, { "rsi", r->rsi }, { "rdi", r->rdi },
		{ "rsp", r->rsp }, { "rbp", r->rbp }, { "r8", r->r8 }, { "r9", r->r9 },
		{ "r10", r->r10 }, { "r11", r->r11 }, { "r12", r->r12 }, { "r13", r->r13 },
		{ "r14", r->r14 }, { "r15", r->r15 }, { "cr0", s->cr0 }, { "cr2", s->cr2 },
		{ "cr3", s->cr3 }, { "cr4", s->cr4 }, { "efer", s->efer }, { "gdt", s->gdt.base },
	};

	static_assert(ARRAY_SIZE(row) % 4 == 0, "four a line");
	for (size_t i = 0; i < ARRAY_SIZE(row); i += 4)
		log_errno(0, "  %-6s %016llx  %-6s %016llx  %-6s %016llx  %-6s %016llx", row[i].name,
			(unsigned long long)row[i].value, row[i + 1].name, (unsigned long long)row[i + 1].value,
			row[i + 2].name, (unsigned long long)row[i + 2].value, row[i + 3].name,
			(unsigned long long)row[i + 3].value);
	log_errno(0, "  cs %04x base %llx dpl %u long %u  ss %04x  tr %04x  idt %016llx limit %x", s->cs.selector,
		(unsigned long long)s->cs.base, s->cs.dpl, s->cs.l, s->ss.selector, s->tr.selector,
		(unsigned long long)s->idt.base, s->idt.limit);
}

/* Bytes at a guest linear address, as many as are mapped; returns how many. */
static size_t guest_bytes(const struct vcpu *v, uint64_t linear, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; n < size; n++) {
		struct kvm_translation t = { .linear_address = linear + n };
		const uint8_t *p = NULL;

		if (kvm_ioctl(v->fd, KVM_TRANSLATE, &t) == 0 && t.valid)
			p = mem_at(&v->vm->mem, t.physical_address, 1);
		if (!p)
			break;
		out[n] = *p;
	}
	return n;
}

static void report_instruction(const struct vcpu *v, uint64_t linear)
{
	uint8_t bytes[INSN_MAX];
	char text[3 * INSN_MAX + 1] = "";
	size_t n = guest_bytes(v, linear, bytes, sizeof(bytes));

	for (size_t i = 0; i < n; i++)
		snprintf(text + 3 * i, 4, "%02x ", bytes[i]);
	if (n)
		log_errno(0, "  code at %#llx: %s", (unsigned long long)linear, text);
	else
		log_errno(0, "  no code at %#llx: the address is not mapped", (unsigned long long)linear);
}

bool crash_state_is_reset(const struct kvm_regs *r, const struct kvm_sregs *s)
{
	return r->rip == 0xfff0 && s->cs.selector == 0xf000 && s->cs.base == 0xffff0000 &&
	       !(s->cr0 & 1);
}

void crash_report(struct vcpu *v)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	int err = kvm_ioctl(v->fd, KVM_GET_REGS, &regs);

	if (!err)
		err = kvm_ioctl(v->fd, KVM_GET_SREGS, &sregs);
	report_reason(v);
	if (err) {
		log_errno(err, "  KVM does not give its registers: %m");
		return;
	}
	if (crash_state_is_reset(&regs, &sregs)) {
		log_errno(0, "  no registers: KVM on AMD processors resets a vCPU that triple-faults");
		return;
	}
	report_registers(&regs, &sregs);
	report_instruction(v, sregs.cs.base + regs.rip);
}
