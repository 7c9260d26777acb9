/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame.c - one row for each type of frame says who sends it and how long it may be. */
#include "launcher/agent/frame.h"

#include <errno.h>
#include <string.h>

static const char magic[8] = "thole-ag";

enum { EXEC = 1 << FRAME_FROM_EXEC, AGENT = 1 << FRAME_FROM_AGENT, BOTH = EXEC | AGENT };

static const struct {
	uint8_t senders;
	bool has_stream;
	uint32_t least, most;
} kinds[FRAME_TYPES] = {
	[FRAME_HELLO] = { BOTH, false, FRAME_HELLO_BYTES, FRAME_HELLO_BYTES },
	[FRAME_ORDER] = { EXEC, false, 1, FRAME_PAYLOAD_MAX },
	[FRAME_START] = { EXEC, false, 0, 0 },
	[FRAME_DATA] = { BOTH, true, 1, FRAME_PAYLOAD_MAX },
	[FRAME_END] = { BOTH, true, 0, 0 },
	[FRAME_SHUT] = { BOTH, true, 0, 0 },
	[FRAME_CREDIT] = { BOTH, true, 4, 4 },
	[FRAME_OPEN] = { AGENT, true, 0, 0 },
	[FRAME_SIGNAL] = { EXEC, false, 1, 1 },
	[FRAME_WINDOW] = { EXEC, false, 8, 8 },
	[FRAME_STOPPED] = { AGENT, false, 1, 1 },
	[FRAME_EXIT] = { AGENT, false, 2, 2 },
	[FRAME_FAILED] = { AGENT, false, 2, 1024 },
	[FRAME_POWEROFF] = { EXEC, false, 0, 0 },
};

uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t get_u32(const uint8_t *at)
{
	return get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

uint64_t get_u64(const uint8_t *at)
{
	return get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

void put_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

void put_u32(uint8_t *at, uint32_t v)
{
	put_u16(at, (uint16_t)v);
	put_u16(at + 2, (uint16_t)(v >> 16));
}

void put_u64(uint8_t *at, uint64_t v)
{
	put_u32(at, (uint32_t)v);
	put_u32(at + 4, (uint32_t)(v >> 32));
}

int frame_decode(struct frame *f, const uint8_t *buf, uint32_t nr, enum frame_sender sender)
{
	uint32_t size;
	uint8_t type, stream;

	if (nr < FRAME_HEADER)
		return 0;
	size = get_u32(buf);
	type = buf[4];
	stream = buf[5];
	if (type >= FRAME_TYPES || !(kinds[type].senders & 1 << sender) || get_u16(buf + 6) != 0)
		return -EPROTO;
	if (size < kinds[type].least || size > kinds[type].most)
		return -EPROTO;
	if (stream >= (kinds[type].has_stream ? (uint8_t)STREAMS : 1))
		return -EPROTO;
	if (nr - FRAME_HEADER < size)
		return 0;
	*f = (struct frame){ (enum frame_type)type, (enum stream_id)stream, size, buf + FRAME_HEADER };
	return (int)(FRAME_HEADER + size);
}

void frame_header(uint8_t at[static FRAME_HEADER], enum frame_type type, enum stream_id stream, uint32_t size)
{
	put_u32(at, size);
	at[4] = (uint8_t)type;
	at[5] = (uint8_t)stream;
	put_u16(at + 6, 0);
}

void frame_hello_encode(uint8_t at[static FRAME_HELLO_BYTES], const struct frame_hello *h)
{
	memcpy(at, magic, sizeof(magic));
	put_u16(at + 8, h->version);
	memcpy(at + 10, h->key, FRAME_KEY_BYTES);
}

bool frame_hello_decode(struct frame_hello *h, const struct frame *f)
{
	if (f->type != FRAME_HELLO || memcmp(f->payload, magic, sizeof(magic)) != 0)
		return false;
	h->version = get_u16(f->payload + 8);
	memcpy(h->key, f->payload + 10, FRAME_KEY_BYTES);
	return true;
}
