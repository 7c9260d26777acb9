/* SPDX-License-Identifier: GPL-2.0-or-later */
/* power.c - three ports and one event register. */
#include "vmm/power.h"

#include <string.h>

#include "vmm/acpi/acpi.h"
#include "vmm/layout.h"

static enum io_result ports_access(struct device *dev, struct access *a)
{
	struct power *p = container_of(dev, struct power, ports);
	uint8_t v = (uint8_t)a->value;

	if (!a->write) {
		a->value = 0; /* never woken: WAK_STS stays clear */
		return IO_OK;
	}
	if (a->addr == PORT_SLEEP_CONTROL && (v & ACPI_SLEEP_ENABLE)
		&& ACPI_SLEEP_TYPE(v) == ACPI_SLEEP_TYPE_S5)
		end_set(p->end, END_POWER_OFF, 0);
	else if (a->addr == PORT_RESET && v == ACPI_RESET_VALUE)
		end_set(p->end, END_REBOOT, 0);
	return IO_OK;
}

static enum io_result ged_access(struct device *dev, struct access *a)
{
	struct power *p = container_of(dev, struct power, ged);

	if (a->write || a->offset) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	/* The line falls first: a press from here on raises it again, an edge that the guest sees. */
	irq_set(&p->irq, false);
	a->value = atomic_exchange(&p->events, 0);
	return IO_OK;
}

static void ged_reset(struct device *dev)
{
	struct power *p = container_of(dev, struct power, ged);

	atomic_store(&p->events, 0);
	irq_set(&p->irq, false);
}

static const struct dev_ops ports_ops = {
	.type = "power", .access = ports_access, .reset = device_nothing, .destroy = device_nothing
};

static const struct dev_ops ged_ops = {
	.type = "ged", .access = ged_access, .reset = ged_reset, .destroy = device_nothing
};

int power_init(struct power *p, struct end *end, struct irq_line irq, struct bus *pio, struct bus *mmio)
{
	int err;

	*p = (struct power){ .ports.ops = &ports_ops, .ged.ops = &ged_ops, .end = end, .irq = irq };
	err = bus_map(pio, (struct range){ PORT_SLEEP_CONTROL, PORT_RESET - PORT_SLEEP_CONTROL + 1 }, &p->ports);
	return err ? err : bus_map(mmio, (struct range){ LAYOUT_GED_BASE, KiB(4) }, &p->ged);
}

void power_reset_code(uint8_t code[static POWER_RESET_CODE_BYTES])
{
	const uint8_t real_mode[POWER_RESET_CODE_BYTES] = {
		0xba, PORT_RESET & 0xff, PORT_RESET >> 8, /* mov dx, PORT_RESET */
		0xb0, ACPI_RESET_VALUE,                   /* mov al, ACPI_RESET_VALUE */
		0xee,                                     /* out dx, al */
		0xf4,                                     /* hlt */
		0xeb, 0xfd,                               /* jmp to the hlt */
	};

	memcpy(code, real_mode, sizeof(real_mode));
}

void power_button(struct power *p)
{
	atomic_fetch_or(&p->events, ACPI_GED_POWER_BUTTON);
	irq_set(&p->irq, true);
}
