/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame.h - the words that thole exec and thole-agent exchange: one connection for each program.
 *
 *   thole exec                          thole-agent
 *     HELLO version, key       ->
 *     ORDER … ORDER, START     ->         decoded (order.h), a process is made
 *                              <-         HELLO version
 *     DATA 0, END 0            ->         its standard input
 *                              <-         DATA 1, DATA 2, END 1, END 2: its output
 *     DATA 3                  <->         DATA 3: its connection to the process manager
 *     CREDIT n                <->         CREDIT n: there is room again in that stream
 *     SIGNAL, WINDOW           ->
 *                              <-         STOPPED: it has stopped, as after Ctrl-Z
 *                              <-         EXIT, after all its output; or FAILED
 *
 * A frame is 8 bytes of header (size of the payload, type, stream, zero; little-endian) and the payload.
 * Each side may send as many bytes in a stream as it has credit for, FLOW_WINDOW at first: what is on
 * the way always has room at the other end, so a stream that nobody reads never holds up another.
 *
 * Pure; any thread. Errors: -EPROTO for what no sender that follows this says.
 */
#ifndef LAUNCHER_AGENT_FRAME_H
#define LAUNCHER_AGENT_FRAME_H

#include "vmm/util.h"

#define FRAME_VERSION     2
#define FRAME_HEADER      8u
#define FRAME_PAYLOAD_MAX 65536u
#define FRAME_KEY_BYTES   16u

/* What may be under way in one direction of a stream. */
#define FLOW_WINDOW (256u * 1024u)

enum frame_type {
	FRAME_HELLO = 1, /* magic, version, key (of an agent: zeroes) */
	FRAME_ORDER,     /* a piece of the order */
	FRAME_START,     /* the order is complete */
	FRAME_DATA,      /* bytes of a stream */
	FRAME_END,       /* no more bytes of that stream come from here */
	FRAME_SHUT,      /* bytes of that stream are taken here no more */
	FRAME_CREDIT,    /* u32: so many more bytes of that stream may be sent */
	FRAME_OPEN,      /* the program has connected to its process manager's port */
	FRAME_SIGNAL,    /* u8 */
	FRAME_WINDOW,    /* u16 rows, columns, and both in pixels */
	FRAME_STOPPED,   /* u8: the signal that stopped it */
	FRAME_EXIT,      /* u8: 1 if a signal ended it; u8: the signal, or the exit code */
	FRAME_FAILED,    /* u8: exit code for the caller; text */
	FRAME_POWEROFF,  /* end the machine */
	FRAME_TYPES,
};

enum stream_id { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAM_PMI, STREAMS };

enum frame_sender { FRAME_FROM_EXEC, FRAME_FROM_AGENT };

struct frame {
	enum frame_type type;
	enum stream_id stream; /* of those that have one; else 0 */
	uint32_t size;
	const uint8_t *payload; /* in the buffer that was decoded */
};

/*
 * The first frame in a buffer. Returns its whole length, 0 if more bytes are needed to tell, or
 * -EPROTO: it is none, or none that this sender sends.
 */
int frame_decode(struct frame *f, const uint8_t *buf, uint32_t nr, enum frame_sender sender) must_check;

/* The header of a frame with size bytes of payload. */
void frame_header(uint8_t at[static FRAME_HEADER], enum frame_type type, enum stream_id stream, uint32_t size);

struct frame_hello {
	uint16_t version;
	uint8_t key[FRAME_KEY_BYTES];
};

#define FRAME_HELLO_BYTES (8u + 2u + FRAME_KEY_BYTES)

void frame_hello_encode(uint8_t at[static FRAME_HELLO_BYTES], const struct frame_hello *h);
/* False: not the magic word. The version is the caller's to judge. */
bool frame_hello_decode(struct frame_hello *h, const struct frame *f) must_check;

/* Little-endian numbers, wherever they stand. */
uint16_t get_u16(const uint8_t *at);
uint32_t get_u32(const uint8_t *at);
uint64_t get_u64(const uint8_t *at);
void put_u16(uint8_t *at, uint16_t v);
void put_u32(uint8_t *at, uint32_t v);
void put_u64(uint8_t *at, uint64_t v);

#endif
