/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.c - start a bzImage by the 64-bit boot protocol (Documentation/arch/x86/boot.rst, "64-bit
 * BOOT PROTOCOL").
 *
 *   file:   | boot sector, setup code ... | protected-mode kernel ...           |
 *           0    0x1f1: setup_header      (setup_sects + 1) * 512
 *   guest:  zero page, command line, page tables, GDT below 640 KiB
 *           kernel at its preferred address, init_size bytes kept free for its start
 *           initrd as high as it may lie
 *
 * The zero page is struct boot_params of <asm/bootparam.h>.
 */
#include <asm/bootparam.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/boot/linux.h"
#include "vmm/boot/loader.h"
#include "vmm/boot/pagetable.h"
#include "vmm/log.h"

#define HEADER_AT     0x1f1
#define HEADER_END_AT 0x201 /* the byte that says where the header ends, counted from 0x202 */
#define SECTOR	      512u
#define ENTRY64	      0x200u /* 64-bit entry, from the kernel's start */

#define BOOT_FLAG    0xaa55
#define HEADER_MAGIC 0x53726448u /* "HdrS" */
#define VERSION_MIN  0x020c

#define LOADER_UNKNOWN 0xff

static_assert(sizeof(struct boot_params) == 4096, "boot.rst: the zero page");
static_assert(offsetof(struct boot_params, hdr) == HEADER_AT, "boot.rst");
static_assert(offsetof(struct boot_params, acpi_rsdp_addr) == 0x70, "zero-page.rst");
static_assert(offsetof(struct boot_params, e820_table) == 0x2d0, "zero-page.rst");
static_assert(sizeof(struct boot_e820_entry) == 20, "zero-page.rst");
static_assert(offsetof(struct setup_header, init_size) == 0x260 - HEADER_AT, "boot.rst");

struct linux_image {
	struct setup_header hdr;
	uint64_t hdr_size;     /* bytes of hdr that the file has */
	const uint8_t *kernel; /* the protected-mode part */
	uint64_t size;
};

static uint64_t setup_size(const struct setup_header *h)
{
	return ((h->setup_sects ? h->setup_sects : 4u) + 1u) * SECTOR;
}

/*
 * The stream is followed by the size of what it becomes, in 4 bytes, little endian; of gzip's they are the stream's own
 * last ones (RFC 1952, ISIZE).
 */
bool linux_payload_find(const struct blob *f, struct linux_payload *p)
{
	static const uint8_t gzip[2] = { 0x1f, 0x8b };
	struct setup_header h;
	uint32_t unpacked;
	const uint8_t *data;

	if (f->size < HEADER_AT + sizeof(h))
		return false;
	memcpy(&h, f->data + HEADER_AT, sizeof(h));
	if (h.boot_flag != BOOT_FLAG || h.header != HEADER_MAGIC || h.version < VERSION_MIN)
		return false;
	p->at = setup_size(&h) + h.payload_offset;
	p->size = h.payload_length;
	if (p->size <= sizeof(gzip) + sizeof(unpacked) || p->at > f->size || f->size - p->at < p->size)
		return false;
	if (blob_show(f, p->at, sizeof(gzip)) != 0 ||
		blob_show(f, p->at + p->size - sizeof(unpacked), sizeof(unpacked)) != 0)
		return false;
	data = f->data + p->at;
	memcpy(&unpacked, data + p->size - sizeof(unpacked), sizeof(unpacked));
	p->unpacked = unpacked;
	if (memcmp(data, gzip, sizeof(gzip)) != 0)
		p->size -= sizeof(unpacked);
	return unpacked != 0;
}

static int not_linux(const struct blob *f, const char *why)
{
	return log_errno(-ENOEXEC, "%s: %s", f->name, why);
}

static int header_check(const struct blob *f, const struct setup_header *h)
{
	if (h->boot_flag != BOOT_FLAG || h->header != HEADER_MAGIC)
		return not_linux(f, "is not a Linux bzImage");
	if (h->version < VERSION_MIN)
		return log_errno(-ENOEXEC,
			"%s: boot protocol %u.%02u is too old; take a Linux kernel from "
			"3.8 on",
			f->name, h->version >> 8, h->version & 0xffu);
	if (!(h->xloadflags & XLF_KERNEL_64))
		return not_linux(
			f, "is a 32-bit bzImage; thole starts 64-bit kernels (CONFIG_64BIT=y)");
	if (!(h->loadflags & LOADED_HIGH))
		return not_linux(f, "is a zImage; build a bzImage");
	if (!is_pow2(h->kernel_alignment) || !h->init_size)
		return not_linux(
			f, "has a damaged setup header (alignment or size); copy it again");
	return 0;
}

static int image_open(struct linux_image *im, const struct blob *f)
{
	uint64_t setup, need;
	int err;

	*im = (struct linux_image){ 0 };
	if (f->size < HEADER_AT + sizeof(im->hdr))
		return not_linux(f, "ends within the setup header; is it a complete copy?");
	memcpy(&im->hdr, f->data + HEADER_AT, sizeof(im->hdr));
	if ((err = header_check(f, &im->hdr)) != 0)
		return err;
	/* A newer header is longer than ours: its end is the file's to say, ours to bound. */
	im->hdr_size = min(0x202u + f->data[HEADER_END_AT] - HEADER_AT, sizeof(im->hdr));
	setup = setup_size(&im->hdr);
	need = (uint64_t)im->hdr.syssize * 16;
	if (setup >= f->size || f->size - setup < need)
		return log_errno(-ENOEXEC,
			"%s: the kernel should be %" PRIu64 " bytes, the file ends at %" PRIu64
			"; is it a complete copy?",
			f->name, setup + need, f->size);
	im->kernel = f->data + setup;
	im->size = f->size - setup;
	if (im->size > im->hdr.init_size || im->size <= ENTRY64)
		return not_linux(f, "does not fit in the memory it says it needs; copy it again");
	return 0;
}

int linux_check(const struct blob *f)
{
	struct linux_image im;

	return image_open(&im, f);
}

/* Take the kernel's place: its preferred one, or the next above that if it can be moved (it then
 * starts at the next aligned address, so it is put on one). It needs init_size bytes from there on
 * before it has read the memory map. */
static int kernel_place(struct loader *l, const struct linux_image *im, gpa_t *at)
{
	const struct setup_header *h = &im->hdr;
	struct range within = { h->pref_address, UINT64_MAX - h->pref_address };
	uint64_t need_mib;

	if (!h->relocatable_kernel) {
		*at = h->pref_address;
		if (*at >= LAYOUT_HIGH_START && loader_take(l, *at, h->init_size))
			return 0;
	} else {
		/* Lower would not do: it would move itself up to its preferred address again. */
		within.base = max(within.base, LAYOUT_HIGH_START);
		within.size = UINT64_MAX - within.base;
		if (!(h->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G))
			within.size = within.base < GiB(4) ? GiB(4) - within.base : 0;
		if (loader_place(l, within, PLACE_BOTTOM, h->init_size, h->kernel_alignment, at))
			return 0;
	}
	need_mib =
		(h->pref_address >> 20) + (h->init_size >> 20) + 2 + (l->in->ram->acpi.size >> 20);
	return log_errno(-ENOSPC,
		"%s: needs %" PRIu64 " MiB of memory (%u KiB at 0x%" PRIx64
		"), the guest has %" PRIu64 "; give it more",
		l->in->kernel.name, need_mib, h->init_size >> 10, (uint64_t)h->pref_address,
		l->in->ram->total >> 20);
}

/* As high as the kernel takes it: below 4 GiB if it fits there. */
static int initrd_load(struct loader *l, struct boot_params *zero)
{
	const struct blob *f = &l->in->initrd;
	struct range below = { KiB(4), (uint64_t)zero->hdr.initrd_addr_max + 1 - KiB(4) };
	struct range above = { GiB(4), UINT64_MAX - GiB(4) };
	gpa_t at;

	if (!f->size)
		return 0;
	if (zero->hdr.initrd_addr_max < KiB(4))
		below.size = 0;
	if (!loader_place(l, below, PLACE_TOP, f->size, KiB(4), &at) &&
		!((zero->hdr.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) &&
			loader_place(l, above, PLACE_TOP, f->size, KiB(4), &at)))
		return log_errno(-ENOSPC,
			"%s: an initrd of %" PRIu64 " MiB does not fit beside the kernel in "
			"%" PRIu64 " MiB of memory; give the guest more",
			f->name, (f->size + MiB(1) - 1) >> 20, l->in->ram->total >> 20);
	zero->hdr.ramdisk_image = (uint32_t)at;
	zero->hdr.ramdisk_size = (uint32_t)f->size;
	zero->ext_ramdisk_image = (uint32_t)(at >> 32);
	zero->ext_ramdisk_size = (uint32_t)(f->size >> 32);
	return loader_segment(l, at, f->data, f->size, 0);
}

static int cmdline_put(struct loader *l, struct boot_params *zero)
{
	uint64_t length = strlen(l->in->cmdline);
	gpa_t at;
	int err;

	if (length > zero->hdr.cmdline_size)
		return log_errno(-E2BIG,
			"%s: the command line has %" PRIu64 " bytes, this kernel takes %u; "
			"shorten it",
			l->in->kernel.name, length, zero->hdr.cmdline_size);
	err = loader_put(l, "command line", l->in->cmdline, length + 1, 16, &at);
	zero->hdr.cmd_line_ptr = (uint32_t)at; /* loader_put() stays below 4 GiB */
	return err;
}

static int e820_fill(const struct loader *l, struct boot_params *zero)
{
	if (l->nr_map > ARRAY_SIZE(zero->e820_table))
		return log_errno(-E2BIG,
			"%s: the guest's memory has %" PRIu32 " pieces, the boot protocol "
			"takes %zu; give it fewer nodes",
			l->in->kernel.name, l->nr_map, ARRAY_SIZE(zero->e820_table));
	for (uint32_t i = 0; i < l->nr_map; i++)
		zero->e820_table[i] = (struct boot_e820_entry){
			.addr = l->map[i].base, .size = l->map[i].size, .type = l->map[i].type
		};
	zero->e820_entries = (uint8_t)l->nr_map;
	return 0;
}

/* "Identity mapped: the kernel's init_size, the zero page and the command line", the latter two of
 * which lie below 4 GiB. The initrd is the kernel's to map. */
static int tables_put(struct loader *l, gpa_t kernel, uint64_t init_size)
{
	struct range map[2] = { { 0, GiB(4) } };
	uint32_t nr = 1;

	if (kernel >= GiB(4)) {
		map[1].base = align_down(kernel, GiB(1));
		map[1].size = align_up(kernel - map[1].base + init_size, MiB(2));
		nr++;
	}
	return pagetable_put(l, map, nr, MiB(2), false, &l->plan->cpu.cr3);
}

int linux_load(struct loader *l)
{
	struct boot_cpu *cpu = &l->plan->cpu;
	struct linux_image im;
	struct boot_params *zero;
	gpa_t kernel, zero_at;
	int err;

	if ((err = image_open(&im, &l->in->kernel)) != 0 ||
		(err = kernel_place(l, &im, &kernel)) != 0)
		return err;
	err = loader_segment(l, kernel, im.kernel, im.size, im.hdr.init_size - im.size);
	if (err)
		return err;
	zero = loader_alloc(l, sizeof(*zero));
	if (!zero)
		return -ENOMEM;
	memcpy(&zero->hdr, &im.hdr, im.hdr_size);
	zero->hdr.type_of_loader = LOADER_UNKNOWN;
	zero->hdr.code32_start = (uint32_t)kernel;
	zero->hdr.setup_data = 0;
	/* Not part of the setup header, so no protocol version guards it: older kernels ignore it
	 * and scan for the RSDP, which lies where they look. */
	zero->acpi_rsdp_addr = l->in->rsdp;
	if ((err = loader_put(l, "zero page", zero, sizeof(*zero), KiB(4), &zero_at)) != 0 ||
		(err = e820_fill(l, zero)) != 0 || (err = cmdline_put(l, zero)) != 0 ||
		(err = tables_put(l, kernel, im.hdr.init_size)) != 0)
		return err;
	cpu->mode = CPU_LONG64;
	cpu->regs.rip = kernel + ENTRY64;
	cpu->regs.rsi = zero_at;
	if ((err = loader_put_gdt(l)) != 0)
		return err;
	return initrd_load(l, zero);
}
