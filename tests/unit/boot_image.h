/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_image.h - for the tests and fuzz targets of the boot loaders: images made in memory, and the
 * rules that every plan keeps.
 *
 * Owns nothing but one static line of log; not for threads.
 */
#ifndef TESTS_UNIT_BOOT_IMAGE_H
#define TESTS_UNIT_BOOT_IMAGE_H

#include <asm/bootparam.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/log_lines.h"
#include "vmm/boot/boot.h"
#include "vmm/boot/multiboot.h"
#include "vmm/boot/pvh.h"

/* ---- images ---- */

struct image {
	uint64_t size;
	uint8_t data[16384];
};

static inline struct blob image_blob(const struct image *im)
{
	return (struct blob){ .name = "image", .data = im->data, .size = im->size };
}

#define BZIMAGE_SETUP  1024 /* boot sector and one sector of set-up */
#define BZIMAGE_KERNEL 2048
#define BZIMAGE_PREF   MiB(16)
#define BZIMAGE_INIT   MiB(8)

/* A bzImage of protocol 2.15 with BZIMAGE_KERNEL bytes of kernel, each 0x90. */
static inline void bzimage_make(struct image *im, struct setup_header *change)
{
	struct setup_header h = {
		.setup_sects = BZIMAGE_SETUP / 512 - 1,
		.syssize = BZIMAGE_KERNEL / 16,
		.boot_flag = 0xaa55,
		.jump = 0x6aeb,
		.header = 0x53726448,
		.version = 0x20f,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = (uint32_t)MiB(2),
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = 2047,
		.pref_address = BZIMAGE_PREF,
		.init_size = (uint32_t)BZIMAGE_INIT,
	};

	if (change->header)
		h = *change;
	*change = h;
	memset(im->data, 0, BZIMAGE_SETUP);
	memset(im->data + BZIMAGE_SETUP, 0x90, BZIMAGE_KERNEL);
	memcpy(im->data + 0x1f1, &h, sizeof(h));
	im->size = BZIMAGE_SETUP + BZIMAGE_KERNEL;
}

/* What a synthesized ELF is made of: one byte value per segment, and a note. */
struct elf_parts {
	bool is32;
	uint16_t type, machine;
	uint64_t entry;
	uint32_t nr;
	struct {
		uint32_t type;
		uint64_t vaddr, paddr, file_size, mem_size;
	} segment[8];
	bool has_note; /* Xen, 18, note_value in 8 bytes */
	uint64_t note_value;
	bool has_header; /* multiboot, in the first segment's first bytes */
	struct multiboot_header header;
};

#define ELF_DATA_AT 1024 /* segment i's bytes are here + i * 1024 */

static inline void elf_put_segment(
	struct image *im, const struct elf_parts *p, uint32_t i, Elf64_Phdr h)
{
	Elf32_Phdr h32 = { .p_type = h.p_type,
		.p_offset = (uint32_t)h.p_offset,
		.p_vaddr = (uint32_t)h.p_vaddr,
		.p_paddr = (uint32_t)h.p_paddr,
		.p_filesz = (uint32_t)h.p_filesz,
		.p_memsz = (uint32_t)h.p_memsz };

	if (p->is32)
		memcpy(im->data + sizeof(Elf32_Ehdr) + i * sizeof(h32), &h32, sizeof(h32));
	else
		memcpy(im->data + sizeof(Elf64_Ehdr) + i * sizeof(h), &h, sizeof(h));
	if (h.p_offset + h.p_filesz > im->size && h.p_filesz <= 1024)
		im->size = h.p_offset + h.p_filesz;
}

static inline void elf_put_note(struct image *im, const struct elf_parts *p)
{
	static const uint32_t other[] = { 6, 1, 7, 0x756e694c, 0x78,
		0 }; /* Linux' own note first */
	const uint32_t head[] = { 4, 8, PVH_NOTE_ENTRY };
	uint64_t at = ELF_DATA_AT + p->nr * 1024;
	uint8_t *to = im->data + at;

	memcpy(to, other, sizeof(other));
	to += sizeof(other);
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), PVH_NOTE_OWNER, 4);
	memcpy(to + sizeof(head) + 4, &p->note_value, 8);
	elf_put_segment(im, p, p->nr,
		(Elf64_Phdr){ .p_type = PT_NOTE,
			.p_offset = at,
			.p_align = 4,
			.p_filesz = sizeof(other) + sizeof(head) + 12 });
}

