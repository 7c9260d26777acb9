/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multiboot.c - start a kernel by the Multiboot Specification 0.6.96.
 *
 *   EAX = magic, EBX -> info -> command line, modules, memory map, loader name
 *
 * The info and all it points to lie right below 640 KiB, out of the way of what kernels like to put
 * in low memory (start-up code of processors, stacks); modules follow the kernel, page by page.
 */
#include "vmm/boot/multiboot.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/boot/elf.h"
#include "vmm/boot/loader.h"
#include "vmm/log.h"

#define MODULES_MAX (BOOT_MODULES_MAX + 1) /* the initrd is one */

static const char loader_name[] = "thole";

/* The BIOS data area's words on conventional memory: kernels made for a PC with firmware (Xen) look
 * there for a place for their start-up code, whatever the loader tells them. */
#define BDA_AT 0x40e

struct bda {
	uint16_t ebda_segment; /* 0x40e: the extended BIOS data area's address / 16 */
	uint8_t other[3];
	uint16_t memory_kib; /* 0x413 */
} packed_type;

static_assert(sizeof(struct bda) == 7, "0x40e to 0x414");

/* What EBX points to, in one piece. */
struct block {
	struct multiboot_info info;
	struct multiboot_module module[MODULES_MAX];
	struct multiboot_region region[E820_ENTRIES_MAX];
	char name[sizeof(loader_name)];
};

/* Where the image ends and starts. */
struct image {
	uint64_t end;
	uint32_t entry;
};

bool multiboot_find(const struct blob *file, uint64_t *at)
{
	uint64_t limit = min(file->size, (uint64_t)MULTIBOOT_SEARCH);
	uint32_t word[3];

	for (*at = 0; *at + sizeof(word) <= limit; *at += 4) {
		memcpy(word, file->data + *at, sizeof(word));
		if (word[0] == MULTIBOOT_MAGIC && word[0] + word[1] + word[2] == 0)
			return true;
	}
	return false;
}

static int header_read(const struct blob *f, struct multiboot_header *h, uint64_t *at)
{
	uint32_t unknown;

	*h = (struct multiboot_header){ 0 };
	if (!multiboot_find(f, at))
		return log_errno(-ENOEXEC, "%s: has no multiboot header in its first %d bytes",
			f->name, MULTIBOOT_SEARCH);
	memcpy(h, f->data + *at, min(f->size - *at, (uint64_t)sizeof(*h)));
	unknown = h->flags & MULTIBOOT_DEMANDS &
		  ~(MULTIBOOT_ALIGN | MULTIBOOT_MEMORY | MULTIBOOT_VIDEO);
	if (unknown)
		return log_errno(-ENOEXEC,
			"%s: its multiboot header demands features 0x%" PRIx32
			" that version 1 does not define; build it for multiboot 0.6.96",
			f->name, unknown);
	if (h->flags & MULTIBOOT_VIDEO)
		log_warn("%s: asks for a video mode; a thole guest has no screen, started without",
			f->name);
	if ((h->flags & MULTIBOOT_ADDRESSES) && f->size - *at < sizeof(*h))
		return log_errno(-ENOEXEC,
			"%s: ends within its multiboot header; is it a complete copy?", f->name);
	return 0;
}

static int bad_addresses(const struct blob *f, const char *why)
{
	return log_errno(-ENOEXEC,
		"%s: the addresses in its multiboot header are impossible (%s); link "
		"it again",
		f->name, why);
}

/* Load by the header's own addresses (3.1.3), which count more than those of the file's format. */
static int image_load_flat(
	struct loader *l, const struct multiboot_header *h, uint64_t at, struct image *im)
{
	const struct blob *f = &l->in->kernel;
	uint64_t from, size, mem_size;

	if (h->load_addr > h->header_addr || h->header_addr - h->load_addr > at)
		return bad_addresses(f, "it would start before the file does");
	from = at - (h->header_addr - h->load_addr);
	size = f->size - from;
	if (h->load_end_addr) {
		if (h->load_end_addr < h->load_addr || h->load_end_addr - h->load_addr > size)
			return bad_addresses(f, "more to load than the file has");
		size = h->load_end_addr - h->load_addr;
	}
	mem_size = size;
	if (h->bss_end_addr) {
		if (h->bss_end_addr < h->load_addr || h->bss_end_addr - h->load_addr < size)
			return bad_addresses(f, "the bss ends before the data does");
		mem_size = h->bss_end_addr - h->load_addr;
	}
	if (!range_holds((struct range){ h->load_addr, size }, h->entry_addr, 1))
		return bad_addresses(f, "the entry is in nothing that is loaded");
	im->end = h->load_addr + mem_size;
	im->entry = h->entry_addr;
	return loader_load(l, "the image", h->load_addr, f->data + from, size, mem_size);
}

/* Load an ELF32 by its program headers. Its entry may be a virtual address: paging is off, so what
 * counts is where that byte was put. */
static int image_load_elf(struct loader *l, struct image *im)
{
	const struct blob *f = &l->in->kernel;
	bool entry_found = false;
	struct elf elf;
	int err;

	if (!elf_is(f))
		return log_errno(-ENOEXEC,
			"%s: is no ELF file, and its multiboot header has no load "
			"addresses (flag 16); link it as ELF32",
			f->name);
	if ((err = elf_open(&elf, f)) != 0)
		return err;
	if (elf.is64 || elf.machine != EM_386)
		return log_errno(-ENOEXEC,
			"%s: multiboot starts 32-bit ELF files, this one is for %s; "
			"convert it with objcopy -O elf32-i386",
			f->name, elf_machine_name(elf.machine));
	for (uint32_t i = 0; i < elf.nr_segments; i++) {
		struct elf_segment s = elf_segment_get(&elf, i);
		char what[32];

		if (s.type != PT_LOAD || !s.mem_size)
			continue;
		snprintf(what, sizeof(what), "segment %" PRIu32, i);
		if ((err = loader_load(l, what, s.paddr, s.data, s.file_size, s.mem_size)) != 0)
			return err;
		im->end = max(im->end, s.paddr + s.mem_size);
		if (!entry_found &&
			range_holds((struct range){ s.vaddr, s.file_size }, elf.entry, 1)) {
			im->entry = (uint32_t)(elf.entry - s.vaddr + s.paddr);
			entry_found = true;
		}
	}
	if (!entry_found)
		return log_errno(-ENOEXEC,
			"%s: its entry 0x%" PRIx64 " is in no segment; link it again", f->name,
			elf.entry);
	return 0;
}

