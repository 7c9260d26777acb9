/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf.c - a small ELF reader (System V ABI, gABI chapters 4 and 5), for program headers only.
 *
 * Headers are copied out before use: the file need not be aligned.
 */
#include "vmm/boot/elf.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/log.h"

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ EM_386, "32-bit x86" },
	{ EM_X86_64, "x86-64" },
	{ EM_ARM, "32-bit ARM" },
	{ EM_AARCH64, "64-bit ARM" },
	{ EM_RISCV, "RISC-V" },
	{ EM_PPC64, "64-bit POWER" },
	{ EM_S390, "IBM Z" },
	{ EM_LOONGARCH, "LoongArch" },
};

const char *elf_machine_name(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "a machine unknown to thole";
}

bool elf_is(const struct blob *file)
{
	return file->size >= SELFMAG && memcmp(file->data, ELFMAG, SELFMAG) == 0;
}

static bool file_holds(const struct blob *file, uint64_t offset, uint64_t size)
{
	return range_holds((struct range){ 0, file->size }, offset, size);
}

static int too_short(const struct blob *file, const char *what)
{
	return log_errno(-ENOEXEC,
		"%s: the file ends (at %" PRIu64 " bytes) before its %s does; is it "
		"a complete copy?",
		file->name, file->size, what);
}

/* Reads the file header, 32 or 64 bits wide. */
static int header_read(struct elf *elf, uint64_t *phentsize)
{
	const struct blob *f = elf->file;
	Elf32_Ehdr h32;
	Elf64_Ehdr h64;

	if (elf->is64) {
		if (!file_holds(f, 0, sizeof(h64)))
			return too_short(f, "ELF header");
		memcpy(&h64, f->data, sizeof(h64));
		elf->type = h64.e_type;
		elf->machine = h64.e_machine;
		elf->entry = h64.e_entry;
		elf->phoff = h64.e_phoff;
		elf->nr_segments = h64.e_phnum;
		*phentsize = h64.e_phentsize;
	} else {
		if (!file_holds(f, 0, sizeof(h32)))
			return too_short(f, "ELF header");
		memcpy(&h32, f->data, sizeof(h32));
		elf->type = h32.e_type;
		elf->machine = h32.e_machine;
		elf->entry = h32.e_entry;
		elf->phoff = h32.e_phoff;
		elf->nr_segments = h32.e_phnum;
		*phentsize = h32.e_phentsize;
	}
	return 0;
}

/* One program header as it stands in the file; data and sizes are not yet checked. */
static struct elf_segment segment_read(const struct elf *elf, uint32_t i, uint64_t *offset)
{
	const uint8_t *at = elf->file->data + elf->phoff;
	struct elf_segment s = { 0 };

	if (elf->is64) {
		Elf64_Phdr p;

		memcpy(&p, at + i * sizeof(p), sizeof(p));
		s = (struct elf_segment){ .type = p.p_type,
			.vaddr = p.p_vaddr,
			.paddr = p.p_paddr,
			.file_size = p.p_filesz,
			.mem_size = p.p_memsz,
			.align = p.p_align };
		*offset = p.p_offset;
	} else {
		Elf32_Phdr p;

		memcpy(&p, at + i * sizeof(p), sizeof(p));
		s = (struct elf_segment){ .type = p.p_type,
			.vaddr = p.p_vaddr,
			.paddr = p.p_paddr,
			.file_size = p.p_filesz,
			.mem_size = p.p_memsz,
			.align = p.p_align };
		*offset = p.p_offset;
	}
	return s;
}

static int segment_check(const struct elf *elf, uint32_t i)
{
	uint64_t limit = elf->is64 ? UINT64_MAX : UINT32_MAX;
	uint64_t offset;
	struct elf_segment s = segment_read(elf, i, &offset);

	if (s.type != PT_LOAD && s.type != PT_NOTE)
		return 0;
	if (!file_holds(elf->file, offset, s.file_size))
		return too_short(elf->file, s.type == PT_LOAD ? "loadable segments" : "notes");
	if (s.type == PT_NOTE)
		return 0;
	if (s.file_size > s.mem_size || s.mem_size > limit - s.vaddr ||
		s.mem_size > limit - s.paddr)
		return log_errno(-ENOEXEC,
			"%s: segment %" PRIu32 " has impossible sizes (%" PRIu64
			" bytes in the file, %" PRIu64 " in memory at 0x%" PRIx64
			"); link it again",
			elf->file->name, i, s.file_size, s.mem_size, s.paddr);
	return 0;
}

