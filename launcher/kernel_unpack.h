/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_unpack.h - the ELF kernel that a bzImage carries, unpacked once and kept (cache.h).
 *
 * A bzImage is a small program that unpacks the kernel proper, which takes a good part of a guest's start, and it does
 * so in every guest anew. Here the host does it, with its libraries, once for each kernel; the guest then
 * starts at the kernel's own PVH entry. What that leaves out is the kernel's move to a random address (KASLR),
 * which is the small program's work, too.
 *
 * Threads: any, and other processes. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_KERNEL_UNPACK_H
#define LAUNCHER_KERNEL_UNPACK_H

#include "vmm/boot/boot.h"

/*
 * Put the ELF kernel into *kernel's place, under its name, where it has a PVH entry and there is a cache. Else
 * all stays as it is: then *kernel starts by itself. remote: also where the cache is on a network's file system.
 * False: it stayed.
 */
bool kernel_unpack(struct blob *kernel, bool remote);

#endif
