/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_boot.c - ACPI tables and images go into guest memory. */
#include <string.h>

#include "launcher/machine.h"
#include "vmm/acpi/acpi.h"
#include "vmm/log.h"

static int acpi_write(struct machine *m)
{
	struct acpi_config cfg = acpi_config_default(&m->topology, &m->layout);
	struct acpi_tables t;
	void *tables = mem_at(&m->vm.mem, m->layout.acpi.base, m->layout.acpi.size);
	void *rsdp = mem_at(&m->vm.mem, LAYOUT_RSDP, sizeof(t.rsdp));
	int err = acpi_build(&cfg, m->layout.acpi.base, m->layout.acpi.size, &t);

	if (err)
		return err;
	memcpy(tables, t.bytes, t.size);
	memcpy(rsdp, t.rsdp, sizeof(t.rsdp));
	acpi_tables_fini(&t);
	return 0;
}

static int boot_start(struct machine *m)
{
	struct boot_input *in = &m->boot_input;
	int err;

	in->cmdline = m->cfg->append ? m->cfg->append : "";
	in->ram = &m->layout;
	in->nr_cpus = m->cfg->cpus;
	in->tsc_khz = vm_tsc_khz(&m->vm);
	in->guest_page = m->cfg->guest_page;
	in->rsdp = in->kind == BOOT_PAYLOAD ? 0 : LAYOUT_RSDP;
	if (in->rsdp && (err = acpi_write(m)) != 0)
		return err;
	if ((err = boot_plan_make(in, &m->boot)) != 0)
		return err;
	err = boot_plan_write(&m->boot, mem_at_ctx, &m->vm.mem);
	if (err)
		boot_plan_fini(&m->boot);
	else
		machine_images_free(m); /* they are in guest memory now */
	return err;
}

static void boot_stop(struct machine *m)
{
	boot_plan_fini(&m->boot);
}

const struct unit boot_unit = { "boot", boot_start, boot_stop };