int elf_open(struct elf *elf, const struct blob *file)
{
	uint64_t phentsize = 0;
	int err;

	*elf = (struct elf){ .file = file };
	if (file->size < EI_NIDENT)
		return too_short(file, "ELF header");
	if (file->data[EI_CLASS] != ELFCLASS32 && file->data[EI_CLASS] != ELFCLASS64)
		return log_errno(-ENOEXEC,
			"%s: is neither a 32-bit nor a 64-bit ELF file; is it damaged?",
			file->name);
	if (file->data[EI_DATA] != ELFDATA2LSB)
		return log_errno(-ENOEXEC, "%s: is a big-endian ELF file; thole runs x86-64 guests",
			file->name);
	elf->is64 = file->data[EI_CLASS] == ELFCLASS64;
	if ((err = header_read(elf, &phentsize)) != 0)
		return err;
	if (elf->machine != EM_386 && elf->machine != EM_X86_64)
		return log_errno(-ENOEXEC,
			"%s: is for %s (ELF machine %u); thole runs x86-64 guests", file->name,
			elf_machine_name(elf->machine), elf->machine);
	if (!elf->nr_segments || elf->type == ET_REL)
		return log_errno(-ENOEXEC, "%s: has no program headers (an object file?); link it",
			file->name);
	if (phentsize != (elf->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return log_errno(-ENOEXEC,
			"%s: program headers of %" PRIu64 " bytes are not ELF's; is it "
			"damaged?",
			file->name, phentsize);
	if (elf->nr_segments > ELF_SEGMENTS_MAX)
		return log_errno(-ENOEXEC,
			"%s: has %" PRIu32 " program headers, more than %d; link it with "
			"fewer",
			file->name, elf->nr_segments, ELF_SEGMENTS_MAX);
	if (!file_holds(file, elf->phoff, elf->nr_segments * phentsize))
		return too_short(file, "program headers");
	if ((err = blob_show(file, elf->phoff, elf->nr_segments * phentsize)) != 0)
		return err;
	for (uint32_t i = 0; i < elf->nr_segments; i++)
		if ((err = segment_check(elf, i)) != 0)
			return err;
	return 0;
}

struct elf_segment elf_segment_get(const struct elf *elf, uint32_t i)
{
	uint64_t offset;
	struct elf_segment s = segment_read(elf, i, &offset);

	if (s.type == PT_LOAD || s.type == PT_NOTE)
		s.data = elf->file->data + offset;
	return s;
}

/* The note in one segment. Name and content are padded to align, 4 or 8 bytes (gABI chapter 5). */
static const uint8_t *note_find(
	const struct elf_segment *s, const char *owner, uint32_t type, uint64_t *size)
{
	uint64_t align = s->align == 8 ? 8 : 4;
	uint64_t at = 0;
	Elf32_Nhdr n;

	while (s->file_size - at >= sizeof(n)) {
		uint64_t name_at = at + sizeof(n);
		uint64_t content_at, next;

		memcpy(&n, s->data + at, sizeof(n));
		content_at = align_up(name_at + n.n_namesz, align);
		next = align_up(content_at + n.n_descsz, align);
		if (content_at > s->file_size || n.n_descsz > s->file_size - content_at)
			return NULL;
		if (n.n_type == type && n.n_namesz == strlen(owner) + 1 &&
			memcmp(s->data + name_at, owner, n.n_namesz) == 0) {
			*size = n.n_descsz;
			return s->data + content_at;
		}
		if (next > s->file_size)
			return NULL;
		at = next;
	}
	return NULL;
}

const uint8_t *elf_note(const struct elf *elf, const char *owner, uint32_t type, uint64_t *size)
{
	for (uint32_t i = 0; i < elf->nr_segments; i++) {
		struct elf_segment s = elf_segment_get(elf, i);
		const uint8_t *content;

		if (s.type != PT_NOTE ||
			blob_show(elf->file, (uint64_t)(s.data - elf->file->data), s.file_size) != 0)
			continue;
		content = note_find(&s, owner, type, size);
		if (content)
			return content;
	}
	return NULL;
}
