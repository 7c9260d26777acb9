/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed_bar.c - BARs: mapped where they can be, trapped where they must.
 *
 * Each BAR has a piece of address space of its own, aligned like the BAR, up to 1 GiB: a guest puts a BAR at a multiple
 * of its size, so that host and guest addresses are congruent and large pages can map both.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "passthrough/passed.h"
#include "vmm/log.h"
#include "vmm/pci_cfg.h"

static uint32_t trapped_ranges(const struct passed *p, unsigned n, struct range trapped[static 2])
{
	uint32_t nr = 0;

	if (p->space.msix && p->space.table_bar == n)
		trapped[nr++] = (struct range){ p->space.table_at, msix_table_bytes(&p->msix) };
	if (p->space.msix && p->space.pba_bar == n)
		trapped[nr++] = (struct range){ p->space.pba_at, msix_pba_bytes(&p->msix) };
	return nr;
}

static int reserve(struct passed_bar *b, uint64_t size)
{
	uint64_t align = max(min(size, GiB(1)), BAR_PAGE);

	b->reserved_size = size + align;
	b->reserved = mmap(NULL, b->reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->reserved == MAP_FAILED) {
		b->reserved = NULL;
		return -errno;
	}
	b->hva = (uint8_t *)b->reserved + (align_up((uintptr_t)b->reserved, align) - (uintptr_t)b->reserved);
	return 0;
}

static int bar_map(struct passed *p, struct passed_bar *b)
{
	const struct vfio_region *r = &p->device.bar[b->n];
	const struct vfio *v = p->env->vfio;
	struct range trapped[2], area[BAR_AREAS_MAX];
	uint32_t nr = bar_areas(r, trapped, trapped_ranges(p, b->n, trapped), area);
	int err = nr ? reserve(b, r->size) : 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		err = v->ops->map(v->ctx, p->device.fd, b->hva + area[i].base, area[i].size, r->at + area[i].base);
		b->area[i] = (struct passed_area){ .part = area[i], .slot = p->env->next_slot };
		p->env->next_slot += !err;
		b->nr_areas += !err;
	}
	return err ? log_errno(err, "%s: cannot map %llu KiB of its BAR %u: %m", p->device.name,
			     (unsigned long long)(r->size >> 10), b->n)
		   : 0;
}

int passed_bars_open(struct passed *p)
{
	int err = 0;

	for (unsigned n = 0; n < PCI_BARS && !err; n++) {
		struct passed_bar *b = &p->bar[n];

		if (p->func.bar[n].space == PCI_MEM32 || p->func.bar[n].space == PCI_MEM64)
			err = bar_map(p, b);
	}
	return err;
}

/* Where it fails, as IOMMUs reserve ranges, the devices cannot speak to each other; to the guest they do. */
static void peers_put(struct passed *p, const struct passed_bar *b, struct passed_area *a)
{
	const struct passed_env *env = p->env;
	struct range gpa = { a->at, a->part.size };
	int err;

	if (!env->peers_set || a->there == a->for_peers)
		return;
	err = env->peers_set(env->ctx, gpa, a->there ? b->hva + a->part.base : NULL);
	if (err) {
		errno = -err;
		log_debug("%s: other devices do not reach its BAR %u at %#llx: %m", p->device.name, b->n,
			(unsigned long long)a->at);
	}
	a->for_peers = a->there && !err;
}

static void area_put(struct passed *p, struct passed_bar *b, struct passed_area *a, bool there, gpa_t at)
{
	struct range gpa = { at, there ? a->part.size : 0 };
	int err;

	if (a->there == there && (!there || a->at == at))
		return;
	if (a->there && there)
		area_put(p, b, a, false, a->at);
	err = p->env->slot_set(p->env->ctx, a->slot, gpa, b->hva + a->part.base);
	if (err)
		log_errno(err, "%s: KVM does not map its BAR %u at %#llx: %m", p->device.name, b->n,
			(unsigned long long)at);
	/* Not mapped, accesses are trapped, and still right. */
	a->there = there && !err;
	a->at = at;
	peers_put(p, b, a);
}

/* Only in the windows: elsewhere the guest may have RAM, and the bus would not ask us either. */
static bool placed(const struct passed *p, const struct pci_bar *bar)
{
	const struct pci_bus *bus = p->env->bus;

	return pci_func_decodes(&p->func, bar->space) && (range_holds(bus->win32.range, bar->base, bar->size) ||
								 range_holds(bus->win64.range, bar->base, bar->size));
}

/* All go before any comes: two BARs may change places. */
void passed_bars_move(struct passed *p)
{
	for (int pass = 0; pass < 2; pass++)
		for (unsigned n = 0; n < PCI_BARS; n++) {
			struct passed_bar *b = &p->bar[n];
			const struct pci_bar *bar = &p->func.bar[n];
			bool there = b->nr_areas && placed(p, bar);

			for (uint32_t i = 0; i < b->nr_areas; i++) {
				struct passed_area *a = &b->area[i];
				gpa_t at = bar->base + a->part.base;

				if (pass == 0 && a->there && (!there || a->at != at))
					area_put(p, b, a, false, a->at);
				if (pass == 1 && there)
					area_put(p, b, a, true, at);
			}
		}
}

void passed_bars_close(struct passed *p)
{
	for (unsigned n = 0; n < PCI_BARS; n++) {
		struct passed_bar *b = &p->bar[n];

		for (uint32_t i = 0; i < b->nr_areas; i++)
			area_put(p, b, &b->area[i], false, b->area[i].at);
		if (b->reserved)
			munmap(b->reserved, b->reserved_size);
		b->reserved = NULL;
		b->nr_areas = 0;
	}
}

static bool within(const struct access *a, uint64_t at, uint64_t bytes)
{
	return a->offset >= at && a->offset - at + a->size <= bytes;
}

static enum io_result table_access(struct passed *p, struct access *a)
{
	enum io_result r;

	a->offset -= p->space.table_at;
	pthread_mutex_lock(&p->lock);
	r = msix_table_access(&p->msix, a);
	if (a->write)
		passed_irq_table(p);
	pthread_mutex_unlock(&p->lock);
	return r;
}

static enum io_result pending_access(struct passed *p, struct access *a)
{
	enum io_result r;

	a->offset -= p->space.pba_at;
	pthread_mutex_lock(&p->lock);
	r = msix_pba_access(&p->msix, a);
	pthread_mutex_unlock(&p->lock);
	return r;
}

static enum io_result bar_access(struct device *dev, struct access *a)
{
	struct passed_bar *b = container_of(dev, struct passed_bar, dev);
	struct passed *p = b->passed;
	const struct vfio_region *r = &p->device.bar[b->n];
	uint8_t bytes[8];

	if (p->space.msix && b->n == p->space.table_bar && within(a, p->space.table_at, msix_table_bytes(&p->msix)))
		return table_access(p, a);
	if (p->space.msix && b->n == p->space.pba_bar && within(a, p->space.pba_at, msix_pba_bytes(&p->msix)))
		return pending_access(p, a);
	if (a->write) {
		cfg_put(bytes, 0, a->value, a->size);
		vfio_device_write(&p->device, r, a->offset, bytes, a->size);
		return IO_OK;
	}
	vfio_device_read(&p->device, r, a->offset, bytes, a->size);
	a->value = cfg_get(bytes, 0, a->size);
	return IO_OK;
}

const struct dev_ops passed_bar_ops = { "passed-bar", bar_access, device_nothing, device_nothing };
