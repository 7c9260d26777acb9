/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_linux.c - fuzz: bzImages, and what they carry. */
#include "tests/fuzz/boot.h"

#include "vmm/boot/linux.h"

static void payload_fuzz(const uint8_t *data, size_t size)
{
	struct blob b = { .name = "image", .data = data, .size = size };
	struct linux_payload p;

	if (linux_payload_find(&b, &p) && !range_holds((struct range){ 0, size }, p.at, p.size))
		boot_fuzz_fail("a payload that is not in the file", "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	payload_fuzz(data, size);
	boot_fuzz(data, size, BOOT_LINUX);
	return 0;
}
