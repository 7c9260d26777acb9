/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_init.c - see guest_init.h; the Makefile builds the program first and says where it is. */
#include "launcher/guest_init.h"

__asm__(".pushsection .rodata\n"
	".globl guest_init_image\n"
	".globl guest_init_image_end\n"
	"guest_init_image:\n"
	".incbin \"" GUEST_INIT_AT "\"\n"
	"guest_init_image_end:\n"
	".byte 0\n"
	".popsection\n");
