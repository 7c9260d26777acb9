/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload.c - start a program without an operating system, in ring 3, on every vCPU. The contract
 * with the program is vmm/include/thole/payload.h; here is how it is kept.
 *
 *   2 MiB -            the image, where it was linked
 *   after it, up to    stacks, vCPU 0's on top, below what else there is: parameters, command line, TSS, page tables.
 *   a 2 MiB border     One large page holds it all, and one is cleared before a payload starts
 *   below the range    what finds no room there
 *   for ACPI tables
 */
#include <thole/payload.h>

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/boot/elf.h"
#include "vmm/boot/loader.h"
#include "vmm/boot/pagetable.h"
#include "vmm/log.h"

#define STACK_SIZE KiB(64)
/* Each segment and each node's border adds at most one free range; stacks, tables, … few more. */
#define RANGES_MAX (ELF_SEGMENTS_MAX + LAYOUT_RAM_MAX + 16u)

static_assert(sizeof(struct payload_params) == 128, "payload.h, version 1");
static_assert(offsetof(struct payload_params, ranges) == 24, "payload.h, version 1");
static_assert(sizeof(struct payload_range) == 24, "payload.h, version 1");

/* The parameters and what they point to but the strings, in one piece. */
struct param_block {
	struct payload_params params;
	struct payload_range range[RANGES_MAX];
	uint32_t cpu_node[]; /* [nr_cpus] */
};

static int file_check(const struct elf *elf)
{
	const char *name = elf->file->name;

	if (!elf->is64 || elf->machine != EM_X86_64)
		return log_errno(
			-ENOEXEC, "%s: is a 32-bit program; build payloads with -m64", name);
	for (uint32_t i = 0; i < elf->nr_segments; i++) {
		uint32_t type = elf_segment_get(elf, i).type;

		if (type == PT_INTERP)
			return log_errno(-ENOEXEC,
				"%s: is dynamically linked; link payloads with -static "
				"-no-pie -nostdlib",
				name);
		if (type == PT_TLS)
			return log_errno(-ENOEXEC,
				"%s: has thread-local storage, as programs with a libc do, "
				"and a payload has neither; link payloads with -nostdlib",
				name);
	}
	if (elf->type == ET_DYN)
		return log_errno(-ENOEXEC,
			"%s: is position-independent (PIE); link payloads with -static "
			"-no-pie -nostdlib",
			name);
	if (elf->type != ET_EXEC)
		return log_errno(-ENOEXEC,
			"%s: is no executable (ELF type %u); link payloads with -static "
			"-no-pie -nostdlib",
			name, elf->type);
	return 0;
}

static int image_load(struct loader *l, const struct elf *elf)
{
	bool entry_loaded = false;
	gpa_t end = 0;
	int err;

	for (uint32_t i = 0; i < elf->nr_segments; i++) {
		struct elf_segment s = elf_segment_get(elf, i);
		char what[32];

		if (s.type != PT_LOAD || !s.mem_size)
			continue;
		snprintf(what, sizeof(what), "segment %" PRIu32, i);
		if (s.vaddr < LAYOUT_HIGH_START)
			return log_errno(-ENOEXEC,
				"%s: %s is linked at 0x%" PRIx64 ", below 1 MiB; link "
				"payloads with payload.lds",
				elf->file->name, what, s.vaddr);
		if ((err = loader_load(l, what, s.vaddr, s.data, s.file_size, s.mem_size)) != 0)
			return err;
		entry_loaded |= range_holds((struct range){ s.vaddr, s.file_size }, elf->entry, 1);
		end = max(end, s.vaddr + s.mem_size);
	}
	if (!entry_loaded)
		return log_errno(-ENOEXEC,
			"%s: its entry 0x%" PRIx64 " is in no segment; define _start",
			elf->file->name, elf->entry);
	l->low = (struct range){ end, align_up(end, MiB(2)) - end };
	return 0;
}

/* RSP is as after a call: a return address, here 0, lies on a 16-byte boundary minus 8. */
static int stacks_put(struct loader *l, struct payload_params *params)
{
	uint64_t size = l->in->nr_cpus * STACK_SIZE;
	gpa_t base;

	if (!loader_place(l, l->low, PLACE_TOP, size, KiB(4), &base) &&
		!loader_place(l, PLACE_BELOW_4G, PLACE_TOP, size, KiB(4), &base))
		return loader_no_room(l, "the vCPUs' stacks", size);
	l->plan->all_cpus = true;
	l->plan->stack_stride = STACK_SIZE;
	l->plan->stack_top = base + size - 8;
	params->stack_size = STACK_SIZE;
	params->stack_base = base;
	return loader_segment(l, base, NULL, 0, size);
}

