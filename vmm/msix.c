/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * msix.c - which sources are wired to KVM, by the capability's enable and mask bits and the table's.
 *
 *   source --> vector --> table entry (address, data, mask) --> gsi --> KVM
 *
 * A vector delivers when MSI-X is enabled, neither it nor the function is masked. Its message is read
 * when that begins: software may not change it in between (6.8.2.9), so writes of addresses and data
 * cost nothing, and clearing the function's mask is one routing update whatever the number of vectors.
 */
#include "vmm/msix.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/pci_cfg.h"

#define ENTRY_MASKED 1u

int msix_init(struct msix *m, struct routes *routes, uint16_t nr_vectors, const int *fds,
	uint32_t nr_sources)
{
	int err;

	if (!nr_vectors || nr_vectors > MSIX_VECTORS_MAX)
		return -EINVAL;
	*m = (struct msix){ .routes = routes, .nr_vectors = nr_vectors, .nr_sources = nr_sources };
	m->entry = calloc(nr_vectors, sizeof(*m->entry));
	m->source = calloc(nr_sources, sizeof(*m->source));
	err = m->entry && m->source ? routes_take(routes, nr_vectors, &m->gsi) : -ENOMEM;
	if (err) {
		free(m->entry);
		free(m->source);
		return err;
	}
	for (uint32_t v = 0; v < nr_vectors; v++)
		m->entry[v].control = ENTRY_MASKED;
	for (uint32_t i = 0; i < nr_sources; i++)
		m->source[i] = (struct msix_source){ .fd = fds[i], .vector = MSIX_NO_VECTOR };
	return 0;
}

void msix_fini(struct msix *m)
{
	m->enabled = false;
	msix_sources_reset(m);
	routes_give_back(m->routes, m->gsi, m->nr_vectors);
	free(m->entry);
	free(m->source);
}

uint32_t msix_table_bytes(const struct msix *m)
{
	return m->nr_vectors * MSIX_ENTRY_BYTES;
}

uint32_t msix_pba_bytes(const struct msix *m)
{
	return (m->nr_vectors + 63u) / 64u * 8u;
}

