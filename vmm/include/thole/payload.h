/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thole/payload.h - the contract between thole and a payload: a guest without an operating system.
 *
 * A payload is one static ELF64 program for x86-64. thole loads it, starts every vCPU at its entry
 * point at the same time, in user mode, and ends the machine when the payload says so. There is no
 * kernel, no libc, no interrupt, no other device. Build one with
 *
 *     cc -O2 -ffreestanding -fno-stack-protector -fno-pic -static -no-pie -nostdlib \
 *        -Wl,-T,payload.lds -o x.elf x.c
 *
 * (payload.lds comes with this header; any script that links from 1 MiB up to where RAM ends does.)
 *
 *     void _start(uint64_t vcpu, const struct payload_params *params)
 *     {
 *             if (vcpu == 0)
 *                     payload_print("hello\n");
 *             payload_done();
 *     }
 *
 * What holds when a vCPU enters _start (version 1):
 *
 *   mode       64 bits, ring 3; IN and OUT are allowed on every port; interrupts never come
 *   RDI        the vCPU's index, from 0
 *   RSI        address of struct payload_params, the same for all
 *   RSP        the vCPU's own stack of params->stack_size bytes, aligned as after a call, so that
 *              _start may be a C function. It must not return
 *   registers  direction flag clear; the rest is unspecified. x87, SSE and, where the guest's CPU
 *              has them, AVX and AVX-512 are on. FS and GS base are 0; if CPUID 7.0 EBX bit 0
 *              says so, WRFSBASE and WRGSBASE work
 *   memory     all RAM is mapped at its physical address, readable, writable and executable, with
 *              pages of params->guest_page bytes where a whole such page is RAM, and smaller ones
 *              at the edges. Page 0 is not mapped, except with 1 GiB pages. Nothing else is mapped.
 *              RAM that the image does not fill is zero
 *   faults     there is no handler: any exception (a bad address, an undefined instruction, a
 *              division by zero) ends the machine. thole reports the registers and fails
 *
 * A payload that says PAYLOAD_SUPERVISOR; (once, outside of functions) starts in ring 0 instead: with a GDT (code
 * 0x10, data 0x18), interrupts off, and the addresses from 3 to 4 GiB, where local APICs and devices are,
 * mapped too. Its IDT is its own affair, and so are floating-point registers, which are off: build it with
 * -mgeneral-regs-only. Every vCPU is running, so no one has to be started. It has two doorbells: a store of any size to
 * PAYLOAD_BELL is counted by the kernel, and does nothing else; one to PAYLOAD_BELL_BACK comes back from the kernel as an
 * interrupt (MSI) of vector PAYLOAD_BELL_VECTOR at the vCPU with APIC id 0, which is vCPU 0. Neither is seen by thole.
 *
 * The ELF's PT_LOAD segments go to their virtual addresses, at 1 MiB or above. There is no dynamic
 * linking, no relocation, no thread-local storage, and no one runs constructors.
 *
 * The interface only grows: version changes when an old payload would break, size when there is
 * more at the end. Constants may be used from assembler; there __ASSEMBLER__ hides the rest.
 */
#ifndef THOLE_PAYLOAD_H
#define THOLE_PAYLOAD_H

#define PAYLOAD_VERSION 1

/* params->magic: "THOLEPAY", little endian. */
#define PAYLOAD_MAGIC 0x594150454c4f4854

/* I/O ports 0x500 to 0x50f are the payload's only device. Each access costs a VM exit. */
#define PAYLOAD_PORT_CONSOLE 0x500 /* write a byte, or many (REP OUTSB): to thole's output */
#define PAYLOAD_PORT_EXIT    0x504 /* write 4 bytes: end the machine at once with that exit code */
#define PAYLOAD_PORT_TEXT    0x50c /* write 4 bytes, the address of a struct payload_text: its bytes to thole's output,
				    * in one exit */
#define PAYLOAD_PORT_DONE    0x508 /* write 4 bytes, any: this vCPU has finished and stops. When all
				    * have, the machine ends with exit code 0 */

#define PAYLOAD_BELL	    0xfe000000u
#define PAYLOAD_BELL_BACK   0xfe001000u
#define PAYLOAD_BELL_VECTOR 0x60

#define PAYLOAD_NOTE_OWNER	"thole"
#define PAYLOAD_NOTE_SUPERVISOR 1

