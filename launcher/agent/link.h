/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link.h - one end of a connection that frames go over, in an event loop.
 *
 * Frames are queued and leave when the socket takes them. Data is only queued while link_has_room();
 * drained() tells when there is some again. Whatever the peer does, what is queued here is bounded:
 * streams by their credit, the rest by LINK_QUEUE_MAX, past which the link is closed.
 *
 * closed() may come from any call that sends: it must not free the link.
 *
 * Threads: the loop's. Owns: the descriptor. Errors: told once, to closed(), after which nothing more is
 * called; -ECONNRESET stands for a peer that has gone.
 */
#ifndef LAUNCHER_AGENT_LINK_H
#define LAUNCHER_AGENT_LINK_H

#include "launcher/agent/frame.h"
#include "vmm/loop.h"

#define LINK_QUEUE_MAX  (16u << 20)
#define LINK_QUEUE_DATA (192u * 1024u)

struct link;

struct link_ops {
	/* A frame has come. 0, or -errno: the peer is refused, closed() follows. */
	int (*frame)(struct link *l, const struct frame *f);
	/* There is room for data again. */
	void (*drained)(struct link *l);
	/* The connection is over: its own descriptor is closed already. */
	void (*closed)(struct link *l, int err);
};

struct link {
	struct loop *loop;
	struct loop_source socket; /* fd -1: closed */
	const struct link_ops *ops;
	enum frame_sender peer;
	bool writing;  /* the loop tells when there is room to write */
	bool handling; /* a handler of ours runs: whoever queues now need not write */
	int broken;    /* -errno: close when the handler is through */
	uint8_t *in;   /* [LINK_IN_BYTES] */
	uint32_t in_nr;
	uint8_t *out;
	uint32_t out_at, out_nr, out_room;
};

/* fd becomes the link's, and non-blocking, also on failure. */
int link_init(struct link *l, struct loop *loop, int fd, enum frame_sender peer, const struct link_ops *ops)
	must_check;

/* Close without a word to closed(). Also of a closed one. */
void link_fini(struct link *l);

/* Queue a frame. On a link that is closed this does nothing. */
void link_send(struct link *l, enum frame_type type, enum stream_id stream, const void *payload, uint32_t size);

/* Between these, frames are queued, and go as one: to a guest, each for itself is an interrupt and a wake-up. */
void link_hold(struct link *l);
void link_release(struct link *l);

/* Room for a data frame's payload in the queue: read straight into it, then say how much it is. */
uint8_t *link_data_reserve(struct link *l, uint32_t size) must_check;
void link_data_commit(struct link *l, enum stream_id stream, uint32_t size);

bool link_has_room(const struct link *l);

#endif
