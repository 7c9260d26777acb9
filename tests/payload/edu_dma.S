/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edu_dma.S - a multiboot kernel that has QEMU's "edu" device do DMA: within its memory, which has to work, and to
 * the address that its command line gives (0x and hexadecimal digits), which is none of its memory. If there is an NVMe
 * drive, too, it reads that one's first registers, capabilities and version, and writes a register that counts only when
 * the drive is turned on, the admin queue's address (NVM Express Base 2.0, 3.1.3); and says them, before and after.
 *
 * docs/specs/edu.rst of QEMU: BAR 0 has DMA source at 0x80, destination at 0x88, count at 0x90, command at 0x98 (1 starts,
 * 2 is towards memory), and a buffer, for the device at 0x40000. Says what it did on COM1; the debug exit port
 * gets 0, or 1 if there is no device, 2 if DMA within its own memory did not work.
 */
#define COM1       0x3f8
#define DEBUG_EXIT 0xf4
#define EDU_ID     0x11e81234
#define BUFFER     0x40000
#define FROM       0x300000
#define TO         0x301000
#define BYTES      64
#define NVME_CLASS 0x010802
#define NVME_ASQ   0x28
#define ASQ_LOW    0x34567000
#define ASQ_HIGH   0x12

	.code32
	.section .multiboot, "a"
	.align 4
	.long 0x1badb002, 3, -(0x1badb002 + 3)

	.text
	.globl _start
_start:
	movl $stack_top, %esp
	movl %ebx, %ebp
	movl $0x80000000, %ebx
1:	movl %ebx, %eax
	call config_read
	cmpl $EDU_ID, %eax
	je found
	addl $0x800, %ebx
	cmpl $0x80010000, %ebx
	jne 1b
	movl $text_none, %esi
	call print
	movl $1, %edi
	jmp leave
found:
	leal 4(%ebx), %eax
	call config_read
	orl $6, %eax /* memory and mastering */
	movw $0xcfc, %dx
	outl %eax, %dx
	leal 0x10(%ebx), %eax
	call config_read
	andl $-16, %eax
	movl %eax, %ebx /* the registers */

	movl $FROM, %edi
	movl $BYTES / 4, %ecx
2:	movl %ecx, (%edi)
	addl $4, %edi
	loop 2b
	movl $FROM, %esi
	xorl %edi, %edi
	call from_memory
	movl $TO, %esi
	xorl %edi, %edi
	call to_memory
	movl $FROM, %esi
	movl $TO, %edi
	movl $BYTES / 4, %ecx
	repe cmpsl
	movl $2, %edi
	jne leave
	movl $text_inside, %esi
	call print

	call peer
	movl 16(%ebp), %eax
	call number_read
	call to_memory
	movl $text_outside, %esi
	call print
	xorl %edi, %edi
leave:
	movl %edi, %eax
	outl %eax, $DEBUG_EXIT
	hlt
	jmp leave

/* Has the device at EBX read the registers of a drive, behind its 64-bit BAR 0, and write one: first all in a row, then
 * that one. No processor touches them. */
peer:
	movl $0x80000008, %ecx
7:	movl %ecx, %eax
	call config_read
	shrl $8, %eax
	cmpl $NVME_CLASS, %eax
	je 8f
	addl $0x800, %ecx
	cmpl $0x80010008, %ecx
	jne 7b
	ret
8:	leal -4(%ecx), %eax
	call config_read
	orl $2, %eax /* memory */
	outl %eax, %dx
	leal 12(%ecx), %eax
	call config_read
	movl %eax, bar + 4
	leal 8(%ecx), %eax
	call config_read
	andl $-16, %eax
	movl %eax, bar
	call peer_read
	movl $text_peer, %esi
	call print
	movl TO, %eax
	call number_print
	movl TO + 4, %eax
	call number_print
	movl TO + 8, %eax
	call number_print
	movl $text_queue, %esi
	call print
	call queue_print
	call peer_write
	call peer_read
	movl $text_now, %esi
	call print
	call queue_print
	movl $text_end, %esi
	jmp print

peer_read:
	movl bar, %esi
	movl bar + 4, %edi
	call from_memory
	movl $TO, %esi
	xorl %edi, %edi
	jmp to_memory

peer_write:
	movl $ASQ_LOW, FROM
	movl $ASQ_HIGH, FROM + 4
	movl $FROM, %esi
	xorl %edi, %edi
	call from_memory
	movl $8, bytes
	movl bar, %esi
	addl $NVME_ASQ, %esi
	movl bar + 4, %edi
	call to_memory
	movl $BYTES, bytes
	ret

queue_print:
	movl TO + NVME_ASQ, %eax
	call number_print
	movl TO + NVME_ASQ + 4, %eax
	jmp number_print

/* EAX, behind a space */
number_print:
	movl %eax, %edi
	movw $COM1, %dx
	movb $' ', %al
	outb %al, %dx
	movl $8, %ecx
1:	roll $4, %edi
	movl %edi, %eax
	andb $15, %al
	cmpb $10, %al
	jb 2f
	addb $'a' - '0' - 10, %al
2:	addb $'0', %al
	outb %al, %dx
	loop 1b
	ret

/* EAX: address for the port; the word into EAX. The port stays there. */
config_read:
	movw $0xcf8, %dx
	outl %eax, %dx
	movw $0xcfc, %dx
	inl %dx, %eax
	ret

/* EDI:ESI: guest-physical address, written in one piece: the device takes no halves */
from_memory:
	movl $BUFFER, 0x88(%ebx)
	pushl %edi
	pushl %esi
	movq (%esp), %mm0
	movq %mm0, 0x80(%ebx)
	movl $1, %eax
	jmp go
to_memory:
	movl $BUFFER, 0x80(%ebx)
	pushl %edi
	pushl %esi
	movq (%esp), %mm0
	movq %mm0, 0x88(%ebx)
	movl $3, %eax
go:	movl bytes, %ecx
	movl %ecx, 0x90(%ebx)
	movl %eax, 0x98(%ebx)
3:	testl $1, 0x98(%ebx)
	jnz 3b
	addl $8, %esp
	ret

/* EAX: text that ends in a hexadecimal number; into EDI:ESI */
number_read:
	xorl %esi, %esi
	xorl %edi, %edi
4:	movzbl (%eax), %ecx
	incl %eax
	testl %ecx, %ecx
	jz 9f
	cmpl $'x', %ecx
	je number_read
	subl $'0', %ecx
	cmpl $9, %ecx
	jbe 5f
	subl $'a' - '0' - 10, %ecx
5:	shldl $4, %esi, %edi
	shll $4, %esi
	andl $15, %ecx
	orl %ecx, %esi
	jmp 4b
9:	ret

/* string at ESI, ended by 0 */
print:
	movw $COM1, %dx
6:	lodsb
	testb %al, %al
	jz 9b
	outb %al, %dx
	jmp 6b

	.section .rodata
text_none:	.asciz "edu: none\n"
text_inside:	.asciz "edu: inside\n"
text_peer:	.asciz "edu: the drive's registers"
text_queue:	.asciz "\nedu: its queue's address"
text_now:	.asciz " now"
text_end:	.asciz "\n"
text_outside:	.asciz "edu: outside done\n"

	.data
bytes:	.long BYTES

	.bss
bar:	.skip 8
	.align 16
	.skip 4096
stack_top:
