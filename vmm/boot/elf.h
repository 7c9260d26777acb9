/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf.h - read an ELF file's program headers and notes, 32 or 64 bits, little endian.
 *
 * The file is hostile: what these functions hand out has been checked against the file's end and
 * against overflow. Whether it fits in the guest's memory is the loader's question.
 *
 * Pure; any thread. Borrows the file. Errors: -ENOEXEC, reported with the file's name.
 */
#ifndef VMM_BOOT_ELF_H
#define VMM_BOOT_ELF_H

#include "vmm/boot/boot.h"

#define ELF_SEGMENTS_MAX 128

struct elf {
	const struct blob *file;
	bool is64;
	uint16_t type;    /* ET_… */
	uint16_t machine; /* EM_… */
	uint64_t entry;
	uint64_t phoff;
	uint32_t nr_segments;
};

/* A program header, whichever its width. */
struct elf_segment {
	uint32_t type;
	uint64_t vaddr, paddr;
	const uint8_t *data; /* file_size bytes in the file: blob_show() before a look */
	uint64_t file_size;
	uint64_t mem_size; /* at least file_size; neither address wraps */
	uint64_t align;
};

/* Does the file start like an ELF file? */
bool elf_is(const struct blob *file);

/* Check and read the header; every segment is checked too. */
int elf_open(struct elf *elf, const struct blob *file) must_check;

/* Segment i of elf->nr_segments, after elf_open(). */
struct elf_segment elf_segment_get(const struct elf *elf, uint32_t i);

/* The content of the first note of this owner and type in the PT_NOTE segments, or NULL. */
const uint8_t *elf_note(const struct elf *elf, const char *owner, uint32_t type, uint64_t *size);

/* "64-bit ARM" and the like. */
const char *elf_machine_name(uint16_t machine);

#endif
