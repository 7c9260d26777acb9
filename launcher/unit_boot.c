/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_boot.c - ACPI tables and images go into guest memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/machine.h"
#include "vmm/log.h"

struct acpi_config machine_acpi(const struct machine *m, const struct ram_layout *ram)
{
	struct acpi_config cfg = acpi_config_default(&m->plan.guest, ram);

	/* Linux warns of a bus without a node. There is one bus, so all devices are where the first one is. */
	cfg.pci_node = m->plan.guest.nr_nodes > 1 ? 0 : -1;
	for (uint32_t i = 0; m->handover.nr && cfg.pci_node >= 0 && i < m->plan.guest.nr_nodes; i++)
		if (m->plan.node_host[i].os == m->handover.dev[0].node.os)
			cfg.pci_node = (int32_t)i;
	cfg.apic_physical = m->ipi.physical;
	cfg.hmat = m->hmat.read_latency_ps ? &m->hmat : NULL;
	return cfg;
}

static int acpi_write(struct machine *m)
{
	struct acpi_config cfg = machine_acpi(m, &m->layout);
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

/* The tables and images, made and put in place. */
static int images_place(struct machine *m)
{
	int err = boot_plan_make(&m->boot_input, &m->boot);

	if (err)
		return err;
	err = boot_plan_write(&m->boot, mem_at_ctx, &m->vm.mem);
	if (err)
		boot_plan_fini(&m->boot);
	else
		machine_images_free(m); /* they are in guest memory now */
	return err;
}

/* What takes a moment to set up, and is of use in ring 0 only. */
static int wires_start(struct machine *m)
{
	int err = payload_wires_init(&m->payload_wires, &m->vm.routes);

	if (err) {
		log_errno(err, "KVM does not take the doorbells of a payload in ring 0: %m");
		boot_plan_fini(&m->boot);
	}
	return err;
}

static bool has_page_1g(const struct kvm_cpuid2 *supported)
{
	const struct kvm_cpuid_entry2 *e = cpuid_find(supported, 0x80000001u, 0);

	return e && (e->edx & 1u << 26);
}

static int boot_start(struct machine *m)
{
	struct boot_input *in = &m->boot_input;
	bool payload = in->kind == BOOT_PAYLOAD; /* which is forgotten with the images */
	uint32_t *cpu_node = calloc(m->plan.nr_vcpus, sizeof(*cpu_node));
	char *cmdline = machine_agent_words(m, machine_cmdline(m));
	int err = 0;

	if (!cpu_node || !cmdline) {
		err = log_errno(-ENOMEM, "boot: %m");
		goto out_free;
	}
	for (uint32_t v = 0; v < m->plan.nr_vcpus; v++)
		cpu_node[v] = m->plan.vcpu[v].guest_node;
	in->cpu_node = cpu_node;
	in->cmdline = cmdline;
	in->ram = &m->layout;
	in->nr_cpus = m->plan.nr_vcpus;
	in->tsc_khz = vm_tsc_khz(&m->vm);
	in->guest_page = m->cfg->guest_page;
	in->has_page_1g = has_page_1g(m->supported);
	in->rsdp = in->kind == BOOT_PAYLOAD ? 0 : LAYOUT_RSDP;
	if (in->rsdp) {
		power_reset_code(mem_at(&m->vm.mem, LAYOUT_RESET_VECTOR, POWER_RESET_CODE_BYTES));
		err = acpi_write(m);
	}
	if (!err)
		err = images_place(m);
	if (!err && payload && m->boot.cpu.mode != CPU_USER64)
		err = wires_start(m);
out_free:
	in->cpu_node = NULL;
	in->cmdline = NULL;
	free(cpu_node);
	free(cmdline);
	return err;
}

static void boot_stop(struct machine *m)
{
	payload_wires_fini(&m->payload_wires);
	boot_plan_fini(&m->boot);
}

const struct unit boot_unit = { "boot", boot_start, boot_stop };
