/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mb_hello.S - a multiboot kernel: tells COM1 what the loader gave it, and leaves through the debug
 * exit port: status 0 as the port knows it if the loader's magic was right, else 1.
 */
#define COM1       0x3f8
#define DEBUG_EXIT 0xf4

#define HEADER_MAGIC 0x1badb002
#define HEADER_FLAGS 3 /* modules on pages, memory */
#define LOADER_MAGIC 0x2badb002

	.code32
	.section .multiboot, "a"
	.align 4
	.long HEADER_MAGIC, HEADER_FLAGS, -(HEADER_MAGIC + HEADER_FLAGS)

	.text
	.globl _start
_start:
	movl $stack_top, %esp
	movl %ebx, %ebp
	movl $1, %edi
	cmpl $LOADER_MAGIC, %eax
	jne leave
	movl $text_hello, %esi
	call print
	movl 64(%ebp), %esi /* loader name */
	call print
	movl $text_cmdline, %esi
	call print
	movl 16(%ebp), %esi
	call print
	movl $text_lower, %esi
	call print
	movl 4(%ebp), %eax
	call print_number
	movl $text_upper, %esi
	call print
	movl 8(%ebp), %eax
	call print_number
	movl $text_map, %esi
	call print
	movl 44(%ebp), %eax
	xorl %edx, %edx
	movl $24, %ecx
	divl %ecx
	call print_number
	movl $text_modules, %esi
	call print
	movl 20(%ebp), %eax
	call print_number
	call print_modules
	movl $text_end, %esi
	call print
	xorl %edi, %edi
leave:
	movl %edi, %eax
	outl %eax, $DEBUG_EXIT
	hlt
	jmp leave

/* " STRING=FIRST LINE OF CONTENT" for each module */
print_modules:
	movl 20(%ebp), %ecx
	movl 24(%ebp), %ebx
1:	jecxz 9f
	pushl %ecx
	movb $' ', %al
	call putc
	movl 8(%ebx), %esi
	call print
	movb $'=', %al
	call putc
	movl (%ebx), %esi
2:	cmpl 4(%ebx), %esi
	jae 3f
	lodsb
	cmpb $'\n', %al
	je 3f
	call putc
	jmp 2b
3:	addl $16, %ebx
	popl %ecx
	decl %ecx
	jmp 1b
9:	ret

/* string at ESI, ended by 0 */
print:
	lodsb
	testb %al, %al
	jz 1f
	call putc
	jmp print
1:	ret

/* EAX in decimal */
print_number:
	xorl %edx, %edx
	movl $10, %ecx
	divl %ecx
	pushl %edx
	testl %eax, %eax
	jz 1f
	call print_number
1:	popl %eax
	addb $'0', %al

/* AL */
putc:
	movw $COM1, %dx
	outb %al, %dx
	ret

	.section .rodata
text_hello:
	.asciz "multiboot kernel started by "
text_cmdline:
	.asciz "\ncmdline: "
text_lower:
	.asciz "\nlower KiB: "
text_upper:
	.asciz "\nupper KiB: "
text_map:
	.asciz "\nmap entries: "
text_modules:
	.asciz "\nmodules: "
text_end:
	.asciz "\n"

	.bss
	.align 16
	.skip 4096
stack_top:

	.section .note.GNU-stack, "", @progbits
