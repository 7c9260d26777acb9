/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pvh.h - the numbers and structures of Xen's PVH entry (docs/misc/pvh.pandoc and
 * xen/include/public/arch-x86/hvm/start_info.h of Xen), shared by the loader and its tests.
 *
 * Constants only; any thread.
 */
#ifndef VMM_BOOT_PVH_H
#define VMM_BOOT_PVH_H

#include "vmm/util.h"

#define PVH_NOTE_OWNER "Xen"
#define PVH_NOTE_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY */

#define PVH_MAGIC   0x336ec578u
#define PVH_VERSION 1

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modules; /* struct pvh_module[] */
	uint64_t cmdline;
	uint64_t rsdp;
	uint64_t memmap; /* struct pvh_region[] */
	uint32_t nr_regions;
	uint32_t reserved;
};

struct pvh_module {
	uint64_t base;
	uint64_t size;
	uint64_t cmdline; /* 0: none */
	uint64_t reserved;
};

struct pvh_region {
	uint64_t base;
	uint64_t size;
	uint32_t type; /* enum e820_type */
	uint32_t reserved;
};

static_assert(sizeof(struct pvh_start_info) == 56, "start_info.h, version 1");
static_assert(offsetof(struct pvh_start_info, memmap) == 40, "start_info.h, version 1");
static_assert(sizeof(struct pvh_module) == 32, "start_info.h");
static_assert(sizeof(struct pvh_region) == 24, "start_info.h");

#endif
