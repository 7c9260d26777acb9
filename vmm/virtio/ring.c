/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.c - the split virtqueue, virtio 1.2, 2.7. Three parts in guest memory:
 *
 *   desc[size]                 avail (driver writes)         used (device writes)
 *   +--------------------+     +-----------------------+     +------------------------+
 *   | addr len flags next|<-.  | flags | idx           |     | flags | idx            |
 *   |  NEXT -> next      |   `-| ring[idx % size] head |     | ring[idx % size]       |
 *   |  WRITE: device may |     | ...                   |     |   { head, bytes        |
 *   |  INDIRECT: addr is |     | used_event            |     |     written }          |
 *   |   a table of desc  |     +-----------------------+     | avail_event            |
 *   +--------------------+                                   +------------------------+
 *
 *   driver: fills desc, puts head into avail.ring, adds 1 to avail.idx, rings the doorbell
 *           unless used.flags (or, with EVENT_IDX, avail_event) says not to
 *   device: takes heads from next_avail up to avail.idx, walks their chains, puts them into
 *           used.ring, adds 1 to used.idx, interrupts unless avail.flags (used_event) says not to
 *
 * A chain is readable buffers, then writable ones. Its last descriptor may be an indirect table, whose
 * chain starts at entry 0. Indices are 16 bits and wrap. The guest's CPUs and ours are of the same
 * machine, so little endian, and atomics order what both see.
 */
#include "vmm/virtio/ring.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <string.h>

static_assert(sizeof(struct vring_desc) == 16, "virtio 1.2, 2.7.5");
static_assert(sizeof(struct vring_used_elem) == 8, "virtio 1.2, 2.7.8");
static_assert(RING_CHAIN_MAX <= UINT16_MAX, "counts of buffers have 16 bits");

/* Nothing read before is read again, or assumed to be still so, after. */
#define fetched() __asm__ volatile("" ::: "memory")

/* flags and idx, the ring, and the event index behind it (2.7.6, 2.7.8). */
static uint64_t avail_bytes(uint32_t size)
{
	return 4 + 2ull * size + 2;
}

static uint64_t used_bytes(uint32_t size)
{
	return 4 + 8ull * size + 2;
}

const char *ring_place_fault(const struct mem *mem, const struct ring_place *p)
{
	if (!is_pow2(p->size) || p->size > RING_SIZE_MAX)
		return "its size is no power of two";
	if (!is_aligned(p->desc, 16) || !is_aligned(p->avail, 2) || !is_aligned(p->used, 4))
		return "it is not aligned";
	if (!mem_at(mem, p->desc, 16ull * p->size) ||
		!mem_at(mem, p->avail, avail_bytes(p->size)) ||
		!mem_at(mem, p->used, used_bytes(p->size)))
		return "it is not in memory";
	return NULL;
}

void ring_start(
	struct ring *r, const struct mem *mem, const struct ring_place *p, uint64_t features)
{
	*r = (struct ring){
		.mem = mem,
		.desc = mem_at(mem, p->desc, 16ull * p->size),
		.avail = mem_at(mem, p->avail, avail_bytes(p->size)),
		.used = mem_at(mem, p->used, used_bytes(p->size)),
		.size = p->size,
		.event_idx = features >> VIRTIO_RING_F_EVENT_IDX & 1,
		.indirect = features >> VIRTIO_RING_F_INDIRECT_DESC & 1,
	};
}

static int fault(struct ring *r, const char *why)
{
	r->fault = why;
	return -EPROTO;
}

static uint16_t *used_event(const struct ring *r)
{
	return &r->avail->ring[r->size];
}

static uint16_t *avail_event(const struct ring *r)
{
	return (uint16_t *)(void *)&r->used->ring[r->size];
}

static uint16_t avail_idx(const struct ring *r)
{
	return __atomic_load_n(&r->avail->idx, __ATOMIC_ACQUIRE);
}

/* Add a buffer, in as many pieces as it has in the host: one, unless it spans RAM of two nodes apart. */
static int chain_add(struct ring *r, struct ring_chain *c, const struct vring_desc *d)
{
	bool in = d->flags & VRING_DESC_F_WRITE;
	uint64_t addr = d->addr, left = d->len;

	if (!in && c->nr_in)
		return fault(r, "a buffer to read is behind one to write");
	while (left) {
		uint32_t nr = (uint32_t)c->nr_out + c->nr_in;
		uint64_t here = min(mem_room(r->mem, addr), left);

		if (!here)
			return fault(r, "a buffer is not in memory");
		if (nr == RING_CHAIN_MAX)
			return fault(r, "a chain has too many buffers");
		c->iov[nr] = (struct iovec){ mem_at(r->mem, addr, here), here };
		c->nr_in = (uint16_t)(c->nr_in + in);
		c->nr_out = (uint16_t)(c->nr_out + !in);
		addr += here;
		left -= here;
	}
	if (in)
		c->in_bytes += d->len;
	else
		c->out_bytes += d->len;
	/* 2.7.5.2; what is written is counted in 32 bits. */
	return c->in_bytes + c->out_bytes > UINT32_MAX ? fault(r, "a chain has more than 4 GiB")
						       : 0;
}

/* A table to walk: the ring's own, or an indirect one, which may lie at any address. */
struct table {
	const uint8_t *at;
	uint32_t nr;
};

static struct vring_desc desc_fetch(const struct table *t, uint32_t i)
{
	struct vring_desc d;

	memcpy(&d, t->at + 16ull * i, sizeof(d));
	fetched();
	return d;
}

static int table_indirect(struct ring *r, const struct vring_desc *d, bool nested, struct table *t)
{
	if (!r->indirect)
		return fault(r, "an indirect table that was not agreed on");
	if (nested)
		return fault(r, "an indirect table in another");
	if (d->flags & VRING_DESC_F_NEXT)
		return fault(r, "an indirect table has a successor");
	if (!d->len || d->len % 16)
		return fault(r, "an indirect table is not a number of descriptors");
	*t = (struct table){ mem_at(r->mem, d->addr, d->len), d->len / 16 };
	return t->at ? 0 : fault(r, "an indirect table is not in memory");
}

static int chain_walk(struct ring *r, struct ring_chain *c)
{
	struct table t = { (const uint8_t *)r->desc, r->size };
	uint32_t i = c->head, steps = 0;
	bool nested = false;

	for (;;) {
		struct vring_desc d;
		int err;

		if (i >= t.nr)
			return fault(r, "a descriptor's number is out of range");
		/* No descriptor is used twice, so a longer chain is a loop. */
		if (steps == t.nr)
			return fault(r, "a chain is a loop");
		if (steps++ == RING_CHAIN_MAX)
			return fault(r, "a chain has too many buffers");
		d = desc_fetch(&t, i);
		if (d.flags & VRING_DESC_F_INDIRECT) {
			if ((err = table_indirect(r, &d, nested, &t)) != 0)
				return err;
			nested = true;
			i = steps = 0;
			continue;
		}
		if ((err = chain_add(r, c, &d)) != 0)
			return err;
		if (!(d.flags & VRING_DESC_F_NEXT))
			return 0;
		i = d.next;
	}
}

int ring_pop(struct ring *r, struct ring_chain *c)
{
	uint16_t ahead;
	int err;

	if (r->fault)
		return -EPROTO;
	ahead = (uint16_t)(avail_idx(r) - r->next_avail);
	if (!ahead)
		return 0;
	if (ahead > r->size)
		return fault(r, "more is available than there is room for");
	c->head = __atomic_load_n(&r->avail->ring[r->next_avail & (r->size - 1)], __ATOMIC_RELAXED);
	c->nr_out = c->nr_in = 0;
	c->out_bytes = c->in_bytes = 0;
	if ((err = chain_walk(r, c)) != 0)
		return err;
	r->next_avail++;
	return 1;
}

void ring_push(struct ring *r, const struct ring_chain *c, uint32_t in_bytes)
{
	struct vring_used_elem *e = &r->used->ring[r->next_used & (r->size - 1)];

	__atomic_store_n(&e->id, c->head, __ATOMIC_RELAXED);
	__atomic_store_n(&e->len, in_bytes, __ATOMIC_RELAXED);
	r->next_used++;
	__atomic_store_n(&r->used->idx, r->next_used, __ATOMIC_RELEASE);
}

bool ring_should_call(struct ring *r)
{
	uint16_t from = r->called;
	uint16_t event;

	if (from == r->next_used)
		return false;
	r->called = r->next_used;
	/* Either we see the driver's wish here, or it sees the used index (2.7.7.1, 2.7.10). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!r->event_idx)
		return !(__atomic_load_n(&r->avail->flags, __ATOMIC_RELAXED) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	event = __atomic_load_n(used_event(r), __ATOMIC_RELAXED);
	return vring_need_event(event, r->next_used, from);
}

void ring_ignore(struct ring *r)
{
	if (!r->event_idx)
		__atomic_store_n(&r->used->flags, VRING_USED_F_NO_NOTIFY, __ATOMIC_RELAXED);
	/* With event indices: the driver rings for the one index that we wrote last, then no more. */
}

bool ring_listen(struct ring *r)
{
	if (r->event_idx)
		__atomic_store_n(avail_event(r), r->next_avail, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&r->used->flags, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return avail_idx(r) != r->next_avail;
}

/* Copy between buf and buffers, from offset on. */
static uint32_t iov_copy(
	const struct iovec *iov, uint32_t nr, uint64_t offset, uint8_t *buf, uint32_t size, bool in)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < nr && done < size; i++) {
		uint32_t here;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		here = (uint32_t)min((uint64_t)iov[i].iov_len - offset, (uint64_t)size - done);
		if (in)
			memcpy((uint8_t *)iov[i].iov_base + offset, buf + done, here);
		else
			memcpy(buf + done, (const uint8_t *)iov[i].iov_base + offset, here);
		done += here;
		offset = 0;
	}
	fetched();
	return done;
}

uint32_t ring_chain_read(const struct ring_chain *c, uint64_t offset, void *buf, uint32_t size)
{
	return iov_copy(c->iov, c->nr_out, offset, buf, size, false);
}

uint32_t ring_chain_write(
	const struct ring_chain *c, uint64_t offset, const void *buf, uint32_t size)
{
	return iov_copy(
		c->iov + c->nr_out, c->nr_in, offset, (uint8_t *)(uintptr_t)buf, size, true);
}