/* In ring 0, APICs and devices are mapped, too: the hole, from one GiB boundary to the next. */
static int tables_put(struct loader *l, bool supervisor)
{
	struct range map[LAYOUT_RAM_MAX + 1];
	const struct boot_input *in = l->in;
	const struct ram_layout *ram = in->ram;
	uint64_t page = in->guest_page;
	uint32_t nr = 0;

	if (page != KiB(4) && page != MiB(2) && page != GiB(1))
		return log_errno(-EINVAL,
			"%s: %" PRIu64 " bytes is no size of a guest page; take 4K, 2M or 1G",
			in->kernel.name, page);
	if (page == GiB(1) && !in->has_page_1g)
		return log_errno(-ENOTSUP,
			"%s: 1 GiB guest pages are not there on this host's KVM (CPUID "
			"pdpe1gb); take 2M",
			in->kernel.name);
	/* Nodes are seamless: a page may hold the end of one and the start of the next. */
	for (uint32_t i = 0; i < ram->nr; i++) {
		struct range r = ram->ram[i].gpa;

		if (nr && map[nr - 1].base + map[nr - 1].size == r.base)
			map[nr - 1].size += r.size;
		else
			map[nr++] = r;
	}
	/* A null pointer shall fault. That costs the first 2 MiB their large page; with 1 GiB pages
	 * it would cost the first GiB, so there it is not done. */
	if (nr && page != GiB(1)) {
		map[0].base += KiB(4);
		map[0].size -= KiB(4);
	}
	if (supervisor)
		map[nr++] = (struct range){ LAYOUT_HOLE_BASE, LAYOUT_HOLE_END - LAYOUT_HOLE_BASE };
	return pagetable_put(l, map, nr, page, !supervisor, &l->plan->cpu.cr3);
}

static int range_bigger_first(const void *a, const void *b)
{
	const struct payload_range *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return (x->base > y->base) - (x->base < y->base);
}

/* The parts of what is free in each node's memory. */
static void ranges_fill(const struct loader *l, struct param_block *b)
{
	const struct ram_layout *ram = l->in->ram;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < l->nr_free; i++) {
		for (uint32_t n = 0; n < ram->nr && nr < RANGES_MAX; n++) {
			const struct range *node = &ram->ram[n].gpa;
			const struct range *free = &l->free[i];
			gpa_t base = max(node->base, free->base);
			gpa_t end = min(node->base + node->size, free->base + free->size);

			base = align_up(max(base, LAYOUT_HIGH_START), KiB(4));
			end = align_down(end, KiB(4));
			if (base < end)
				b->range[nr++] = (struct payload_range){
					.base = base, .size = end - base, .node = ram->ram[n].node
				};
		}
	}
	qsort(b->range, nr, sizeof(b->range[0]), range_bigger_first);
	b->params.nr_ranges = nr;
}

static void params_fill(const struct loader *l, struct param_block *b, gpa_t at, gpa_t cmdline)
{
	const struct boot_input *in = l->in;

	b->params.magic = PAYLOAD_MAGIC;
	b->params.version = PAYLOAD_VERSION;
	b->params.size = sizeof(b->params);
	b->params.nr_cpus = in->nr_cpus;
	b->params.ranges = at + offsetof(struct param_block, range);
	b->params.cpu_nodes = at + offsetof(struct param_block, cpu_node);
	b->params.cmdline = cmdline;
	b->params.tsc_khz = in->tsc_khz;
	b->params.guest_page = in->guest_page;
	for (uint32_t i = 0; in->cpu_node && i < in->nr_cpus; i++)
		b->cpu_node[i] = in->cpu_node[i];
	ranges_fill(l, b);
}

int payload_load(struct loader *l)
{
	const struct boot_input *in = l->in;
	uint64_t size = sizeof(struct param_block) + in->nr_cpus * sizeof(uint32_t);
	struct param_block *b;
	gpa_t at, cmdline;
	uint64_t note_size;
	struct elf elf;
	bool supervisor;
	int err;

	if ((err = elf_open(&elf, &in->kernel)) != 0 || (err = file_check(&elf)) != 0 ||
		(err = image_load(l, &elf)) != 0)
		return err;
	supervisor = elf_note(&elf, PAYLOAD_NOTE_OWNER, PAYLOAD_NOTE_SUPERVISOR, &note_size) != NULL;
	l->plan->cpu.mode = supervisor ? CPU_LONG64 : CPU_USER64;
	b = loader_alloc(l, size);
	if (!b)
		return -ENOMEM;
	if ((err = loader_put(l, "parameters", b, size, KiB(4), &at)) != 0 ||
		(err = loader_put(l, "command line", in->cmdline, strlen(in->cmdline) + 1, 16,
			 &cmdline)) != 0 ||
		(err = stacks_put(l, &b->params)) != 0 || (err = loader_put_tss(l)) != 0 ||
		(supervisor && (err = loader_put_gdt(l)) != 0) || (err = tables_put(l, supervisor)) != 0)
		return err;
	params_fill(l, b, at, cmdline);
	l->plan->cpu.regs.rip = elf.entry;
	l->plan->cpu.regs.rsi = at;
	return 0;
}
