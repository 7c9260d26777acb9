/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * routes.c - KVM's routing table (api.rst, 4.52), written as a whole.
 *
 * The pins are as KVM_CREATE_IRQCHIP has them: gsi n is pin n of the I/O APIC, and the first 16 are
 * the two PICs' too.
 */
#include "vmm/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/layout.h"

#define PIC_PINS 8u
#define FIXED	 (2 * PIC_PINS + GSI_IOAPIC)

static_assert(ROUTES_MSI_FIRST == GSI_IOAPIC, "messages come behind the pins");
static_assert(sizeof(struct kvm_irq_routing_entry) == 48, "api.rst, 4.52");

void routes_init(struct routes *r, struct wires wires)
{
	*r = (struct routes){ .wires = wires };
	pthread_mutex_init(&r->lock, NULL);
}

void routes_fini(struct routes *r)
{
	pthread_mutex_destroy(&r->lock);
}

void routes_messages_only(struct routes *r)
{
	r->no_pins = true;
}

static bool run_free(const struct routes *r, uint32_t first, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (r->msi[first + i].taken)
			return false;
	return true;
}

int routes_take(struct routes *r, uint32_t nr, uint32_t *gsi)
{
	int err = -ENOSPC;

	pthread_mutex_lock(&r->lock);
	for (uint32_t first = 0; err && nr <= ROUTES_MSI_MAX && first <= ROUTES_MSI_MAX - nr;
		first++) {
		if (!run_free(r, first, nr))
			continue;
		for (uint32_t i = 0; i < nr; i++)
			r->msi[first + i] = (struct route){ .taken = true };
		*gsi = ROUTES_MSI_FIRST + first;
		err = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

void routes_give_back(struct routes *r, uint32_t gsi, uint32_t nr)
{
	pthread_mutex_lock(&r->lock);
	for (uint32_t i = 0; i < nr; i++) {
		r->dirty |= r->msi[gsi - ROUTES_MSI_FIRST + i].valid;
		r->msi[gsi - ROUTES_MSI_FIRST + i] = (struct route){ 0 };
	}
	pthread_mutex_unlock(&r->lock);
}

void routes_set(struct routes *r, uint32_t gsi, struct msi_message message)
{
	struct route *route = &r->msi[gsi - ROUTES_MSI_FIRST];

	pthread_mutex_lock(&r->lock);
	if (!route->valid || route->message.address != message.address ||
		route->message.data != message.data) {
		route->valid = true;
		route->message = message;
		r->dirty = true;
	}
	pthread_mutex_unlock(&r->lock);
}

/*
 * Guests without interrupt remapping write APIC ids above 255 with their bits 8 to 14 in bits 5 to 11
 * of the address (KVM_FEATURE_MSI_EXT_DEST_ID); KVM takes them in bits 8 to 31 of the upper word
 * (KVM_X2APIC_API_USE_32BIT_IDS). Bit 4, the remappable format, says that they are something else.
 */
static uint64_t address_for_kvm(uint64_t address)
{
	uint64_t ext = address & 0xfe0;

	if (!ext || (address & 0x10) || address >> 32)
		return address;
	return (address & ~(uint64_t)0xfe0) | ext << 35;
}

static struct kvm_irq_routing_entry pin(uint32_t gsi, uint32_t chip, uint32_t pin)
{
	return (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = chip, .pin = pin },
	};
}

static struct kvm_irq_routing_entry message(uint32_t gsi, struct msi_message m)
{
	uint64_t address = address_for_kvm(m.address);

	return (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = {
			.address_lo = (uint32_t)address,
			.address_hi = (uint32_t)(address >> 32),
			.data = m.data,
		},
	};
}

static struct kvm_irq_routing_entry *pins_fill(struct kvm_irq_routing_entry *e)
{
	for (uint32_t gsi = 0; gsi < 2 * PIC_PINS; gsi++)
		*e++ = pin(gsi, gsi < PIC_PINS ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
			gsi % PIC_PINS);
	for (uint32_t gsi = 0; gsi < GSI_IOAPIC; gsi++)
		*e++ = pin(gsi, KVM_IRQCHIP_IOAPIC, gsi);
	return e;
}

static void table_fill(const struct routes *r, struct kvm_irq_routing *table)
{
	struct kvm_irq_routing_entry *e = r->no_pins ? table->entries : pins_fill(table->entries);

	for (uint32_t i = 0; i < ROUTES_MSI_MAX; i++)
		if (r->msi[i].valid)
			*e++ = message(ROUTES_MSI_FIRST + i, r->msi[i].message);
	table->nr = (uint32_t)(e - table->entries);
}

int routes_commit(struct routes *r)
{
	struct kvm_irq_routing *table;
	int err = 0;

	pthread_mutex_lock(&r->lock);
	if (r->dirty) {
		table = calloc(
			1, sizeof(*table) + (FIXED + ROUTES_MSI_MAX) * sizeof(table->entries[0]));
		err = table ? 0 : -ENOMEM;
		if (table) {
			table_fill(r, table);
			err = r->wires.ops->route(r->wires.ctx, table);
		}
		free(table);
		r->dirty = err != 0;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}
