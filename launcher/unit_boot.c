/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit_boot.c - what goes where in guest memory and how vCPUs start, as values; how it gets there; and the doorbells of
 * payloads in ring 0.
 */
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

/* What takes a moment to set up, and is of use in ring 0 only. */
static int wires_start(struct machine *m)
{
	int err = payload_wires_init(&m->payload_wires, &m->vm.routes);

	return err ? log_errno(err, "KVM does not take the doorbells of a payload in ring 0: %m") : 0;
}

static bool has_page_1g(const struct kvm_cpuid2 *supported)
{
	const struct kvm_cpuid_entry2 *e = cpuid_find(supported, 0x80000001u, 0);

	return e && (e->edx & 1u << 26);
}

/* What the plan borrows until it is written. */
static void words_free(struct machine *m)
{
	free((void *)m->boot_input.cpu_node);
	free((void *)m->boot_input.cmdline);
	m->boot_input.cpu_node = NULL;
	m->boot_input.cmdline = NULL;
}

static int boot_start(struct machine *m)
{
	struct boot_input *in = &m->boot_input;
	uint32_t *cpu_node = calloc(m->plan.nr_vcpus, sizeof(*cpu_node));
	int err;

	in->cpu_node = cpu_node;
	in->cmdline = machine_agent_words(m, machine_cmdline(m));
	if (!cpu_node || !in->cmdline) {
		words_free(m);
		return log_errno(-ENOMEM, "boot: %m");
	}
	for (uint32_t v = 0; v < m->plan.nr_vcpus; v++)
		cpu_node[v] = m->plan.vcpu[v].guest_node;
	in->ram = &m->layout;
	in->nr_cpus = m->plan.nr_vcpus;
	in->tsc_khz = vm_tsc_khz(&m->vm);
	in->guest_page = m->cfg->guest_page;
	in->has_page_1g = has_page_1g(m->supported);
	in->rsdp = in->kind == BOOT_PAYLOAD ? 0 : LAYOUT_RSDP;
	err = boot_plan_make(in, &m->boot);
	if (err)
		words_free(m);
	return err;
}

static void boot_stop(struct machine *m)
{
	boot_plan_fini(&m->boot);
	words_free(m);
}

const struct unit boot_unit = { "boot", boot_start, boot_stop };

int machine_load(struct machine *m)
{
	int err = 0;

	if (m->boot_input.rsdp) {
		power_reset_code(mem_at(&m->vm.mem, LAYOUT_RESET_VECTOR, POWER_RESET_CODE_BYTES));
		err = acpi_write(m);
	}
	return err ? err : boot_plan_write(&m->boot, mem_at_ctx, &m->vm.mem);
}

static int wires_unit_start(struct machine *m)
{
	return m->boot_input.kind == BOOT_PAYLOAD && m->boot.cpu.mode != CPU_USER64 ? wires_start(m) : 0;
}

static void wires_unit_stop(struct machine *m)
{
	payload_wires_fini(&m->payload_wires);
}

const struct unit wires_unit = { "wires", wires_unit_start, wires_unit_stop };
