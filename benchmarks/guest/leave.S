/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leave.S - firmware of 64 KiB that leaves by QEMU's isa-debug-exit from the reset vector: what exit.c
 * is to thole. QEMU ends with code 1. */
	.code16
	.org 0xfff0, 0xf4
	movw $0xf4, %dx
	xorl %eax, %eax
	outb %al, %dx
	hlt
	.org 0x10000, 0xf4
