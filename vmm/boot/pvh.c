/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pvh.c - start an ELF file at its PVH entry: 32-bit protected mode, EBX = struct pvh_start_info
 * (docs/misc/pvh.pandoc of Xen). The segments go to their physical addresses, the initrd is
 * module 0.
 */
#include "vmm/boot/pvh.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/boot/elf.h"
#include "vmm/boot/loader.h"
#include "vmm/log.h"

#define LINUX_CMDLINE_MAX 2047 /* COMMAND_LINE_SIZE on x86, without the 0 */

/* Everything that the start info points to, in one piece. */
struct pvh_block {
	struct pvh_start_info info;
	struct pvh_module module;
	struct pvh_region region[E820_ENTRIES_MAX];
};

/* The entry is 4 or 8 bytes, whatever the file's width. */
static int entry_find(const struct elf *elf, uint32_t *entry)
{
	uint64_t size, value = 0;
	const uint8_t *note = elf_note(elf, PVH_NOTE_OWNER, PVH_NOTE_ENTRY, &size);

	if (!note)
		return log_errno(-ENOEXEC,
			"%s: has no PVH note; build Linux with CONFIG_PVH=y or give its "
			"bzImage",
			elf->file->name);
	if (size == 4 || size == 8)
		memcpy(&value, note, size);
	if (!value || value > UINT32_MAX)
		return log_errno(-ENOEXEC,
			"%s: its PVH note holds no 32-bit address; link it again", elf->file->name);
	*entry = (uint32_t)value;
	return 0;
}

static int segments_load(struct loader *l, const struct elf *elf, uint32_t entry)
{
	bool entry_loaded = false;
	int err;

	for (uint32_t i = 0; i < elf->nr_segments; i++) {
		struct elf_segment s = elf_segment_get(elf, i);
		char what[32];

		if (s.type != PT_LOAD || !s.mem_size)
			continue;
		snprintf(what, sizeof(what), "segment %" PRIu32, i);
		if ((err = loader_load(l, what, s.paddr, s.data, s.file_size, s.mem_size)) != 0)
			return err;
		entry_loaded |= range_holds((struct range){ s.paddr, s.file_size }, entry, 1);
	}
	if (!entry_loaded)
		return log_errno(-ENOEXEC,
			"%s: its PVH entry 0x%" PRIx32 " is in no segment; link it again",
			elf->file->name, entry);
	return 0;
}

static int initrd_load(struct loader *l, struct pvh_block *b)
{
	const struct blob *f = &l->in->initrd;
	gpa_t at;

	if (!f->size)
		return 0;
	if (!loader_place(l, PLACE_BELOW_4G, PLACE_TOP, f->size, KiB(4), &at))
		return log_errno(-ENOSPC,
			"%s: an initrd of %" PRIu64 " MiB does not fit beside the kernel "
			"below 3 GiB in %" PRIu64 " MiB of memory; give the guest more",
			f->name, (f->size + MiB(1) - 1) >> 20, l->in->ram->total >> 20);
	b->module = (struct pvh_module){ .base = at, .size = f->size };
	b->info.nr_modules = 1;
	return loader_segment(l, at, f->data, f->size, 0);
}

static int start_info_put(struct loader *l)
{
	uint64_t length = strlen(l->in->cmdline);
	struct pvh_block *b = loader_alloc(l, sizeof(*b));
	gpa_t at, cmdline;
	int err;

	if (!b)
		return -ENOMEM;
	if (length > LINUX_CMDLINE_MAX)
		return log_errno(-E2BIG,
			"%s: the command line has %" PRIu64 " bytes, this kernel takes %d; "
			"shorten it",
			l->in->kernel.name, length, LINUX_CMDLINE_MAX);
	if ((err = loader_put(l, "PVH start info", b, sizeof(*b), 64, &at)) != 0 ||
		(err = loader_put(l, "command line", l->in->cmdline, length + 1, 16, &cmdline)) !=
			0 ||
		(err = initrd_load(l, b)) != 0)
		return err;
	b->info.magic = PVH_MAGIC;
	b->info.version = PVH_VERSION;
	b->info.modules = b->info.nr_modules ? at + offsetof(struct pvh_block, module) : 0;
	b->info.cmdline = cmdline;
	b->info.rsdp = l->in->rsdp;
	b->info.memmap = at + offsetof(struct pvh_block, region);
	b->info.nr_regions = l->nr_map;
	for (uint32_t i = 0; i < l->nr_map; i++)
		b->region[i] = (struct pvh_region){
			.base = l->map[i].base, .size = l->map[i].size, .type = l->map[i].type
		};
	l->plan->cpu.regs.rbx = at;
	return 0;
}

int pvh_load(struct loader *l)
{
	struct elf elf;
	uint32_t entry = 0;
	int err;

	if ((err = elf_open(&elf, &l->in->kernel)) != 0 || (err = entry_find(&elf, &entry)) != 0 ||
		(err = segments_load(l, &elf, entry)) != 0 || (err = start_info_put(l)) != 0)
		return err;
	l->plan->cpu.mode = CPU_PROTECTED32;
	l->plan->cpu.regs.rip = entry;
	return loader_put_gdt(l);
}
