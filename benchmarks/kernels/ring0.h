/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring0.h - for payloads that need interrupts: an IDT, the local APIC by either of its interfaces, and the waits.
 *
 *   PAYLOAD_SUPERVISOR;
 *   ring0_gate(0x40, handler);           before ring0_start()
 *   ring0_start(params)                  on every vCPU: IDT, APIC on, x2APIC if the command line says "x2apic"
 *
 * A handler is a function of type ring0_handler with RING0_HANDLER before it; it ends with apic_eoi(). Build with
 * -mgeneral-regs-only. On a KVM without nested paging each instruction here is emulated: be brief.
 *
 * Intel SDM vol. 3A: 6.14 (64-bit IDT), 11.4 (local APIC), 11.5.4.1 (TSC deadline), 11.12 (x2APIC).
 */
#ifndef BENCHMARKS_RING0_H
#define BENCHMARKS_RING0_H

#include "benchmarks/kernels/kit.h"

#define MSR_APIC_BASE	 0x1bu
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC	 0x800u
#define APIC_BASE_ON	 0x800u
#define APIC_BASE_X2APIC 0x400u
#define APIC_MMIO	 0xfee00000u

/* Registers of the local APIC, as offsets of its page; x2APIC's MSR is MSR_X2APIC + offset / 16. */
#define APIC_ID	       0x20u
#define APIC_EOI       0xb0u
#define APIC_SVR       0xf0u
#define APIC_ICR       0x300u
#define APIC_ICR_HIGH  0x310u
#define APIC_LVT_TIMER 0x320u

#define APIC_SVR_ON	    0x1ffu
#define APIC_ICR_ASSERT	    0x4000u
#define APIC_ICR_SELF	    0x40000u
#define APIC_ICR_OTHERS	    0xc0000u
#define APIC_TIMER_DEADLINE 0x40000u

#define RING0_CODE	0x10
#define RING0_GATE	0x8e00 /* present, 64-bit interrupt gate */
#define RING0_PATIENCE	4000000ull /* times tsc_khz: after 4 s, an interrupt is lost */

#ifdef __clang__
/* Registers that a handler's callees may change and nobody saves are those that -mgeneral-regs-only keeps out. */
#pragma clang diagnostic ignored "-Winterrupt-service-routine"
#endif

struct ring0_frame;
typedef void ring0_handler(struct ring0_frame *frame);
#define RING0_HANDLER __attribute__((interrupt))

static struct {
	uint16_t low, code, flags, middle;
	uint32_t high, zero;
} ring0_idt[256] __attribute__((aligned(16)));

static int ring0_x2apic;

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline void apic_write(uint32_t reg, uint32_t value)
{
	if (ring0_x2apic)
		msr_write(MSR_X2APIC + reg / 16, value);
	else
		*(volatile uint32_t *)(uintptr_t)(APIC_MMIO + reg) = value;
}

static inline void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/* An interrupt to the CPU with that APIC id, or by a shorthand, which needs none. */
static inline void apic_send(uint32_t id, uint32_t command)
{
	if (ring0_x2apic) {
		msr_write(MSR_X2APIC + APIC_ICR / 16, (uint64_t)id << 32 | command);
		return;
	}
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR, command);
}

static inline uint32_t apic_id(void)
{
	return ring0_x2apic ? (uint32_t)msr_read(MSR_X2APIC + APIC_ID / 16) :
		*(volatile uint32_t *)(uintptr_t)(APIC_MMIO + APIC_ID) >> 24;
}

static inline void ring0_gate(unsigned vector, ring0_handler *handler)
{
	uintptr_t at = (uintptr_t)handler;

	ring0_idt[vector].low = (uint16_t)at;
	ring0_idt[vector].code = RING0_CODE;
	ring0_idt[vector].flags = RING0_GATE;
	ring0_idt[vector].middle = (uint16_t)(at >> 16);
	ring0_idt[vector].high = (uint32_t)((uint64_t)at >> 32);
}

static inline void ring0_start(const struct payload_params *params)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idt = { sizeof(ring0_idt) - 1, (uintptr_t)ring0_idt };
	uint64_t base = msr_read(MSR_APIC_BASE) | APIC_BASE_ON;

	ring0_x2apic = kit_word(params, "x2apic") != (const char *)0;
	__asm__ volatile("lidt %0" : : "m"(idt));
	msr_write(MSR_APIC_BASE, base);
	if (ring0_x2apic)
		msr_write(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	apic_write(APIC_SVR, APIC_SVR_ON);
}

static inline void irq_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void irq_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/* Interrupts on, and wait for one: none gets lost in between, as STI holds them off for one instruction. */
static inline void irq_halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* Until *count is that; an interrupt that does not come is lost. */
static inline void ring0_await(const struct payload_params *params, const uint64_t *count, uint64_t value)
{
	uint64_t start = payload_tsc();

	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != value) {
		__builtin_ia32_pause();
		if (payload_tsc() - start > RING0_PATIENCE / 1000 * params->tsc_khz)
			kit_wrong("an interrupt was lost");
	}
}

/* Nothing, for so many ticks. */
static inline void ring0_idle(uint64_t ticks)
{
	uint64_t start = payload_tsc();

	while (payload_tsc() - start < ticks)
		__builtin_ia32_pause();
}

#endif
