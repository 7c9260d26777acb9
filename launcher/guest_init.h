/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_init.h - the guest's first program (guest/init.c), as bytes in thole. */
#ifndef LAUNCHER_GUEST_INIT_H
#define LAUNCHER_GUEST_INIT_H

#include <stddef.h>
#include <stdint.h>

extern const char guest_init_image[], guest_init_image_end[];

static inline size_t guest_init_size(void)
{
	return (uintptr_t)guest_init_image_end - (uintptr_t)guest_init_image;
}

#endif