static inline void elf_make(struct image *im, const struct elf_parts *p)
{
	uint16_t nr = (uint16_t)(p->nr + p->has_note);
	Elf64_Ehdr e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = p->type,
		.e_machine = p->machine,
		.e_version = 1,
		.e_entry = p->entry,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = nr };
	Elf32_Ehdr e32 = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1 },
		.e_type = p->type,
		.e_machine = p->machine,
		.e_version = 1,
		.e_entry = (uint32_t)p->entry,
		.e_phoff = sizeof(Elf32_Ehdr),
		.e_ehsize = sizeof(Elf32_Ehdr),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = nr };

	memset(im->data, 0, sizeof(im->data));
	im->size = 0;
	if (p->is32)
		memcpy(im->data, &e32, sizeof(e32));
	else
		memcpy(im->data, &e, sizeof(e));
	for (uint32_t i = 0; i < p->nr; i++) {
		uint64_t at = ELF_DATA_AT + i * 1024;

		memset(im->data + at, 0xa0 + (int)i, 1024);
		elf_put_segment(im, p, i,
			(Elf64_Phdr){ .p_type = p->segment[i].type,
				.p_offset = at,
				.p_vaddr = p->segment[i].vaddr,
				.p_paddr = p->segment[i].paddr,
				.p_filesz = p->segment[i].file_size,
				.p_memsz = p->segment[i].mem_size });
	}
	if (p->has_header)
		memcpy(im->data + ELF_DATA_AT, &p->header, sizeof(p->header));
	if (p->has_note)
		elf_put_note(im, p);
}

/* ---- what every plan keeps to ---- */

static inline bool segment_in_ram(const struct ram_layout *ram, gpa_t base, uint64_t size)
{
	/* Ranges of RAM may follow each other without a gap: go through them. */
	for (uint32_t i = 0; i < ram->nr && size; i++) {
		struct range r = ram->ram[i].gpa;

		if (range_holds(r, base, 1)) {
			uint64_t here = min(size, r.base + r.size - base);

			base += here;
			size -= here;
		}
	}
	return size == 0;
}

/* NULL if the plan keeps the rules, else the rule that it breaks. */
static inline const char *boot_plan_fault(const struct boot_plan *p, const struct ram_layout *ram)
{
	const struct range rom = { LAYOUT_LOW_END, LAYOUT_HIGH_START - LAYOUT_LOW_END };

	for (uint32_t i = 0; i < p->nr_segments; i++) {
		const struct boot_segment *s = &p->segment[i];
		struct range all = { s->gpa, s->size + s->zero };

		if (all.size < s->size || !range_valid(all) ||
			!segment_in_ram(ram, all.base, all.size))
			return "a segment outside RAM";
		if (range_overlaps(all, ram->acpi))
			return "a segment over the ACPI tables";
		if (range_overlaps(all, rom))
			return "a segment over the BIOS area";
		for (uint32_t j = 0; j < i; j++)
			if (range_overlaps(all, (struct range){ p->segment[j].gpa,
							p->segment[j].size + p->segment[j].zero }))
				return "two segments that overlap";
	}
	if (p->cpu.mode == CPU_PROTECTED32 && (p->cpu.regs.rip | p->cpu.regs.rbx) > UINT32_MAX)
		return "a 32-bit start above 4 GiB";
	if (p->cpu.mode != CPU_PROTECTED32 && (!p->cpu.cr3 || !is_aligned(p->cpu.cr3, KiB(4))))
		return "no page tables";
	return NULL;
}

/* ---- a guest's memory, as the plan leaves it ---- */

/* The byte range of a plan's segment that holds gpa, or NULL. */
static inline const void *boot_plan_at(const struct boot_plan *p, gpa_t gpa, uint64_t size)
{
	for (uint32_t i = 0; i < p->nr_segments; i++) {
		const struct boot_segment *s = &p->segment[i];

		if (range_holds((struct range){ s->gpa, s->size }, gpa, size))
			return (const uint8_t *)s->data + (gpa - s->gpa);
	}
	return NULL;
}

/* What address va is mapped to by the plan's page tables: entry with its flags, or 0. *page: its
 * page's size. */
static inline uint64_t boot_plan_translate(const struct boot_plan *p, uint64_t va, uint64_t *page)
{
	gpa_t table = p->cpu.cr3;

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t entry;
		const void *at = boot_plan_at(p, table + (va >> shift & 511) * 8, 8);

		if (!at)
			return 0;
		memcpy(&entry, at, 8);
		if (!(entry & 1))
			return 0;
		*page = 1ull << shift;
		if (shift == 12 || entry & 0x80)
			return entry;
		table = entry & 0xffffffffff000;
	}
	return 0;
}

#endif
