/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mb_spin.S - a multiboot kernel that says so on COM1 and then counts for ever: a guest that needs nothing. */
#define COM1 0x3f8

#define HEADER_MAGIC 0x1badb002
#define HEADER_FLAGS 0

	.code32
	.section .multiboot, "a"
	.align 4
	.long HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

	.text
	.globl _start
_start:
	cli
	movw $COM1, %dx
	movl $text_spin, %esi
1:	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp 1b
2:	incl %eax
	jmp 2b

	.section .rodata
text_spin:
	.asciz "spin\n"

	.section .note.GNU-stack, "", @progbits
