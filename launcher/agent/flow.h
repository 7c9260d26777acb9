/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow.h - one end of one stream: bytes between a descriptor and the link.
 *
 *   descriptor --read, while there is credit--> DATA frames
 *   DATA frames --> buffer, FLOW_WINDOW --write--> descriptor, and CREDIT goes back
 *
 * Neither direction waits for the other, for another stream, or in the loop. The end of the data in a
 * direction is told (END), and so is that nobody takes it any more (SHUT): a pipe's two sides.
 *
 * Threads: the loop's. Owns: the descriptors, one for each direction, and closes them when that
 * direction is over. Errors: a descriptor that fails has ended; a peer that breaks the rules: -EPROTO.
 */
#ifndef LAUNCHER_AGENT_FLOW_H
#define LAUNCHER_AGENT_FLOW_H

#include <sys/types.h>

#include "launcher/agent/link.h"

struct flow;

/* How the descriptors are used: as read(2) and write(2), but errors are -errno, and none may wait. */
struct flow_io {
	ssize_t (*read)(struct flow *f, void *buf, size_t size);
	ssize_t (*write)(struct flow *f, const void *buf, size_t size);
};

/* For descriptors that are non-blocking, or plain files. */
extern const struct flow_io flow_io_plain;

struct flow {
	struct link *link;
	enum stream_id id;
	const struct flow_io *io;
	void (*changed)(struct flow *f); /* a direction is over */
	bool duplex; /* a socket that nobody else has: its other end hears of each direction's end */

	struct loop_source in; /* read here; fd -1: not, or not any more */
	bool in_watched, in_plain;
	bool in_paused; /* the owner's: not to be read now, although there may be something */
	bool in_drain;  /* what is there now is all that will be */
	bool in_over;   /* END is sent, or SHUT has come */
	uint32_t credit;

	struct loop_source out; /* written here; fd -1: not yet, or not any more */
	bool out_watched;
	bool out_ended; /* END has come */
	bool out_over;  /* all is written, or SHUT is sent */
	uint8_t *buf;   /* [FLOW_WINDOW], a ring; NULL: nothing has waited so far */
	uint32_t at, nr;
	uint32_t owed;  /* written, and no credit given for it yet */
};

enum flow_ways { FLOW_READ = 1, FLOW_WRITE = 2 };

/* Open in those directions and without a descriptor: what comes waits. */
void flow_init(struct flow *f, struct link *link, enum stream_id id, unsigned ways, const struct flow_io *io,
	void (*changed)(struct flow *f));
void flow_fini(struct flow *f);

/* Give a direction its descriptor, which becomes the flow's; -1: that direction is over. */
void flow_read_from(struct flow *f, int fd);
void flow_write_to(struct flow *f, int fd);

/* A frame of this stream: DATA, END, SHUT or CREDIT. -EPROTO, -ENOMEM. */
int flow_frame(struct flow *f, const struct frame *frame) must_check;

/* The link has room. */
void flow_pump(struct flow *f);

/* Whoever wrote to the descriptor that is read here has gone: what they left is the rest. */
void flow_drain(struct flow *f);

#endif
