/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_elf.c - fuzz: ELF files, as PVH kernels and as payloads. */
#include "tests/fuzz/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	boot_fuzz(data, size, BOOT_PVH);
	boot_fuzz(data, size, BOOT_PAYLOAD);
	return 0;
}
