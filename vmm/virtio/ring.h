/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - a split virtqueue (virtio 1.2, 2.7) as the device sees it, for devices that thole emulates.
 * Back ends elsewhere (vhost) have their own.
 *
 *   ring_start -> ( ring_pop -> copy from or to the chain -> ring_push ) ... -> ring_should_call
 *
 * The guest may write to all of it at any time, so every field is fetched once, checked, and then the
 * copy is used. A ring that breaks the rules is dead: ring_pop() says -EPROTO, fault says why.
 *
 * Threads: one at a time; the device that embeds it locks. Borrows: guest memory.
 */
#ifndef VMM_VIRTIO_RING_H
#define VMM_VIRTIO_RING_H

#include <linux/virtio_ring.h>
#include <sys/uio.h>

#include "vmm/mem.h"

#define RING_SIZE_MAX  32768u /* 2.7: the largest queue size */
#define RING_CHAIN_MAX 256u   /* descriptors in a chain that we take, whatever the queue's size */

/* Where the driver has put the parts (2.7), guest-physical. */
struct ring_place {
	uint16_t size;
	gpa_t desc, avail, used;
};

struct ring_chain {
	uint16_t head;
	uint16_t nr_out,
		nr_in; /* iov[0, nr_out) is for the device to read, the next nr_in to write */
	uint64_t out_bytes, in_bytes;
	struct iovec iov[RING_CHAIN_MAX];
};

struct ring {
	const struct mem *mem;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t size;
	bool event_idx, indirect;
	uint16_t next_avail; /* head that comes next */
	uint16_t next_used;
	uint16_t called;   /* next_used at the last interrupt */
	const char *fault; /* NULL: fine */
};

/* Would that be a ring: size, alignment, all of it RAM? NULL: yes; else what is wrong. */
const char *ring_place_fault(const struct mem *mem, const struct ring_place *place);

/* Start at index 0; features: those negotiated. The place has been checked. */
void ring_start(
	struct ring *r, const struct mem *mem, const struct ring_place *place, uint64_t features);

/* The next chain of buffers. 1: there is one; 0: none now; -EPROTO: the ring is dead. */
int ring_pop(struct ring *r, struct ring_chain *c) must_check;

/* Hand a chain back with the first in_bytes of its writable part written. */
void ring_push(struct ring *r, const struct ring_chain *c, uint32_t in_bytes);

/* After pushing: does the driver want an interrupt for what has been pushed since the last one? */
bool ring_should_call(struct ring *r);

/* No doorbell until ring_listen(): we look by ourselves. A wish, the driver may ring all the same. */
void ring_ignore(struct ring *r);

/* Doorbell from now on. True: there is a chain already, which may not ring any more. */
bool ring_listen(struct ring *r);

/* Bytes between a chain's buffers and buf, at offset bytes from the start of its readable (writable)
 * part. Returns how many there were. */
uint32_t ring_chain_read(const struct ring_chain *c, uint64_t offset, void *buf, uint32_t size);
uint32_t ring_chain_write(
	const struct ring_chain *c, uint64_t offset, const void *buf, uint32_t size);

#endif
