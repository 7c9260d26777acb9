/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_linux.c - fuzz: bzImages. */
#include "tests/fuzz/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	boot_fuzz(data, size, BOOT_LINUX);
	return 0;
}
