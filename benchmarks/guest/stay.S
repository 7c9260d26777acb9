/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stay.S - firmware of 64 KiB that prints an empty line by QEMU's isa-debugcon and stays: what wait.c
 * is to thole. */
	.code16
	.org 0xfff0, 0xf4
	movb $'\n', %al
	outb %al, $0xe9
1:	jmp 1b
	.org 0x10000, 0xf4
