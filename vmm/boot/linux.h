/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.h - what a bzImage carries (Documentation/arch/x86/boot.rst: payload_offset, payload_length).
 *
 * Pure, but for reports; any thread.
 */
#ifndef VMM_BOOT_LINUX_H
#define VMM_BOOT_LINUX_H

#include "vmm/boot/boot.h"

/* Is it a whole bzImage of a kind that can be started? 0, or -ENOEXEC, reported. */
int linux_check(const struct blob *f) must_check;

/* The compressed kernel proper. */
struct linux_payload {
	uint64_t at, size; /* in the file: the compressed stream */
	uint64_t unpacked; /* bytes that come out of it, as the file says */
};

/* False: the file has no such thing, or not within its end. Reports nothing. */
bool linux_payload_find(const struct blob *f, struct linux_payload *p);

#endif
