/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - bytes from and to the guest, as the host's end of a serial port or of a console port sees
 * them. Back-pressure is built in: what is not taken stays with the guest, and no more is given than
 * there is room for.
 *
 * The stream's owner calls the host's end (a function given at its creation) when there is output or
 * room again. Threads: as the stream's owner says.
 */
#ifndef VMM_STREAM_H
#define VMM_STREAM_H

#include <stdint.h>

struct stream;

struct stream_ops {
	/* Take up to size bytes of output. Returns how many. */
	uint32_t (*take)(struct stream *s, uint8_t *buf, uint32_t size);
	/* Offer input; returns how many bytes there was room for. */
	uint32_t (*give)(struct stream *s, const uint8_t *buf, uint32_t size);
	/* Room for input now, bytes; there may be more once that is given. */
	uint32_t (*room)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
};

static inline uint32_t stream_take(struct stream *s, uint8_t *buf, uint32_t size)
{
	return s->ops->take(s, buf, size);
}

static inline uint32_t stream_give(struct stream *s, const uint8_t *buf, uint32_t size)
{
	return s->ops->give(s, buf, size);
}

static inline uint32_t stream_room(struct stream *s)
{
	return s->ops->room(s);
}

#endif