int msix_cap_add(struct msix *m, struct pci_func *f, unsigned bar, uint32_t table, uint32_t pba)
{
	uint8_t body[PCI_CAP_MSIX_SIZEOF] = { 0 };

	cfg_put(body, PCI_MSIX_FLAGS, m->nr_vectors - 1u, 2);
	cfg_put(body, PCI_MSIX_TABLE, table | bar, 4);
	cfg_put(body, PCI_MSIX_PBA, pba | bar, 4);
	m->cap = pci_func_cap(f, PCI_CAP_ID_MSIX, body, sizeof(body));
	if (m->cap < 0)
		return m->cap;
	cfg_put(f->mask, (uint32_t)m->cap + PCI_MSIX_FLAGS,
		PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
	return 0;
}

static bool vector_delivers(const struct msix *m, uint16_t vector)
{
	return vector < m->nr_vectors && m->enabled && !m->masked &&
	       !(m->entry[vector].control & ENTRY_MASKED);
}

static void complain(struct msix *m, int err, const char *what)
{
	if (!m->complained)
		log_errno(err, "an interrupt of a PCI device is lost: KVM does not take its %s: %m",
			what);
	m->complained = true;
}

static void source_drain(const struct msix_source *s)
{
	uint64_t count;
	ssize_t n = read(s->fd, &count, sizeof(count));

	(void)n; /* nothing there */
}

static void source_wire(struct msix *m, struct msix_source *s, bool on)
{
	int err;

	if (s->wired == on)
		return;
	err = wires_irqfd(&m->routes->wires, s->fd, m->gsi + s->vector, on);
	if (err)
		complain(m, err, "eventfd");
	if (err && on)
		return;
	s->wired = on;
	/* KVM has delivered what was counted before, and reads what comes from now on. */
	if (on)
		source_drain(s);
}

/* Make the wiring fit the bits. Silent vectors first, then all messages at once, then the rest. */
static void wiring_update(struct msix *m)
{
	int err;

	for (uint32_t i = 0; i < m->nr_sources; i++) {
		struct msix_source *s = &m->source[i];

		if (!vector_delivers(m, s->vector))
			source_wire(m, s, false);
		else if (!s->wired)
			routes_set(m->routes, m->gsi + s->vector, m->entry[s->vector].message);
	}
	err = routes_commit(m->routes);
	if (err) {
		complain(m, err, "routes");
		return;
	}
	for (uint32_t i = 0; i < m->nr_sources; i++)
		if (vector_delivers(m, m->source[i].vector))
			source_wire(m, &m->source[i], true);
}

void msix_written(struct msix *m, const struct pci_func *f, uint32_t offset, uint32_t size)
{
	uint32_t at = (uint32_t)m->cap + PCI_MSIX_FLAGS;
	uint64_t control;

	if (offset >= at + 2 || offset + size <= at)
		return;
	control = cfg_get(f->cfg, at, 2);
	m->enabled = control & PCI_MSIX_FLAGS_ENABLE;
	m->masked = control & PCI_MSIX_FLAGS_MASKALL;
	wiring_update(m);
}

/* Without a mask bit, a message may change while its vector delivers. */
void msix_messages(struct msix *m, bool enabled, struct msi_message first, uint16_t nr, uint32_t mask)
{
	for (uint16_t v = 0; v < m->nr_vectors; v++) {
		struct msix_entry *e = &m->entry[v];

		e->message = (struct msi_message){ first.address, (first.data & ~(nr - 1u)) | v };
		e->control = v >= nr || (v < 32 && mask >> v & 1) ? ENTRY_MASKED : 0;
		if (enabled && !e->control)
			routes_set(m->routes, m->gsi + v, e->message);
	}
	m->enabled = enabled;
	m->masked = false;
	wiring_update(m);
}

static uint32_t *entry_word(struct msix_entry *e, uint32_t word, uint32_t *half)
{
	switch (word) {
	case 0: *half = (uint32_t)e->message.address; return half;
	case 1: *half = (uint32_t)(e->message.address >> 32); return half;
	case 2: return &e->message.data;
	default: return &e->control;
	}
}

static void entry_put(struct msix_entry *e, uint32_t word, uint32_t value)
{
	switch (word) {
	case 0: e->message.address = (e->message.address & ~0xffffffffull) | (value & ~3u); break;
	case 1: e->message.address = (uint32_t)e->message.address | (uint64_t)value << 32; break;
	case 2: e->message.data = value; break;
	default: e->control = value & ENTRY_MASKED; break;
	}
}

/* Words, or two of them (6.8.2: "must use aligned full DWORD or aligned full QWORD transactions"). */
enum io_result msix_table_access(struct msix *m, struct access *a)
{
	struct msix_entry *e = &m->entry[a->offset / MSIX_ENTRY_BYTES];
	uint32_t word = (uint32_t)(a->offset % MSIX_ENTRY_BYTES) / 4;
	uint32_t control = e->control, half;

	if ((a->size != 4 && a->size != 8) || !is_aligned(a->offset, a->size)) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	if (!a->write) {
		a->value = *entry_word(e, word, &half);
		if (a->size == 8)
			a->value |= (uint64_t)*entry_word(e, word + 1, &half) << 32;
		return IO_OK;
	}
	entry_put(e, word, (uint32_t)a->value);
	if (a->size == 8)
		entry_put(e, word + 1, (uint32_t)(a->value >> 32));
	if (e->control != control)
		wiring_update(m);
	return IO_OK;
}

static bool source_pending(const struct msix_source *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return !s->wired && poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

enum io_result msix_pba_access(struct msix *m, struct access *a)
{
	uint64_t first = a->offset * 8, bits = 0;

	if ((a->size != 4 && a->size != 8) || !is_aligned(a->offset, a->size)) {
		a->value = access_ones(a);
		return IO_BAD_GUEST;
	}
	if (a->write)
		return IO_OK; /* read-only (6.8.2.10) */
	for (uint32_t i = 0; i < m->nr_sources; i++) {
		const struct msix_source *s = &m->source[i];

		if (s->vector < m->nr_vectors && s->vector >= first &&
			s->vector - first < 8u * a->size && source_pending(s))
			bits |= 1ull << (s->vector - first);
	}
	a->value = bits;
	return IO_OK;
}

void msix_assign(struct msix *m, uint32_t i, uint16_t vector)
{
	struct msix_source *s = &m->source[i];

	if (s->vector == vector)
		return;
	source_wire(m, s, false);
	s->vector = vector;
	wiring_update(m);
}

void msix_sources_reset(struct msix *m)
{
	for (uint32_t i = 0; i < m->nr_sources; i++) {
		source_wire(m, &m->source[i], false);
		m->source[i].vector = MSIX_NO_VECTOR;
		source_drain(&m->source[i]);
	}
}
