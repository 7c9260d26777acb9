/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mb_reset.S - a multiboot kernel: one line to COM1, and a reset by ACPI's register. */
#define COM1        0x3f8
#define PORT_RESET  0x602
#define RESET_VALUE 1

#define HEADER_MAGIC 0x1badb002
#define HEADER_FLAGS 3

	.code32
	.section .multiboot, "a"
	.align 4
	.long HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

	.text
	.globl _start
_start:
	movl $text, %esi
	movl $COM1, %edx
1:	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp 1b
2:	movl $PORT_RESET, %edx
	movb $RESET_VALUE, %al
	outb %al, %dx
3:	hlt
	jmp 3b

	.section .rodata, "a"
text:	.asciz "and again\n"
