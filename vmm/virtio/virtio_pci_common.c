/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_pci_common.c - the common configuration (virtio 1.2, 4.1.4.3). Each register is accessed in
 * its own width, the 64-bit ones in two halves (4.1.3.1). What comes out of order (a queue's address
 * once it is enabled, features once they are settled) changes nothing.
 */
#include "vmm/virtio/virtio_pci_common.h"

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

static_assert(sizeof(struct virtio_pci_common_cfg) == VIRTIO_PCI_COMMON_BYTES, "4.1.4.3");

#define REG(field) offsetof(struct virtio_pci_common_cfg, field)

/* A register's width by its offset; 0: none starts there. */
static uint8_t register_width(uint64_t offset)
{
	switch (offset) {
	case REG(device_status):
	case REG(config_generation): return 1;
	case REG(msix_config):
	case REG(num_queues):
	case REG(queue_select):
	case REG(queue_size):
	case REG(queue_msix_vector):
	case REG(queue_enable):
	case REG(queue_notify_off): return 2;
	default: return offset < VIRTIO_PCI_COMMON_BYTES && is_aligned(offset, 4) ? 4 : 0;
	}
}

static uint32_t half(uint64_t v, bool high)
{
	return (uint32_t)(high ? v >> 32 : v);
}

static void half_set(uint64_t *v, uint32_t value, bool high)
{
	*v = high ? (uint32_t)*v | (uint64_t)value << 32 : (*v & ~0xffffffffull) | value;
}

static uint32_t queue_read(const struct virtio_pci *p, const struct virtio_queue *q, uint64_t reg)
{
	switch (reg) {
	case REG(queue_size): return q->place.size;
	case REG(queue_msix_vector): return p->msix.source[p->queue_select].vector;
	case REG(queue_enable): return q->enabled;
	case REG(queue_notify_off): return p->queue_select;
	case REG(queue_desc_lo):
	case REG(queue_desc_hi): return half(q->place.desc, reg == REG(queue_desc_hi));
	case REG(queue_avail_lo):
	case REG(queue_avail_hi): return half(q->place.avail, reg == REG(queue_avail_hi));
	default: return half(q->place.used, reg == REG(queue_used_hi));
	}
}

static uint32_t common_read(const struct virtio_pci *p, uint64_t reg)
{
	const struct virtio *v = p->v;
	uint16_t nr = v->setup.nr_queues;

	switch (reg) {
	case REG(device_feature_select): return p->feature_select;
	case REG(device_feature):
		return p->feature_select < 2 ? half(virtio_offered(v), p->feature_select) : 0;
	case REG(guest_feature_select): return p->accept_select;
	case REG(guest_feature):
		return p->accept_select < 2 ? half(v->accepted, p->accept_select) : 0;
	case REG(msix_config): return p->msix.source[nr].vector;
	case REG(num_queues): return nr;
	case REG(device_status): return v->status;
	case REG(config_generation): return v->generation;
	case REG(queue_select): return p->queue_select;
	/* A queue that is not there has size 0 (4.1.4.3.1). */
	default: return p->queue_select < nr ? queue_read(p, &v->queue[p->queue_select], reg) : 0;
	}
}

static void vector_write(struct virtio_pci *p, uint32_t source, uint16_t vector)
{
	/* What can't be had reads back as none (4.1.5.1.2.1). */
	msix_assign(&p->msix, source, vector < p->msix.nr_vectors ? vector : MSIX_NO_VECTOR);
}

static void queue_write(struct virtio_pci *p, struct virtio_queue *q, uint64_t reg, uint32_t value)
{
	if (reg == REG(queue_msix_vector)) {
		vector_write(p, p->queue_select, (uint16_t)value);
		return;
	}
	/* The rest is settled when the queue is enabled, and all queues are when the driver is ready. */
	if (q->enabled || (p->v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	switch (reg) {
	case REG(queue_size):
		if (is_pow2(value) && value <= q->size_max)
			q->place.size = (uint16_t)value;
		break;
	case REG(queue_enable): q->enabled = value == 1 && virtio_negotiated(p->v); break;
	case REG(queue_desc_lo):
	case REG(queue_desc_hi): half_set(&q->place.desc, value, reg == REG(queue_desc_hi)); break;
	case REG(queue_avail_lo):
	case REG(queue_avail_hi):
		half_set(&q->place.avail, value, reg == REG(queue_avail_hi));
		break;
	case REG(queue_used_lo):
	case REG(queue_used_hi): half_set(&q->place.used, value, reg == REG(queue_used_hi)); break;
	default: break; /* queue_notify_off is read-only */
	}
}

static void status_write(struct virtio_pci *p, uint8_t status)
{
	virtio_status_set(p->v, status);
	if (!status) {
		p->feature_select = p->accept_select = 0;
		p->queue_select = 0;
		msix_sources_reset(&p->msix);
	}
}

static void common_write(struct virtio_pci *p, uint64_t reg, uint32_t value)
{
	struct virtio *v = p->v;

	switch (reg) {
	case REG(device_feature_select): p->feature_select = value; break;
	case REG(guest_feature_select): p->accept_select = value; break;
	case REG(guest_feature): virtio_accept(v, p->accept_select, value); break;
	case REG(msix_config): vector_write(p, v->setup.nr_queues, (uint16_t)value); break;
	case REG(device_status): status_write(p, (uint8_t)value); break;
	case REG(queue_select): p->queue_select = (uint16_t)value; break;
	case REG(device_feature):
	case REG(num_queues):
	case REG(config_generation): break; /* read-only */
	default:
		if (p->queue_select < v->setup.nr_queues)
			queue_write(p, &v->queue[p->queue_select], reg, value);
		break;
	}
}

enum io_result virtio_pci_common_access(struct virtio_pci *p, struct access *a)
{
	if (a->size != register_width(a->offset))
		return IO_BAD_GUEST;
	if (a->write)
		common_write(p, a->offset, (uint32_t)a->value);
	else
		a->value = common_read(p, a->offset);
	return IO_OK;
}