/* "name args", as boot loaders pass it; *at: where it lies. */
static int string_put(struct loader *l, const char *name, const char *args, uint32_t *at)
{
	uint64_t size = strlen(name) + 1 + strlen(args) + 1;
	char *string = loader_alloc(l, size);
	gpa_t gpa;
	int err;

	if (!string)
		return -ENOMEM;
	snprintf(string, size, "%s%s%s", name, *args ? " " : "", args);
	err = loader_put(l, "command line", string, size, 4, &gpa);
	*at = (uint32_t)gpa; /* loader_put() stays below 4 GiB */
	return err;
}

static int module_put(
	struct loader *l, struct block *b, const struct blob *f, const char *args, uint64_t from)
{
	struct multiboot_module *m = &b->module[b->info.nr_modules++];
	struct range within = { from, GiB(4) - from };
	gpa_t at;
	int err;

	if (!loader_place(l, within, PLACE_BOTTOM, f->size, KiB(4), &at))
		return log_errno(-ENOSPC,
			"%s: a module of %" PRIu64 " KiB does not fit after the kernel in %" PRIu64
			" MiB of memory; give the guest more",
			f->name, (f->size + 1023) / 1024, l->in->ram->total >> 20);
	if ((err = string_put(l, f->name, args, &m->string)) != 0)
		return err;
	m->start = (uint32_t)at;
	m->end = (uint32_t)(at + f->size);
	return f->size ? loader_segment(l, at, f->data, f->size, 0) : 0;
}

static int modules_put(struct loader *l, struct block *b, uint64_t image_end)
{
	const struct boot_input *in = l->in;
	uint64_t from = max(image_end, LAYOUT_HIGH_START);
	int err = 0;

	if (in->initrd.size)
		err = module_put(l, b, &in->initrd, "", from);
	for (uint32_t i = 0; !err && i < in->nr_modules; i++)
		err = module_put(l, b, &in->module[i].file, in->module[i].args, from);
	return err;
}

static void info_fill(const struct loader *l, struct block *b, gpa_t at)
{
	struct multiboot_info *info = &b->info;

	info->flags = MULTIBOOT_INFO_MEMORY | MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_MODULES |
		      MULTIBOOT_INFO_MMAP | MULTIBOOT_INFO_LOADER;
	info->mem_lower = (uint32_t)(LAYOUT_LOW_END >> 10);
	info->mem_upper = (uint32_t)((ram_layout_low_end(l->in->ram) - LAYOUT_HIGH_START) >> 10);
	info->modules = (uint32_t)(at + offsetof(struct block, module));
	info->mmap = (uint32_t)(at + offsetof(struct block, region));
	info->mmap_size = l->nr_map * (uint32_t)sizeof(b->region[0]);
	info->loader_name = (uint32_t)(at + offsetof(struct block, name));
	memcpy(b->name, loader_name, sizeof(loader_name));
	for (uint32_t i = 0; i < l->nr_map; i++)
		b->region[i] = (struct multiboot_region){ .size = sizeof(b->region[0]) -
								  sizeof(b->region[0].size),
			.base = l->map[i].base,
			.length = l->map[i].size,
			.type = l->map[i].type };
}

static int bda_put(struct loader *l)
{
	struct bda *bda;

	if (!loader_take(l, BDA_AT, sizeof(*bda)))
		return 0; /* the image lies there */
	bda = loader_alloc(l, sizeof(*bda));
	if (!bda)
		return -ENOMEM;
	bda->ebda_segment = (uint16_t)(LAYOUT_LOW_END >> 4);
	bda->memory_kib = (uint16_t)(LAYOUT_LOW_END >> 10);
	return loader_segment(l, BDA_AT, bda, sizeof(*bda), 0);
}

int multiboot_load(struct loader *l)
{
	struct boot_cpu *cpu = &l->plan->cpu;
	struct multiboot_header h;
	struct image im = { 0 };
	struct block *b;
	uint64_t header_at;
	gpa_t at;
	int err;

	if ((err = header_read(&l->in->kernel, &h, &header_at)) != 0)
		return err;
	err = h.flags & MULTIBOOT_ADDRESSES ? image_load_flat(l, &h, header_at, &im)
					    : image_load_elf(l, &im);
	if (err)
		return err;
	b = loader_alloc(l, sizeof(*b));
	if (!b)
		return -ENOMEM;
	if ((err = bda_put(l)) != 0 ||
		(err = loader_put(l, "multiboot information", b, sizeof(*b), 16, &at)) != 0 ||
		(err = modules_put(l, b, im.end)) != 0 ||
		(err = string_put(l, l->in->kernel.name, l->in->cmdline, &b->info.cmdline)) != 0)
		return err;
	info_fill(l, b, at);
	cpu->mode = CPU_PROTECTED32;
	cpu->regs.rip = im.entry;
	cpu->regs.rax = MULTIBOOT_LOADER_MAGIC;
	cpu->regs.rbx = at;
	return loader_put_gdt(l);
}
