/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_multiboot.c - fuzz: multiboot kernels, ELF and flat. */
#include "tests/fuzz/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	boot_fuzz(data, size, BOOT_MULTIBOOT);
	return 0;
}
