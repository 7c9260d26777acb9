/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot.c - tell images apart, hand each to its loader, and copy what the loader planned. */
#include "vmm/boot/boot.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/boot/elf.h"
#include "vmm/boot/loader.h"
#include "vmm/boot/pvh.h"
#include "vmm/log.h"

/* A file that people take for a kernel, and what they should do about it. */
static const struct {
	uint16_t at;
	uint8_t size;
	const char *bytes;
	const char *advice;
} strangers[] = {
	{ 56, 4, "ARM\x64", "is a Linux kernel for 64-bit ARM; thole runs x86-64 guests" },
	{ 56, 4, "RSC\x05", "is a Linux kernel for RISC-V; thole runs x86-64 guests" },
	{ 4, 4, "zimg", "is an EFI zboot kernel for other machines; thole runs x86-64 guests" },
	{ 0, 2, "\x1f\x8b", "is compressed with gzip; unpack it (gzip -d) first" },
	{ 0, 5, "\xfd\67zXZ", "is compressed with xz; unpack it (xz -d) first" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it (zstd -d) first" },
	{ 0, 4, "\x04\x22\x4d\x18", "is compressed with lz4; unpack it (lz4 -d) first" },
	{ 0, 4, "\x02\x21\x4c\x18", "is compressed with lz4; unpack it (lz4 -d) first" },
	{ 0, 3, "BZh", "is compressed with bzip2; unpack it (bzip2 -d) first" },
	{ 0, 6, "070701", "is a cpio archive; give it as the initrd" },
	{ 0, 2, "#!", "is a script; give a kernel or a payload" },
};

#define BZIMAGE_HEADER_MAX (0x202u + 0xff) /* boot.rst: the byte at 0x201 says where the header ends, from 0x202 */

static bool bytes_at(const struct blob *f, uint64_t at, const void *bytes, uint64_t size)
{
	return range_holds((struct range){ 0, f->size }, at, size) &&
	       memcmp(f->data + at, bytes, size) == 0;
}

static int stranger_report(const struct blob *f)
{
	if (!f->size)
		return log_errno(-ENOEXEC, "%s: is empty; give a kernel or a payload", f->name);
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		if (bytes_at(f, strangers[i].at, strangers[i].bytes, strangers[i].size))
			return log_errno(-ENOEXEC, "%s: %s", f->name, strangers[i].advice);
	/* A bzImage is an EFI program, too, and no program is as short as its header. */
	if (bytes_at(f, 0, "MZ", 2))
		return log_errno(-ENOEXEC, "%s: %s", f->name, f->size < BZIMAGE_HEADER_MAX ?
			"ends within a bzImage's setup header; is it a complete copy?" :
			"is an EFI program, and not a Linux kernel; give a bzImage");
	return log_errno(-ENOEXEC,
		"%s: is no kernel that thole knows (bzImage, ELF with a PVH note, "
		"multiboot); is it a complete copy?",
		f->name);
}

static int elf_kind(const struct blob *f, enum boot_kind *kind)
{
	struct elf elf;
	uint64_t at, size;
	int err;

	if ((err = elf_open(&elf, f)) != 0)
		return err;
	*kind = BOOT_MULTIBOOT;
	if (!elf.is64 && multiboot_find(f, &at))
		return 0;
	*kind = BOOT_PVH;
	if (elf_note(&elf, PVH_NOTE_OWNER, PVH_NOTE_ENTRY, &size))
		return 0;
	if (elf.is64 && multiboot_find(f, &at))
		return log_errno(-ENOEXEC,
			"%s: multiboot starts 32-bit ELF files, this one has 64 bits; "
			"convert it with objcopy -O elf32-i386",
			f->name);
	return log_errno(-ENOEXEC,
		"%s: has neither a PVH note nor a multiboot header; build Linux with "
		"CONFIG_PVH=y or give its bzImage, and start a payload as a payload",
		f->name);
}

int boot_kind_of(const struct blob *kernel, bool want_payload, enum boot_kind *kind)
{
	uint64_t at;

	if (want_payload) {
		*kind = BOOT_PAYLOAD;
		if (elf_is(kernel))
			return 0;
		if (bytes_at(kernel, 0x202, "HdrS", 4))
			return log_errno(-ENOEXEC,
				"%s: is a Linux kernel, not a payload; give it as the kernel",
				kernel->name);
		return log_errno(-ENOEXEC,
			"%s: is no ELF file; build payloads with -static -no-pie "
			"-nostdlib",
			kernel->name);
	}
	if (elf_is(kernel))
		return elf_kind(kernel, kind);
	*kind = BOOT_LINUX;
	if (bytes_at(kernel, 0x202, "HdrS", 4))
		return 0;
	*kind = BOOT_MULTIBOOT;
	if (multiboot_find(kernel, &at))
		return 0;
	return stranger_report(kernel);
}

int boot_plan_make(const struct boot_input *in, struct boot_plan *plan)
{
	static int (*const load[])(struct loader *) = {
		[BOOT_LINUX] = linux_load,
		[BOOT_PVH] = pvh_load,
		[BOOT_MULTIBOOT] = multiboot_load,
		[BOOT_PAYLOAD] = payload_load,
	};
	struct loader l;
	int err;

	*plan = (struct boot_plan){ .kind = in->kind };
	loader_init(&l, in, plan);
	err = load[in->kind](&l);
	if (err)
		boot_plan_fini(plan);
	return err;
}

void boot_plan_fini(struct boot_plan *plan)
{
	for (uint32_t i = 0; i < plan->nr_owned; i++)
		free(plan->owned[i]);
	free(plan->owned);
	free(plan->segment);
	*plan = (struct boot_plan){ 0 };
}

static int segment_copy(const struct boot_segment *s, uint64_t at, uint64_t size, void *to)
{
	const uint8_t *from = (const uint8_t *)s->data + at;

	if (s->file)
		return s->file->source->copy(s->file->source, s->file, (uint64_t)(from - s->file->data), size, to);
	memcpy(to, from, size);
	return 0;
}

/* A segment may cross from one node's memory into the next, which the host maps elsewhere; ranges
 * of RAM are whole 4 KiB pages, so a copy by pages always works. */
static int segment_write(const struct boot_segment *s, boot_at_fn *at, void *ctx)
{
	uint64_t done = 0;
	void *to = s->size ? at(ctx, s->gpa, s->size) : NULL;
	int err = 0;

	if (to)
		return segment_copy(s, 0, s->size, to);
	while (done < s->size && !err) {
		gpa_t gpa = s->gpa + done;
		uint64_t n = min(s->size - done, KiB(4) - (gpa & (KiB(4) - 1)));

		to = at(ctx, gpa, n);
		if (!to)
			return log_errno(-EFAULT,
				"boot plan: nothing to write to at 0x%" PRIx64
				"; the guest's memory is not what was planned for",
				gpa);
		err = segment_copy(s, done, n, to);
		done += n;
	}
	return err;
}

int boot_plan_write(const struct boot_plan *plan, boot_at_fn *at, void *ctx)
{
	int err;

	for (uint32_t i = 0; i < plan->nr_segments; i++)
		if ((err = segment_write(&plan->segment[i], at, ctx)) != 0)
			return err;
	return 0;
}
