/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multiboot.h - the numbers and structures of the Multiboot Specification 0.6.96, shared by the
 * loader and its tests.
 *
 * Constants only; any thread.
 */
#ifndef VMM_BOOT_MULTIBOOT_H
#define VMM_BOOT_MULTIBOOT_H

#include "vmm/util.h"

#define MULTIBOOT_MAGIC        0x1badb002u /* of the image's header */
#define MULTIBOOT_LOADER_MAGIC 0x2badb002u /* in EAX */
#define MULTIBOOT_SEARCH       8192        /* the header lies within these first bytes */

/* Header flags: bits 0 to 15 are demands, the rest may be ignored. */
#define MULTIBOOT_ALIGN     (1u << 0)
#define MULTIBOOT_MEMORY    (1u << 1)
#define MULTIBOOT_VIDEO     (1u << 2)
#define MULTIBOOT_ADDRESSES (1u << 16)
#define MULTIBOOT_DEMANDS   0xffffu

/* Header (3.1.1); the fields from header_addr on count only with MULTIBOOT_ADDRESSES. */
struct multiboot_header {
	uint32_t magic;
	uint32_t flags;
	uint32_t checksum; /* the three add up to 0 */
	uint32_t header_addr;
	uint32_t load_addr;
	uint32_t load_end_addr; /* 0: to the end of the file */
	uint32_t bss_end_addr;  /* 0: no bss */
	uint32_t entry_addr;
};

/* Information flags: which fields are there. */
#define MULTIBOOT_INFO_MEMORY  (1u << 0)
#define MULTIBOOT_INFO_CMDLINE (1u << 2)
#define MULTIBOOT_INFO_MODULES (1u << 3)
#define MULTIBOOT_INFO_MMAP    (1u << 6)
#define MULTIBOOT_INFO_LOADER  (1u << 9)

struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower; /* KiB from 0 */
	uint32_t mem_upper; /* KiB from 1 MiB up to the first gap */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t nr_modules;
	uint32_t modules; /* struct multiboot_module[] */
	uint32_t symbols[4];
	uint32_t mmap_size; /* bytes */
	uint32_t mmap;      /* struct multiboot_region[] */
	uint32_t drives[2];
	uint32_t config_table;
	uint32_t loader_name;
	uint32_t apm_table;
	uint32_t vbe[4];
	uint64_t framebuffer[4]; /* flag 12; never set */
};

struct multiboot_module {
	uint32_t start;
	uint32_t end; /* one past the last byte */
	uint32_t string;
	uint32_t reserved;
};

struct multiboot_region {
	uint32_t size; /* of what follows: 20 */
	uint64_t base;
	uint64_t length;
	uint32_t type; /* enum e820_type */
} packed_type;

static_assert(sizeof(struct multiboot_header) == 32, "3.1.1");
static_assert(offsetof(struct multiboot_info, mmap_size) == 44, "3.3");
static_assert(offsetof(struct multiboot_info, loader_name) == 64, "3.3");
static_assert(offsetof(struct multiboot_info, framebuffer) == 88, "3.3");
static_assert(sizeof(struct multiboot_module) == 16, "3.3");
static_assert(sizeof(struct multiboot_region) == 24, "3.3");

#endif
