/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.h - the fuzz targets of the boot loaders: make a plan from an image, and hold it against the
 * rules for every plan. The image's last byte chooses the machine.
 */
#ifndef TESTS_FUZZ_BOOT_H
#define TESTS_FUZZ_BOOT_H

#include "tests/fuzz/fuzz.h"
#include "tests/unit/boot_image.h"

/* Nodes' memory: from hardly any to what crosses 4 GiB; two nodes that meet on no page of 2 MiB. */
static const uint64_t boot_fuzz_memory[8][2] = {
	{ MiB(1) + KiB(128), 0 },
	{ MiB(4), 0 },
	{ KiB(4), MiB(4) },
	{ MiB(33), MiB(31) + KiB(4) },
	{ MiB(256), 0 },
	{ GiB(3), 0 },
	{ GiB(2), GiB(3) + KiB(8) },
	{ GiB(6), MiB(1) },
};

static inline void boot_fuzz_fail(const char *rule, const char *line)
{
	fprintf(stderr, "broken: %s (%s)\n", rule, line);
	abort();
}

struct boot_fuzz_ram {
	const struct ram_layout *layout;
	uint8_t *bytes;
};

static inline void *boot_fuzz_at(void *ctx, gpa_t gpa, uint64_t size)
{
	struct boot_fuzz_ram *ram = ctx;

	return ram_layout_holds(ram->layout, gpa, size) ? ram->bytes + gpa : NULL;
}

/* Small machines get real memory, to see the copy too. */
static inline void boot_fuzz_write(const struct boot_plan *plan, const struct ram_layout *layout)
{
	struct boot_fuzz_ram ram = { layout, NULL };

	if (layout->total > MiB(8))
		return;
	ram.bytes = calloc(1, layout->total);
	if (!ram.bytes || boot_plan_write(plan, boot_fuzz_at, &ram) != 0)
		boot_fuzz_fail("a plan that cannot be written", "");
	free(ram.bytes);
}

static inline void boot_fuzz(const uint8_t *data, size_t size, enum boot_kind kind)
{
	static const uint8_t initrd[KiB(20)];
	const uint8_t choice = size ? data[size - 1] : 0;
	const uint64_t *memory = boot_fuzz_memory[choice & 7];
	struct ram_layout ram;
	struct log_lines log = { .least = LOG_LEVEL_ERR };
	struct boot_plan plan;
	struct boot_input in = {
		.kind = kind,
		.kernel = { "image", data, size },
		.initrd = { .name = "initrd", .data = initrd, .size = choice & 8 ? sizeof(initrd) : 0 },
		.nr_modules = choice & 16 ? 2 : 0,
		.cmdline = choice & 32 ? "console=ttyS0" : "",
		.ram = &ram,
		.rsdp = LAYOUT_RSDP,
		.nr_cpus = choice & 64 ? 7 : 1,
		.guest_page = (choice & 7) < 4 ? KiB(4) : (choice & 128) ? GiB(1) : MiB(2),
		.has_page_1g = true,
	};
	enum boot_kind seen;
	const char *fault;

	for (unsigned i = 0; i < in.nr_modules; i++) {
		in.module[i].file = (struct blob){ .name = "module", .data = initrd, .size = 1000 * i };
		in.module[i].args = "args";
	}
	log_set_sink(log_lines_keep, &log);
	if (ram_layout_make(&ram, memory, 2, KiB(64), 46) != 0)
		abort();
	if (boot_kind_of(&in.kernel, kind == BOOT_PAYLOAD, &seen) != 0 && log.nr != 1)
		boot_fuzz_fail("an unknown kind is reported once", log.last);
	log.nr = 0;
	if (boot_plan_make(&in, &plan) != 0) {
		if (log.nr != 1)
			boot_fuzz_fail("an error is reported once", log.last);
		return;
	}
	fault = boot_plan_fault(&plan, &ram);
	if (fault || log.nr)
		boot_fuzz_fail(fault ? fault : "a plan with an error", log.last);
	boot_fuzz_write(&plan, &ram);
	boot_plan_fini(&plan);
}

#endif