#ifndef __ASSEMBLER__

#include <stdint.h>

/* An ELF note (System V ABI, chapter 5): owner's size, content's, type; the owner, padded to 4 bytes. */
#define PAYLOAD_SUPERVISOR \
	static const struct { \
		uint32_t owner_size, size, type; \
		char owner[8]; \
	} payload_supervisor __attribute__((section(".note.thole"), used, aligned(4))) = { \
		sizeof(PAYLOAD_NOTE_OWNER), 0, PAYLOAD_NOTE_SUPERVISOR, PAYLOAD_NOTE_OWNER \
	}

struct payload_params {
	uint64_t magic;   /* PAYLOAD_MAGIC */
	uint32_t version; /* PAYLOAD_VERSION */
	uint32_t size;    /* bytes of this structure that thole has filled */
	uint32_t nr_cpus;
	uint32_t nr_ranges;
	uint64_t ranges;     /* address of struct payload_range[nr_ranges] */
	uint64_t cpu_nodes;  /* address of uint32_t[nr_cpus]: each vCPU's guest node */
	uint64_t cmdline;    /* address of a string, "" if none */
	uint64_t tsc_khz;    /* of RDTSC; 0: not known */
	uint64_t guest_page; /* bytes: 4096, 2 MiB or 1 GiB */
	uint64_t stack_size; /* bytes for each vCPU */
	uint64_t stack_base; /* of all stacks, vCPU 0's the highest */
	uint64_t reserved[6];
};

/* Free memory: not the image, the stacks, the page tables or anything of thole's. The payload may
 * use all of it as it likes. Whole 4 KiB pages above 1 MiB, the largest range first; no range
 * crosses from one node into another. */
struct payload_range {
	uint64_t base;
	uint64_t size;
	uint32_t node; /* guest node, as in cpu_nodes */
	uint32_t reserved;
};

/* Bytes to be printed. It lies below 4 GiB, which an image linked by payload.lds does. */
struct payload_text {
	uint64_t base;
	uint64_t size; /* PAYLOAD_TEXT_MAX at most */
};

#define PAYLOAD_TEXT_MAX (1u << 20)

static inline const struct payload_range *payload_ranges(const struct payload_params *params)
{
	return (const struct payload_range *)(uintptr_t)params->ranges;
}

static inline const uint32_t *payload_cpu_nodes(const struct payload_params *params)
{
	return (const uint32_t *)(uintptr_t)params->cpu_nodes;
}

static inline const char *payload_cmdline(const struct payload_params *params)
{
	return (const char *)(uintptr_t)params->cmdline;
}

static inline void payload_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void payload_putc(char c)
{
	__asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((uint16_t)PAYLOAD_PORT_CONSOLE) : "memory");
}

/* Many bytes; on most hosts each is an exit. */
static inline void payload_write(const void *bytes, uint64_t size)
{
	__asm__ volatile("rep outsb"
			 : "+S"(bytes), "+c"(size)
			 : "d"((uint16_t)PAYLOAD_PORT_CONSOLE)
			 : "memory");
}

/* Many bytes in one exit; the structure is static. */
static inline void payload_text(struct payload_text *text, const void *bytes, uint64_t size)
{
	text->base = (uintptr_t)bytes;
	text->size = size;
	payload_out32(PAYLOAD_PORT_TEXT, (uint32_t)(uintptr_t)text);
}

static inline void payload_print(const char *string)
{
	uint64_t size = 0;

	while (string[size])
		size++;
	payload_write(string, size);
}

/* A number in decimal. */
static inline void payload_print_u64(uint64_t value)
{
	char digits[20];
	unsigned at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	payload_write(digits + at, sizeof(digits) - at);
}

/* End the machine; thole's exit status is the code, or 255 if that is larger. */
static inline __attribute__((noreturn)) void payload_exit(uint32_t code)
{
	for (;;)
		payload_out32(PAYLOAD_PORT_EXIT, code);
}

/* This vCPU is done. */
static inline __attribute__((noreturn)) void payload_done(void)
{
	for (;;)
		payload_out32(PAYLOAD_PORT_DONE, 0);
}

/* The time stamp counter, params->tsc_khz thousand ticks a second, read in program order. */
static inline uint64_t payload_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif /* __ASSEMBLER__ */
#endif
